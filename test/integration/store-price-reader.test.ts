import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { priceCursor, readPriceCursor, readRoundCursor, roundCursor } from '../../src/api/cursor.ts'
import type { CommittedRound, PriceMark, PriceReader, RoundMark } from '../../src/core/price-reader.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import type { Round, StatementId } from '../../src/core/statement.ts'
import { READ_LATEST, READ_PRICE, READ_PRICES, READ_ROUNDS } from '../../src/store/price-reader-sql.ts'
import { createPostgresPriceReader } from '../../src/store/postgres-price-reader.ts'
import { defer } from '../helpers/defer.ts'
import { FALSEHOODS, addRow, rowsToSpoil, strip } from '../helpers/false-rows.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { alice, bob, carol, INTERVAL_MS, OBSERVED_AT, price } from '../helpers/statements.ts'

interface ReaderAtWork {
  readonly database: TestDatabase
  readonly reader: PriceReader
  readonly counters: RecordingCounters
  readonly logger: RecordingLogger
  readonly write: (...rows: readonly PriceRow[]) => Promise<void>
}

async function startReader(t: TestContext, network = 'test-network'): Promise<ReaderAtWork> {
  const database = await createTestDatabase(t)
  const counters = new RecordingCounters()
  const logger = new RecordingLogger()
  const reader = createPostgresPriceReader({ logger, counters }, { url: database.url, network })
  database.defer(() => reader.close())
  const table = tableOf(database)
  return { database, reader, counters, logger, write: async (...rows) => void (await table.write(rows)) }
}

const idOf = (row: PriceRow): StatementId => row.attestation.id
const idsOf = (rows: readonly { attestation: { id: StatementId } }[]): StatementId[] =>
  rows.map((row) => row.attestation.id)
const at = (row: PriceRow | undefined): number => row?.attestation.statement.observedAt ?? 0
const SIGNERS = [alice, bob, carol]

/** One row of each of `proposers` in the round `age` rounds ago. */
function roundOf(age: number, prices: readonly string[], overrides: Parameters<typeof priceRow>[0] = {}): PriceRow[] {
  return prices.map((text, index) =>
    priceRow({
      observedAt: OBSERVED_AT - age * INTERVAL_MS + index,
      price: price(text),
      proposer: SIGNERS[index]?.address ?? alice.address,
      ...overrides,
    }),
  )
}

async function allPages(reader: PriceReader, limit: number): Promise<StatementId[]> {
  const ids: StatementId[] = []
  let after: PriceMark | undefined
  for (;;) {
    const { prices, next } = await reader.prices({ limit, after })
    ids.push(...idsOf(prices))
    if (next === undefined) return ids
    // As whoever asks over HTTP hands it back.
    after = readPriceCursor(priceCursor(next))
  }
}

