import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import type { Clock } from '../../src/core/clock.ts'
import type { ExpectedSigners } from '../../src/core/judge-row.ts'
import { loadSecp256k1 } from '../../src/core/load-secp256k1.ts'
import type { RowRange } from '../../src/core/raw-row.ts'
import type { FalseRow } from '../../src/core/row-fault.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { createRowReader, type RowReader } from '../../src/store/row-reader.ts'
import type { LastingSigners } from '../../src/verify/judging-order.ts'
import { JudgingPool } from '../../src/verify/judging-pool.ts'
import { createRowFilter } from '../../src/verify/row-judges.ts'
import { verifyTables } from '../../src/verify/verification.ts'
import { APART_MS, FALSEHOODS, addRow, rowsToSpoil, strip } from '../helpers/false-rows.ts'
import { type TestDatabase, createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { startMuteServer } from '../helpers/mute-server.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { OBSERVED_AT, alice, bob, carol, price } from '../helpers/statements.ts'

const EXPECTED: LastingSigners = {
  signers: createSignerSet(
    [alice, bob, carol].map(({ address }) => ({ address, fromRound: undefined, toRound: undefined })),
  ),
  threshold: 3,
}

function readerOf(
  database: TestDatabase,
  { url = database.url, clock = systemClock }: { readonly url?: string; readonly clock?: Clock } = {},
): RowReader {
  const reader = createRowReader({ clock, logger: new RecordingLogger() }, { url })
  database.defer(() => reader.close())
  return reader
}

async function verify(source: RowReader, { expected, range }: { expected?: ExpectedSigners; range?: RowRange } = {}) {
  const found: FalseRow[] = []
  const falseRows = createRowFilter(loadSecp256k1(), { expected })
  const judges = {
    judge: async (rows: Parameters<typeof falseRows>[0]) => falseRows(rows),
    close: async () => undefined,
  }
  const result = await verifyTables(
    { source, judges, onFalse: (each) => found.push(each) },
    { ahead: 2, range: range ?? {} },
  )
  return { found, result }
}

async function databaseWith(
  t: TestContext,
  rows = rowsToSpoil(),
): Promise<{ database: TestDatabase; reader: RowReader }> {
  const database = await createTestDatabase(t)
  await tableOf(database).write(rows)
  return { database, reader: readerOf(database) }
}

describe('verifying the table', () => {
  it('finds nothing in a table that nodes wrote, a disputed slot included', async (t) => {
    const { reader } = await databaseWith(t, [...rowsToSpoil(), priceRow({ price: price('77') })])
    const { found, result } = await verify(reader, { expected: EXPECTED })
    assert.deepEqual([found, result.falseRows], [[], 0])
    assert.deepEqual(result.rows, { prices: FALSEHOODS.length + 1, equivocations: 1 })
  })

  it('finds every kind of falsehood in a table without constraints, and no true row false', async (t) => {
    const rows = rowsToSpoil()
    const { database, reader } = await databaseWith(t, rows)
    await strip(database)
    const places = new Map<string, (typeof FALSEHOODS)[number]>()
    for (const [index, falsehood] of FALSEHOODS.entries()) {
      const [changed] = await database.query<{ place: string }>(
        `UPDATE prices SET ${falsehood.sql} WHERE id = $1 RETURNING ctid::text AS place`,
        [rows[index]?.attestation.id],
      )
      places.set(changed?.place ?? '', falsehood)
    }
    const { found } = await verify(reader, { expected: EXPECTED })
    for (const [place, { name, codes }] of places) {
      const { faults = [] } = found.find(({ row }) => row.place === place) ?? {}
      const saw = faults.map(({ code }) => code)
      for (const code of codes) assert.ok(saw.includes(code), `${name}: ${code} is among ${saw.join(', ')}`)
    }
    assert.equal(found.length, FALSEHOODS.length)
  })

  it('finds them in the table of equivocations, too', async (t) => {
    const { database, reader } = await databaseWith(t, [priceRow(), priceRow({ price: price('77') })])
    await strip(database)
    await database.query('UPDATE equivocations SET price = price + 1')
    const { found } = await verify(reader)
    assert.deepEqual(
      found.map(({ row, faults }) => [row.table, faults.map(({ code }) => code)]),
      [['equivocations', ['wrong-id']]],
    )
  })

  it('finds rows that only other rows make false', async (t) => {
    const twice = priceRow({ price: price('5') })
    const { database, reader } = await databaseWith(t, [priceRow()])
    await strip(database)
    const copy = 'INSERT INTO prices SELECT * FROM prices'
    await database.query(copy)
    await addRow(database, 'equivocations', priceRow())
    await addRow(database, 'equivocations', twice)
    await addRow(database, 'equivocations', twice)
    await addRow(database, 'equivocations', priceRow({ pair: 'BTC-USD' }))
    const { found, result } = await verify(reader)
    const codes = found.map(({ faults }) => faults.map(({ code }) => code).join(' '))
    assert.deepEqual(
      Object.entries(Object.groupBy(codes, (code) => code)).map(([code, all]) => [code, all?.length]),
      [
        ['slot-taken', 2],
        ['id-taken', 2],
        ['undisputed', 1],
        ['committed-too', 1],
      ],
    )
    assert.equal(result.falseRows, 6)
  })

  it('finds a network with two intervals, and one with none', async (t) => {
    const { database, reader } = await databaseWith(t, [priceRow()])
    await strip(database)
    await database.query(`INSERT INTO networks VALUES ('test-network', 300)`)
    assert.deepEqual(
      (await verify(reader)).found[0]?.faults.map(({ code }) => code),
      ['unknown-network'],
    )
    await database.query('DELETE FROM networks')
    assert.deepEqual(
      (await verify(reader)).found[0]?.faults.map(({ code }) => code),
      ['unknown-network'],
    )
  })

  it('looks at rows of a range of time or of one network, and always at those that have none', async (t) => {
    const rows = rowsToSpoil().slice(0, 3)
    const { database, reader } = await databaseWith(t, rows)
    const count = async (range: RowRange): Promise<number> => (await verify(reader, { range })).result.rows.prices
    const second = OBSERVED_AT + APART_MS
    assert.equal(await count({ fromMs: second }), 2)
    assert.equal(await count({ toMs: second }), 1)
    assert.equal(await count({ fromMs: second, toMs: second + 1 }), 1)
    assert.equal(await count({ network: 'another' }), 0)
    await strip(database)
    await database.query(`UPDATE prices SET observed_time = NULL WHERE id = $1`, [rows[0]?.attestation.id])
    await database.query(`UPDATE prices SET observed_time = '-infinity', network = NULL WHERE id = $1`, [
      rows[1]?.attestation.id,
    ])
    assert.equal(await count({ fromMs: second + 1_000_000_000 }), 2)
    assert.equal(await count({ network: 'another' }), 1)
  })

  it('sees rows whatever an index says', async (t) => {
    const { database, reader } = await databaseWith(t, [priceRow()])
    await database.query(`UPDATE pg_index SET indisvalid = false WHERE indrelid = 'prices'::regclass`)
    assert.equal((await verify(reader)).result.rows.prices, 1)
  })

  it('says so instead of leaving rows out: row-level security, a view, a table with descendants', async (t) => {
    const { database } = await databaseWith(t, [priceRow()])
    const { role, url } = await database.createRole()
    await database.query(`GRANT SELECT ON prices, equivocations, networks TO ${role}`)
    assert.equal((await verify(readerOf(database, { url }))).result.rows.prices, 1)
    await database.query('ALTER TABLE prices ENABLE ROW LEVEL SECURITY')
    await assert.rejects(verify(readerOf(database, { url })), /row-level security/)
    await database.query('CREATE TABLE more () INHERITS (prices)')
    await assert.rejects(verify(readerOf(database)), /prices in .* is not a table with all its rows in itself/)
    await database.query(
      'DROP TABLE more; ALTER TABLE prices RENAME TO hidden; CREATE VIEW prices AS SELECT * FROM hidden',
    )
    await assert.rejects(verify(readerOf(database)), /prices in .* is not a table with all its rows in itself/)
  })

  it('judges in threads what it judges in one, and in the same order', async (t) => {
    const rows = Array.from({ length: 40 }, (_, index) =>
      priceRow({ observedAt: OBSERVED_AT + index * 600_000, price: price(`${index + 1}`) }),
    )
    const { database, reader } = await databaseWith(t, rows)
    await strip(database)
    await database.query('UPDATE prices SET price = price + 1 WHERE price::integer % 3 = 0')
    const judges = new JudgingPool({ threads: 2, expected: EXPECTED })
    database.defer(() => judges.close())
    const found: FalseRow[] = []
    const progress: number[] = []
    await verifyTables(
      {
        source: reader,
        judges,
        onFalse: (each) => found.push(each),
        onProgress: ({ blocks, blocksInAll }) => progress.push(blocks / blocksInAll),
      },
      { ahead: 4 },
    )
    assert.equal(found.length, 13)
    assert.deepEqual(found, (await verify(reader, { expected: EXPECTED })).found)
    assert.equal(progress.at(-1), 1)
  })

  it('may run while nodes write: what is added meanwhile is true as well', async (t) => {
    const [first, ...later] = rowsToSpoil(40)
    assert.ok(first)
    const { database, reader } = await databaseWith(t, [first])
    let written = false
    const source: RowReader = {
      ...reader,
      async read(...asked) {
        if (!written) await tableOf(database).write([...later, priceRow({ price: price('77') })])
        written = true
        return reader.read(...asked)
      },
    }
    const { found, result } = await verify(source, { expected: EXPECTED })
    assert.deepEqual(found, [])
    assert.deepEqual(result.rows, { prices: 41, equivocations: 1 })
  })

  it('lets go of a server that does not answer, whether it is asked or not', async (t) => {
    for (const isAsked of [false, true]) {
      const { database } = await databaseWith(t, [priceRow()])
      const server = await startMuteServer(t, database.url)
      const clock = new ManualClock()
      const reader = readerOf(database, { url: server.url, clock })
      await reader.blocks('prices')
      server.hang()
      const asked = isAsked ? assert.rejects(reader.blocks('prices')) : undefined
      const closed = reader.close()
      // A node gives it no longer.
      await clock.advance(500)
      await closed
      await asked
    }
  })

  it('connects again after the server went away', async (t) => {
    const { database, reader } = await databaseWith(t, [priceRow()])
    await reader.blocks('prices')
    await database.endOthers()
    assert.equal((await verify(reader)).result.rows.prices, 1)
  })
})

describe('a pool of threads that judge', () => {
  it('refuses rows after it is closed, instead of calling them true', async () => {
    const judges = new JudgingPool({ threads: 1 })
    assert.deepEqual(await judges.judge([]), [])
    const underWay = judges.judge([])
    underWay.catch(() => undefined)
    await judges.close()
    await judges.close()
    await assert.rejects(judges.judge([]), /closed/)
  })

  it('fails what it was asked when a thread fails', async (t) => {
    const judges = new JudgingPool({ threads: 1 })
    t.after(() => judges.close())
    // No row at all: the thread stumbles over it.
    await assert.rejects(judges.judge([undefined as never]), /a thread that judges rows failed/)
    await assert.rejects(judges.judge([]), /a thread that judges rows failed/)
  })
})
