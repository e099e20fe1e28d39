import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { Client } from 'pg'
import { createPostgresPriceReader, type PostgresPriceReader } from '../../src/store/postgres-price-reader.ts'
import { migrate } from '../../src/store/migrations.ts'
import type { PostgresPriceTable } from '../../src/store/postgres-price-table.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { type ApiAtWork, startApi } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { defer } from '../helpers/defer.ts'
import { createTestDatabase, startOwnPostgres } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { prove } from '../helpers/row-proof.ts'
import { alice, bob, carol, INTERVAL_MS, OBSERVED_AT, price } from '../helpers/statements.ts'

const ROWS = [0, 1, 2].flatMap((age) =>
  [alice, bob].map(({ address }) =>
    priceRow({
      observedAt: OBSERVED_AT - age * INTERVAL_MS,
      proposer: address,
      price: price(`300${age}.000000000000000001`),
    }),
  ),
)

async function startOnDatabase(t: TestContext): Promise<
  Omit<ApiAtWork, 'table'> & {
    readonly contract: Contract
    readonly reader: PostgresPriceReader
    readonly table: PostgresPriceTable
    readonly url: string
  }
> {
  const database = await createTestDatabase(t)
  const table = tableOf(database)
  await table.write(ROWS)
  const metrics = createMetrics({ logger: new RecordingLogger() }, { strict: true, processMetrics: false })
  const reader = createPostgresPriceReader(
    { logger: new RecordingLogger(), counters: metrics.counters },
    { url: database.url, network: 'test-network' },
  )
  database.defer(() => reader.close())
  const { counters, gauges, histograms } = metrics
  const api = await startApi(t, { components: { prices: reader, metrics, counters, gauges, histograms } })
  return { ...api, reader, table, url: database.url, contract: new Contract((await api.ask('/openapi.json')).json()) }
}

interface ProvedPrice {
  readonly id: `0x${string}`
  readonly network: string
  readonly proof: {
    readonly typedData: {
      readonly message: {
        readonly pair: string
        readonly price: string
        readonly round: string
        readonly observedAt: string
        readonly source: string
        readonly proposer: `0x${string}`
      }
    }
    readonly signatures: readonly { readonly signer: `0x${string}`; readonly signature: `0x${string}` }[]
  }
}