describe('prices are read', () => {
  it('whole, with both of their times', async (t) => {
    const { reader, write } = await startReader(t)
    const row = priceRow()
    await write(row)
    const {
      prices: [found],
    } = await reader.prices({ limit: 1 })
    assert.deepEqual(found?.attestation, row.attestation)
    assert.equal(found?.lastSignedAtMs, row.lastSignedAtMs)
    assert.ok(Math.abs((found?.createdAtMs ?? 0) - Date.now()) < 60_000)
    assert.equal(found?.disputed, false)
    assert.deepEqual(await reader.price(idOf(row)), found)
    assert.equal(await reader.price(`0x${'00'.repeat(32)}` as StatementId), undefined)
  })

  it('newest observed first over all pairs and sources, page by page without gap or repetition', async (t) => {
    const { reader, write } = await startReader(t)
    const rows = [
      ...[0, 1, 2].flatMap((age) => roundOf(age, ['1', '2', '3'])),
      ...[0, 2].flatMap((age) => roundOf(age, ['4', '5'], { pair: 'BTC-USD' })),
      ...roundOf(1, ['6'], { pair: 'ETH-EUR', source: 'elsewhere' }),
      // Several in one millisecond: there the id decides.
      ...[alice, bob, carol].map(({ address }) => priceRow({ proposer: address, pair: 'XRP-USD' })),
    ]
    await write(...rows)
    const expected = rows
      .toSorted((a, b) => {
        const difference = b.attestation.statement.observedAt - a.attestation.statement.observedAt
        return difference === 0 ? (idOf(a) < idOf(b) ? -1 : 1) : difference
      })
      .map(idOf)
    for (const limit of [1, 2, 3, 100]) assert.deepEqual(await allPages(reader, limit), expected, `limit ${limit}`)
  })

  it('by pair, proposer and time, of which the beginning counts and the end does not', async (t) => {
    const { reader, write } = await startReader(t)
    const [first, second, third] = [2, 1, 0].map((age) => roundOf(age, ['1', '2']))
    const other = roundOf(1, ['7'], { pair: 'BTC-USD' })
    assert.ok(first && second && third)
    await write(...first, ...second, ...third, ...other)
    const read = async (query: object): Promise<StatementId[]> =>
      idsOf((await reader.prices({ limit: 10, ...query })).prices)
    assert.deepEqual(await read({ pair: 'BTC-USD' }), other.map(idOf))
    assert.deepEqual(await read({ pair: 'NO-PAIR' }), [])
    assert.deepEqual(
      await read({ proposer: bob.address }),
      [third, second, first].map((rows) => rows[1]).map((row) => row && idOf(row)),
    )
    assert.deepEqual(
      await read({ pair: 'ETH-USD', fromMs: at(second[0]), toMs: at(third[0]) }),
      second.toReversed().map(idOf),
    )
  })

  it('of their own network only', async (t) => {
    const { database, write } = await startReader(t)
    const row = priceRow()
    await write(row)
    const counters = new RecordingCounters()
    const other = createPostgresPriceReader(
      { logger: new RecordingLogger(), counters },
      { ...database, network: 'other' },
    )
    database.defer(() => other.close())
    assert.deepEqual(await other.prices({ limit: 10 }), { prices: [], next: undefined })
    assert.equal(await other.price(idOf(row)), undefined)
    assert.deepEqual(await other.rounds({ limit: 10 }), { rounds: [], next: undefined })
    assert.deepEqual(await other.latest({}), [])
  })

  it('without those that somebody made unreadable who owns the table, which are said to be once', async (t) => {
    const { database, reader, logger, write } = await startReader(t)
    const [sound, broken, older] = [0, 1, 2].map((age) => priceRow({ observedAt: OBSERVED_AT - age * INTERVAL_MS }))
    assert.ok(sound && broken && older)
    await write(sound, broken, older)
    await database.query('ALTER TABLE prices DISABLE TRIGGER ALL; ALTER TABLE prices DROP CONSTRAINT price_range')
    await database.query(`UPDATE prices SET price = 'NaN' WHERE id = '${idOf(broken)}'`)
    assert.deepEqual(await allPages(reader, 1), [idOf(sound), idOf(older)])
    assert.equal(await reader.price(idOf(broken)), undefined)
    assert.deepEqual(idsOf(await reader.pricesOf([idOf(broken), idOf(older)])), [idOf(older)])
    assert.equal(logger.at('warn').length, 1)
    assert.match(logger.at('warn')[0] ?? '', new RegExp(`${idOf(broken)} .* gossip-price verify`))
  })

  it('with the nearest times that there are to those that somebody who may write gave them', async (t) => {
    const { database, reader, write } = await startReader(t)
    await write(priceRow())
    await database.query('ALTER TABLE prices DISABLE TRIGGER prices_append_only')
    await database.query(`UPDATE prices SET created_time = 'infinity', lastsigned_time = '290000-01-01Z'`)
    const found = (await reader.prices({ limit: 1 })).prices[0] ?? assert.fail()
    assert.equal(new Date(found.createdAtMs).toISOString(), '+275760-09-13T00:00:00.000Z')
    assert.equal(found.lastSignedAtMs, found.createdAtMs)
  })

  it('page by page past those that have no place in a list, whatever somebody made of them who owns the table', async (t) => {
    const { database, reader } = await startReader(t)
    await tableOf(database).write([])
    await strip(database)
    const rows = rowsToSpoil()
    for (const row of rows) await addRow(database, 'prices', row)
    for (const [index, { sql }] of FALSEHOODS.entries()) {
      const row = rows[index] ?? assert.fail()
      await database.query(`UPDATE prices SET ${sql} WHERE id = $1`, [idOf(row)])
    }
    // Beside a true row of the same millisecond, and with a larger id.
    const last = rows.at(-1) ?? assert.fail()
    const beside = priceRow({ ...last.attestation.statement, round: 7 as Round })
    await addRow(database, 'prices', beside)
    await database.query(
      `UPDATE prices SET id = '0x' || repeat('f', 64), observed_time = observed_time + interval '1 microsecond' WHERE id = $1`,
      [idOf(beside)],
    )
    const listed = await allPages(reader, 1)
    assert.ok(listed.includes(idOf(last)))
    assert.equal(new Set(listed).size, listed.length)
  })

  it('as disputed when another statement of their slot reached a quorum', async (t) => {
    const { reader, write } = await startReader(t)
    const [sound, taken, losing] = [
      priceRow({ proposer: bob.address }),
      priceRow({ price: price('1') }),
      priceRow({ price: price('2') }),
    ]
    await write(sound, taken)
    await write(losing)
    assert.equal((await reader.price(idOf(taken)))?.disputed, true)
    assert.equal((await reader.price(idOf(sound)))?.disputed, false)
    const { prices } = await reader.prices({ limit: 10 })
    assert.deepEqual(
      new Map(prices.map((each) => [each.attestation.id, each.disputed])),
      new Map([
        [idOf(taken), true],
        [idOf(sound), false],
      ]),
    )
    const [latest] = await reader.latest({})
    assert.deepEqual(idsOf(latest?.prices ?? []), [idOf(sound)])
  })
})

