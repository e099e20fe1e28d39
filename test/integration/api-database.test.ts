import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createPostgresPriceReader, type PostgresPriceReader } from '../../src/store/postgres-price-reader.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { type ApiAtWork, startApi } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { prove } from '../helpers/row-proof.ts'
import { alice, bob, INTERVAL_MS, OBSERVED_AT, price } from '../helpers/statements.ts'

const ROWS = [0, 1, 2].flatMap((age) =>
  [alice, bob].map(({ address }) =>
    priceRow({
      observedAt: OBSERVED_AT - age * INTERVAL_MS,
      proposer: address,
      price: price(`300${age}.000000000000000001`),
    }),
  ),
)

async function startOnDatabase(
  t: TestContext,
): Promise<ApiAtWork & { readonly contract: Contract; readonly reader: PostgresPriceReader }> {
  const database = await createTestDatabase(t)
  await tableOf(database).write(ROWS)
  const metrics = createMetrics({ logger: new RecordingLogger() }, { strict: true, processMetrics: false })
  const reader = createPostgresPriceReader(
    { logger: new RecordingLogger(), counters: metrics.counters },
    { url: database.url, network: 'test-network' },
  )
  database.defer(() => reader.close())
  const { counters, gauges, histograms } = metrics
  const api = await startApi(t, { components: { prices: reader, metrics, counters, gauges, histograms } })
  return { ...api, reader, contract: new Contract((await api.ask('/openapi.json')).json()) }
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