describe('the API on Postgres', () => {
  it('answers as the document says, page by page', async (t) => {
    const { ask, contract } = await startOnDatabase(t)
    const seen: string[] = []
    let next: string | null = null
    do {
      const answer = await ask(`/v1/prices?limit=4${next === null ? '' : `&cursor=${next}`}`)
      contract.check('/v1/prices', answer)
      const page = answer.json() as { prices: { id: string; price: string }[]; next: string | null }
      seen.push(...page.prices.map(({ id }) => id))
      next = page.next
    } while (next !== null)
    assert.deepEqual(seen.toSorted(), ROWS.map(({ attestation }) => attestation.id as string).toSorted())

    for (const path of ['/v1/prices/latest', '/v1/rounds']) contract.check(path, await ask(`${path}?pair=ETH-USD`))
    const { rounds } = (await ask('/v1/rounds')).json() as { rounds: { startTime: string; median: string }[] }
    assert.deepEqual(
      rounds.map(({ startTime, median }) => [startTime, median]),
      [0, 1, 2].map((age) => [new Date(OBSERVED_AT - age * INTERVAL_MS).toISOString(), `300${age}.000000000000000001`]),
    )
  })

  it('skips and repeats nothing while rows are written, newer, older and of the same moment', async (t) => {
    const { ask, table } = await startOnDatabase(t)
    const proposers = [alice, bob, carol].map(({ address }) => address)
    // Before the first page, between two pages: each writes beside what is being read.
    const waves = [0, 1, 2, 3].map((wave) =>
      proposers.flatMap((proposer) =>
        [-3, 0, 1, 4].map((age) =>
          priceRow({ observedAt: OBSERVED_AT - age * INTERVAL_MS, proposer, pair: `P${wave}-USD` }),
        ),
      ),
    )
    await table.write(waves[0] ?? [])
    const idsOf = async (): Promise<string[]> => {
      const { prices } = (await ask('/v1/prices?limit=500')).json() as { prices: { id: string }[] }
      return prices.map(({ id }) => id)
    }
    const there = await idsOf()
    const seen: string[] = []
    let next: string | null = null
    let pages = 0
    do {
      const answer = await ask(`/v1/prices?limit=3${next === null ? '' : `&cursor=${next}`}`)
      const page = answer.json() as { prices: { id: string }[]; next: string | null }
      seen.push(...page.prices.map(({ id }) => id))
      next = page.next
      pages += 1
      await table.write(waves[pages] ?? [])
    } while (next !== null)
    assert.equal(new Set(seen).size, seen.length)
    assert.deepEqual(
      there.filter((id) => !seen.includes(id)),
      [],
    )
    const order = await idsOf()
    assert.equal(order.length, ROWS.length + 48)
    assert.deepEqual(
      seen.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)),
      seen,
    )
  })

  it('gives rows by their ids, oldest observed first, and none of another network', async (t) => {
    const { reader, url } = await startOnDatabase(t)
    const ids = ROWS.map(({ attestation }) => attestation.id)
    const found = await reader.pricesOf([...ids, `0x${'0'.repeat(64)}` as (typeof ids)[number]])
    assert.deepEqual(
      found.map(({ attestation }) => attestation.statement.observedAt),
      found.map(({ attestation }) => attestation.statement.observedAt).toSorted((a, b) => a - b),
    )
    assert.deepEqual(found.map(({ attestation }) => attestation.id).toSorted(), ids.toSorted())
    const other = createPostgresPriceReader(
      { logger: new RecordingLogger(), counters: new RecordingCounters() },
      { url, network: 'another' },
    )
    assert.deepEqual(await other.pricesOf(ids), [])
    await other.close()
  })

  it('gives up a question that takes too long, and answers the next', { timeout: 120_000 }, async (t) => {
    const { ask, url } = await startOnDatabase(t)
    const rival = new Client({ connectionString: url })
    await rival.connect()
    await rival.query('BEGIN; LOCK TABLE prices IN ACCESS EXCLUSIVE MODE')
    // For ever, if nobody gave up: the table stays locked.
    const answers = await Promise.all([ask('/v1/prices'), ask('/v1/prices/latest'), ask('/v1/rounds')])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [503, 503, 503],
    )
    await rival.end()
    assert.equal((await ask('/v1/prices')).status, 200)
  })

  it('says quickly that a database is gone, and answers again once it is back', async (t) => {
    const postgres = await startOwnPostgres(t)
    await migrate({ logger: new RecordingLogger() }, { url: postgres.url })
    const reader = createPostgresPriceReader(
      { logger: new RecordingLogger(), counters: new RecordingCounters() },
      { url: postgres.url, network: 'test-network' },
    )
    defer(t, () => reader.close())
    const { ask } = await startApi(t, { components: { prices: reader } })
    assert.equal((await ask('/v1/prices')).status, 200)
    await postgres.stop()
    const startedMs = performance.now()
    assert.equal((await ask('/v1/prices')).status, 503)
    assert.equal((await ask('/v1/prices/latest')).status, 503)
    // To wait for a connection would take three seconds each time.
    assert.ok(performance.now() - startedMs < 6_000)
    await postgres.start()
    assert.equal((await ask('/v1/prices')).status, 200)
  })

  it('gives of every price what proves it to a stranger', async (t) => {
    const { ask, contract } = await startOnDatabase(t)
    for (const { attestation } of ROWS) {
      const answer = await ask(`/v1/prices/${attestation.id}`)
      contract.check('/v1/prices/{id}', answer)
      const { id, network, proof } = answer.json() as ProvedPrice
      const { pair, round, observedAt, source, proposer, price: units } = proof.typedData.message
      const text = `${units.slice(0, -18)}.${units.slice(-18)}`
      const row = {
        id,
        network,
        pair,
        price: text,
        round: Number(round),
        observedAt: Number(observedAt),
        source,
        proposer,
      }
      assert.equal((await prove({ ...row, signatures: proof.signatures })).length, 3)
    }
  })

  it('says of a statement that the table has that it is there, whatever the node knows', async (t) => {
    const { ask, contract } = await startOnDatabase(t)
    const answer = await ask(`/v1/statements/${ROWS[0]?.attestation.id}/why`)
    contract.check('/v1/statements/{id}/why', answer)
    assert.equal((answer.json() as { phase: string }).phase, 'committed')
  })

  it('counts its statements and its requests where Prometheus reads them', async (t) => {
    const { ask } = await startOnDatabase(t)
    await ask('/v1/prices')
    const { body, headers } = await ask('/metrics')
    assert.match(headers['content-type'] ?? '', /^text\/plain; version=0\.0\.4/)
    assert.match(body, /^gp_sql_statements_total\{statement="read_prices"\} 1$/m)
    assert.match(body, /^gp_http_requests_total\{route="\/v1\/prices",status="200"\} 1$/m)
    assert.match(body, /^gp_http_request_seconds_count\{route="\/v1\/prices"\} 1$/m)
    assert.match(body, /^gp_http_streams 0$/m)
  })

  it('is a 503 while there is no database, and lives on', async (t) => {
    const { ask, contract, reader } = await startOnDatabase(t)
    await reader.close()
    const answer = await ask('/v1/prices')
    assert.equal(answer.status, 503)
    contract.check('/v1/prices', answer)
    assert.equal((await ask('/livez')).status, 200)
  })
})