describe('rounds are read', () => {
  it('newest first with an exact median and the price of every proposer, page by page', async (t) => {
    const { reader, write } = await startReader(t)
    await write(
      ...roundOf(0, ['3', '1', '2']),
      ...roundOf(1, ['1', '1.000000000000000001']),
      ...roundOf(1, ['5'], { pair: 'BTC-USD' }),
      ...roundOf(3, ['3000.50']),
    )
    const { rounds, next } = await reader.rounds({ limit: 10 })
    assert.equal(next, undefined)
    const newest = rounds[0]?.round ?? 0
    assert.deepEqual(
      rounds.map(({ pair, round, median }) => [pair, newest - round, median]),
      [
        ['ETH-USD', 0, '2'],
        ['BTC-USD', 1, '5'],
        ['ETH-USD', 1, '1.0000000000000000005'],
        ['ETH-USD', 3, '3000.5'],
      ],
    )
    const byProposer = new Map([
      [alice.address, '3'],
      [bob.address, '1'],
      [carol.address, '2'],
    ])
    assert.deepEqual(new Map(rounds[0]?.rows.map((row) => [row.proposer, row.price])), byProposer)
    const proposers = rounds[0]?.rows.map(({ proposer }) => proposer)
    assert.deepEqual(proposers, proposers?.toSorted())

    for (const limit of [1, 2, 3]) {
      const seen = []
      let after: Parameters<PriceReader['rounds']>[0]['after']
      do {
        const page = await reader.rounds({ limit, after })
        seen.push(...page.rounds)
        after = page.next
      } while (after !== undefined)
      assert.deepEqual(seen, rounds, `limit ${limit}`)
    }
    const ofPair = await reader.rounds({ limit: 10, pair: 'BTC-USD' })
    assert.deepEqual(ofPair.rounds, rounds.slice(1, 2))
  })

  it('without those whose every row is disputed, past which the pages go on', async (t) => {
    const { reader, write } = await startReader(t)
    await write(...roundOf(0, ['1']), ...roundOf(1, ['1']), ...roundOf(2, ['1']))
    await write(...roundOf(1, ['2']))
    const first = await reader.rounds({ limit: 2 })
    assert.equal(first.rounds.length, 1)
    assert.ok(first.next !== undefined)
    const second = await reader.rounds({ limit: 2, after: first.next })
    assert.equal(second.rounds.length, 1)
    assert.equal(second.next, undefined)
  })

  it('that have begun: a false row of one to come hides no true one', async (t) => {
    const { reader, write } = await startReader(t)
    await write(...roundOf(-1_000_000, ['9']), ...roundOf(0, ['3']))
    assert.deepEqual(
      (await reader.rounds({ limit: 1 })).rounds.map(({ median }) => median),
      ['3'],
    )
    assert.deepEqual(
      (await reader.latest({})).map(({ median }) => median),
      ['3'],
    )
  })

  it('counting no row that is no price, and past those of which nobody could ask for the next page', async (t) => {
    const { database, reader, write } = await startReader(t)
    const newest = roundOf(0, ['9'])
    const [second = assert.fail(), ...third] = roundOf(1, ['5', '2', '3'])
    const others = ['BTC-USD', 'DOT-USD'].flatMap((pair) => roundOf(2, ['1'], { pair }))
    await write(...newest, second, ...third, ...others)
    await database.query(`ALTER TABLE prices DISABLE TRIGGER ALL;
      ALTER TABLE prices DROP CONSTRAINT price_range, DROP CONSTRAINT pair_format, DROP CONSTRAINT round_range`)
    for (const row of [...newest, second]) {
      await database.query(`UPDATE prices SET price = 'NaN' WHERE id = $1`, [idOf(row)])
    }
    await database.query(`UPDATE prices SET pair = 'no pair' WHERE pair = 'BTC-USD'`)
    await database.query(`UPDATE prices SET round = -1 WHERE pair = 'DOT-USD'`)
    const rounds: CommittedRound[] = []
    let after: RoundMark | undefined
    do {
      const page = await reader.rounds({ limit: 1, after })
      rounds.push(...page.rounds)
      after = page.next && readRoundCursor(roundCursor(page.next))
    } while (after !== undefined)
    assert.deepEqual(
      rounds.map(({ pair, median, rows }) => [pair, median, rows.length]),
      [['ETH-USD', '2.5', 2]],
    )
    const latest = await reader.latest({ pair: 'ETH-USD' })
    assert.deepEqual(
      latest.map(({ median, prices }) => [median, prices.length]),
      [['2.5', 2]],
    )
  })

  it('as the latest of each pair that has an undisputed row', async (t) => {
    const { reader, write } = await startReader(t)
    const newest = roundOf(1, ['3', '2'])
    await write(...roundOf(0, ['9']), ...newest, ...roundOf(2, ['1']), ...roundOf(5, ['7'], { pair: 'BTC-USD' }))
    await write(...roundOf(0, ['8']))
    const latest = await reader.latest({})
    assert.deepEqual(
      latest.map(({ pair, median }) => [pair, median]),
      [
        ['BTC-USD', '7'],
        ['ETH-USD', '2.5'],
      ],
    )
    assert.deepEqual(idsOf(latest[1]?.prices ?? []), newest.toReversed().map(idOf))
    assert.equal((await reader.latest({ pair: 'BTC-USD' })).length, 1)
  })
})

interface Plan {
  readonly 'Shared Hit Blocks': number
  readonly 'Shared Read Blocks': number
}

/** $2 rounds of one signer, $1 network; what stands in for a signature proves nothing. */
const FILL = `
INSERT INTO prices (id, price, first_signer, sign_data, lastsigned_time, network, pair, round, source, observed_time, signer_count)
SELECT
  '0x' || encode(sha256(number::text::bytea), 'hex'),
  3000,
  '0x' || repeat('1', 40),
  jsonb_build_array(
    jsonb_build_object('signer', '0x' || repeat('1', 40), 'signature', '0x' || repeat('ab', 64) || '1b')
  ),
  now(), $1, 'ETH-USD', number, 'coinbase', 'epoch'::timestamptz + number * interval '600 seconds', 1
FROM generate_series(0, $2::integer - 1) AS number`

describe('a question to the table', () => {
  it('costs one statement', async (t) => {
    const { reader, counters, write } = await startReader(t)
    const row = priceRow()
    await write(row)
    await reader.prices({ limit: 10 })
    await reader.price(idOf(row))
    await reader.rounds({ limit: 10 })
    await reader.latest({})
    for (const statement of ['read_prices', 'read_price', 'read_rounds', 'read_latest']) {
      assert.equal(counters.count('gp_sql_statements_total', { statement }), 1, statement)
    }
  })

  it('looks at no more of the table than it answers with', async (t) => {
    const { database } = await startReader(t)
    await database.query(`INSERT INTO networks VALUES ('test-network', 600)`)
    await database.query(FILL, ['test-network', 3_000])
    await database.query('ANALYZE')
    const middleMs = 1_500 * INTERVAL_MS
    const zero = `0x${'0'.repeat(64)}`
    const questions: readonly (readonly [sql: string, parameters: unknown[]])[] = [
      [READ_PRICES, [null, null, null, null, null, null, 5]],
      [READ_PRICES, ['ETH-USD', null, null, null, middleMs, zero, 5]],
      [READ_PRICES, ['ETH-USD', middleMs, middleMs + INTERVAL_MS, null, null, null, 5]],
      [READ_ROUNDS, [null, null, null, 5]],
      [READ_ROUNDS, ['ETH-USD', 1_500, 'ETH-USD', 5]],
      [READ_LATEST, [null]],
      [READ_LATEST, ['ETH-USD']],
      [READ_PRICE, [zero]],
    ]
    for (const [sql, parameters] of questions) {
      const [explained] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${sql}`,
        ['test-network', ...parameters],
      )
      const plan = explained?.['QUERY PLAN'][0].Plan ?? assert.fail()
      const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks']
      assert.ok(blocks < 60, `${blocks} blocks for ${JSON.stringify(parameters)} of ${sql}`)
    }
  })

  it('needs a role that may read, and no more than the documents say', async (t) => {
    const { database, write } = await startReader(t)
    const { role, url } = await database.createRole()
    await database.query(
      `GRANT SELECT ON prices, equivocations, networks, undisputed_prices, latest_price, price_rounds TO ${role}`,
    )
    await write(priceRow())
    const reader = createPostgresPriceReader(
      { logger: new RecordingLogger(), counters: new RecordingCounters() },
      { url, network: 'test-network' },
    )
    database.defer(() => reader.close())
    assert.equal((await reader.prices({ limit: 10 })).prices.length, 1)
    assert.equal((await reader.rounds({ limit: 10 })).rounds.length, 1)
    assert.equal((await reader.latest({})).length, 1)
  })

  it('fails with a sentence where there is no answer, and beyond what may wait', async (t) => {
    const { database } = await startReader(t)
    const parts = { logger: new RecordingLogger(), counters: new RecordingCounters() }
    const nowhere = createPostgresPriceReader(parts, { url: 'postgres://127.0.0.1:1/prices', network: 'test-network' })
    defer(t, () => nowhere.close())
    await assert.rejects(nowhere.latest({}), { name: 'TableUnavailableError', code: 'unreachable' })

    const reader = createPostgresPriceReader(parts, { url: database.url, network: 'test-network' })
    database.defer(() => reader.close())
    const answers = await Promise.allSettled(Array.from({ length: 160 }, () => reader.latest({})))
    const refused = answers.filter(({ status }) => status === 'rejected')
    assert.ok(refused.length > 0 && refused.length < 160)
    assert.equal((await reader.latest({})).length, 0)
    await reader.close()
    await assert.rejects(reader.latest({}), { name: 'TableUnavailableError' })
  })
})
