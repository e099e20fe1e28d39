import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { toHex } from '../../src/core/hex.ts'
import type { Price } from '../../src/core/price.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import type { Attestation, PriceStatement, Round, StatementId } from '../../src/core/statement.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { kindsOf, tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters } from '../helpers/recorders.ts'
import { alice, bob, carol, dave, INTERVAL_MS, OBSERVED_AT, price, round } from '../helpers/statements.ts'

const idsOf = (rows: readonly PriceRow[]): StatementId[] => rows.map(({ attestation }) => attestation.id)

/** `count` rows, each of a slot of its own. */
const manyRows = (count: number): PriceRow[] =>
  Array.from({ length: count }, (_, index) => priceRow({ round: round(index), proposer: alice.address }))

describe('asking which rows are there', () => {
  it('brings a database up to date first, as a write does: rows that wait may be older than the tables', async (t) => {
    const database = await createTestDatabase(t, { migrated: false })
    const table = tableOf(database)
    const rows = manyRows(2)
    assert.deepEqual(await table.present(idsOf(rows)), new Set())
    await table.write(rows.slice(1))
    assert.deepEqual(await table.present(idsOf(rows)), new Set(idsOf(rows.slice(1))))
  })

  it('is refused for a table that must not be written', async (t) => {
    const database = await createTestDatabase(t)
    const [row] = manyRows(1)
    assert.ok(row)
    await tableOf(database).write([row])
    const other = tableOf(database, { intervalMs: INTERVAL_MS / 2 })
    await assert.rejects(other.present(idsOf([row])), { name: 'IntervalMismatchError' })
  })
})

describe('a write', () => {
  it('says written for a new row, and present for one that is there', async (t) => {
    const database = await createTestDatabase(t)
    const table = tableOf(database)
    const [first, second] = [priceRow(), priceRow({ pair: 'BTC-USD' })]
    assert.deepEqual(kindsOf(await table.write([first]), [first]), ['written'])
    assert.deepEqual(kindsOf(await table.write([first, second]), [first, second]), ['present', 'written'])
    assert.equal((await database.query('SELECT FROM prices')).length, 2)
  })

  it('keeps the row that was first when the same statement comes with other signatures', async (t) => {
    const database = await createTestDatabase(t)
    const table = tableOf(database)
    const [first, second] = [priceRow({}, [alice, bob, carol]), priceRow({}, [alice, bob, carol, dave])]
    await table.write([first])
    assert.deepEqual(kindsOf(await table.write([second]), [second]), ['present'])
    const [stored] = await table.newest(1)
    assert.equal(stored?.attestation.signatures.size, 3)
  })

  it('says slot-taken for a second statement of a slot, and keeps it in equivocations', async (t) => {
    const database = await createTestDatabase(t)
    const table = tableOf(database)
    const [first, second] = [priceRow({ price: price('1') }), priceRow({ price: price('2') })]
    await table.write([first])
    for (const attempt of ['at first', 'and again']) {
      assert.deepEqual(kindsOf(await table.write([second]), [second]), ['slot-taken'], attempt)
    }
    assert.deepEqual(kindsOf(await table.write([first]), [first]), ['present'])
    assert.deepEqual(await database.query('SELECT id FROM prices'), [{ id: first.attestation.id }])
    const kept = await database.query('SELECT id, price::float8, signer_count, sign_data FROM equivocations')
    assert.equal(kept.length, 1)
    const entries = (kept[0] as { sign_data: { signer: string }[] }).sign_data
    assert.deepEqual(
      entries.map(({ signer }) => signer),
      [alice, bob, carol].map(({ address }) => address).toSorted(),
    )
  })

  it('takes one of two statements of a slot that come together', async (t) => {
    const database = await createTestDatabase(t)
    const rows = [priceRow({ price: price('1') }), priceRow({ price: price('2') })]
    const outcomes = await tableOf(database).write(rows)
    assert.deepEqual(new Set(kindsOf(outcomes, rows)), new Set(['slot-taken', 'written']))
    assert.equal((await database.query('SELECT FROM equivocations')).length, 1)
  })

  it('answers once for a row that comes twice', async (t) => {
    const database = await createTestDatabase(t)
    const row = priceRow()
    assert.deepEqual([...(await tableOf(database).write([row, row])).values()], [{ kind: 'written' }])
  })

  it('refuses what the database refuses, and writes everything around it', async (t) => {
    const database = await createTestDatabase(t)
    const rows = manyRows(9)
    const spoil = (at: number, change: Partial<PriceStatement>): void => {
      const { attestation, lastSignedAtMs } = rows[at] ?? assert.fail()
      const spoilt: Attestation = { ...attestation, statement: { ...attestation.statement, ...change } }
      rows[at] = { attestation: spoilt, lastSignedAtMs }
    }
    spoil(0, { price: (10n ** 36n) as Price })
    spoil(4, { pair: 'lower-case' })
    spoil(5, { round: (2 ** 64) as Round })
    spoil(8, { source: 'nul\0' })
    const outcomes = await tableOf(database).write(rows)
    const refused = ['refused', 'written', 'written', 'written', 'refused', 'refused', 'written', 'written', 'refused']
    assert.deepEqual(kindsOf(outcomes, rows), refused)
    const reasons = [...outcomes.values()].map((outcome) => (outcome.kind === 'refused' ? outcome.reason : ''))
    assert.match(reasons.join('\n'), /price_range.*SQLSTATE 23514/)
    assert.match(reasons.join('\n'), /SQLSTATE 22003/)
    assert.equal((await database.query('SELECT FROM prices')).length, 5)
  })

  it('refuses rows of another network without asking the database', async (t) => {
    const database = await createTestDatabase(t)
    const counters = new RecordingCounters()
    const row = priceRow({ network: 'elsewhere' })
    const outcome = (await tableOf(database, { counters }).write([row])).get(row.attestation.id)
    assert.deepEqual(outcome, { kind: 'refused', reason: 'it belongs to network elsewhere, not test-network' })
    assert.equal(counters.count('gp_sql_statements_total', { statement: 'insert_prices' }), 0)
  })

  it('costs one statement for a batch of new rows', async (t) => {
    const database = await createTestDatabase(t)
    const counters = new RecordingCounters()
    const table = tableOf(database, { counters })
    await table.write(manyRows(50))
    assert.equal(counters.count('gp_sql_statements_total', { statement: 'insert_prices' }), 1)
    assert.equal(counters.count('gp_sql_statements_total', { statement: 'find_holders' }), 0)
  })

  it('migrates an empty database first', async (t) => {
    const database = await createTestDatabase(t, { migrated: false })
    const row = priceRow()
    assert.deepEqual(kindsOf(await tableOf(database).write([row]), [row]), ['written'])
  })

  it('needs no more rights than the message about missing ones names', async (t) => {
    const database = await createTestDatabase(t)
    const { role, url } = await database.createRole()
    const table = tableOf(database, { url })
    const rows = [priceRow({ price: price('1') }), priceRow({ price: price('2') })]
    await assert.rejects(table.write(rows), { name: 'TableUnavailableError', code: 'no-permission' })
    await database.query(`GRANT SELECT, INSERT ON prices, equivocations TO ${role}`)
    await database.query(`GRANT SELECT, INSERT, UPDATE ON networks TO ${role}`)
    assert.deepEqual(new Set(kindsOf(await table.write(rows), rows)), new Set(['slot-taken', 'written']))
  })
})

describe('writers at the same time', () => {
  it('bring every row in once, and each row has one writer', async (t) => {
    const database = await createTestDatabase(t)
    const rows = manyRows(120)
    const writers = Array.from({ length: 8 }, () => tableOf(database))
    const written: StatementId[] = []
    await Promise.all(
      writers.map(async (table, writer) => {
        // Every writer has two thirds of the rows, in an order of its own.
        const share = rows.filter((_, index) => (index + writer) % 3 !== 0)
        if (writer % 2 === 1) share.reverse()
        for (let from = 0; from < share.length; from += 20) {
          const batch = share.slice(from, from + 20)
          const outcomes = await table.write(batch)
          assert.equal(outcomes.size, batch.length)
          for (const [id, { kind }] of outcomes) {
            assert.ok(kind === 'written' || kind === 'present', kind)
            if (kind === 'written') written.push(id)
          }
        }
      }),
    )
    assert.deepEqual(written.toSorted(), idsOf(rows).toSorted())
    assert.equal((await database.query('SELECT FROM prices')).length, rows.length)
  })

  it('let one statement of a slot in and keep every other', async (t) => {
    const database = await createTestDatabase(t)
    const rivals = Array.from({ length: 8 }, (_, index) =>
      Array.from({ length: 10 }, (__, slot) => priceRow({ round: round(slot), price: price(`${index + 1}`) })),
    )
    const outcomes = await Promise.all(
      rivals.map((rows, index) => tableOf(database).write(index % 2 === 0 ? rows : rows.toReversed())),
    )
    const kinds = outcomes.flatMap((outcome) => [...outcome.values()].map(({ kind }) => kind))
    assert.equal(kinds.filter((kind) => kind === 'written').length, 10)
    assert.equal(kinds.filter((kind) => kind === 'slot-taken').length, 70)
    assert.equal((await database.query('SELECT FROM equivocations')).length, 70)
    assert.equal((await database.query('SELECT FROM undisputed_prices')).length, 0)
  })
})

/** Signatures as text, which compares regardless of order and of who holds the bytes. */
const textOf = ({ signatures }: Attestation): object =>
  Object.fromEntries(Array.from(signatures, ([signer, signature]) => [signer, toHex(signature)]))

const hoursLater = (hours: number): Partial<PriceStatement> => ({ observedAt: OBSERVED_AT + hours * 3_600_000 })

describe('what was written reads back', () => {
  it('whole and exact, whatever the price and the time', async (t) => {
    const database = await createTestDatabase(t)
    const table = tableOf(database)
    const anyPrice = fc.bigInt({ min: 1n, max: 10n ** 36n - 1n }).map((value) => value as Price)
    const anyTime = fc.integer({ min: 0, max: Date.UTC(2200, 0, 1) })
    let next = 0
    const property = fc.asyncProperty(anyPrice, anyTime, anyTime, async (value, observedAt, lastSignedAtMs) => {
      const pair = `T${next++}-USD`
      const { attestation } = priceRow({ price: value, observedAt, pair })
      const outcomes = await table.write([{ attestation, lastSignedAtMs }])
      assert.deepEqual([...outcomes.values()], [{ kind: 'written' }])
      const stored = (await table.newest(1_000)).find((row) => row.attestation.statement.pair === pair)
      assert.deepEqual(stored?.attestation.statement, attestation.statement)
      assert.equal(stored.lastSignedAtMs, lastSignedAtMs)
      assert.deepEqual(textOf(stored.attestation), textOf(attestation))
    })
    await fc.assert(property, { numRuns: 50 })
  })

  it('newest first, of one network if so asked, and no more than asked', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write([priceRow(hoursLater(1)), priceRow(hoursLater(3)), priceRow(hoursLater(2))])
    const other = tableOf(database, { network: 'other' })
    await other.write([priceRow({ ...hoursLater(4), network: 'other' })])
    const times = async (limit: number, filter?: { network: string }): Promise<number[]> =>
      (await other.newest(limit, filter)).map((row) => (row.attestation.statement.observedAt - OBSERVED_AT) / 3_600_000)
    assert.deepEqual(await times(10), [4, 3, 2, 1])
    assert.deepEqual(await times(2), [4, 3])
    assert.deepEqual(await times(2, { network: 'test-network' }), [3, 2])
    assert.deepEqual(await times(2, { network: 'nowhere' }), [])
  })
})

describe('the interval of a network', () => {
  const MINUTE_MS = 60_000

  it('is registered by the first write', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write([priceRow()])
    assert.deepEqual(await database.query('SELECT network, interval_seconds::float8 FROM networks'), [
      { network: 'test-network', interval_seconds: 600 },
    ])
  })

  it('stops a node with another one, in words for its operator', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write([priceRow()])
    const row = priceRow({ pair: 'BTC-USD' })
    await assert.rejects(tableOf(database, { intervalMs: MINUTE_MS }).write([row]), {
      name: 'IntervalMismatchError',
      message: /network test-network at an interval of 600 s, and this node has 60 s: set GP_FETCHPRICEINTERVAL to 600/,
    })
    assert.equal((await database.query('SELECT FROM prices')).length, 1)
  })

  it('concerns that network alone', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write([priceRow()])
    const row = priceRow({ network: 'other' })
    const outcomes = await tableOf(database, { network: 'other', intervalMs: MINUTE_MS }).write([row])
    assert.deepEqual(kindsOf(outcomes, [row]), ['written'])
  })

  it('is replaced while the network has no prices, and whoever registered it before claims it again', async (t) => {
    const database = await createTestDatabase(t)
    const [tens, ones] = [tableOf(database), tableOf(database, { intervalMs: MINUTE_MS })]
    const unsound = priceRow({ source: 'not a name' })
    for (const table of [tens, ones]) {
      assert.deepEqual(kindsOf(await table.write([unsound]), [unsound]), ['refused'])
    }
    const row = priceRow()
    assert.deepEqual(kindsOf(await tens.write([row]), [row]), ['written'])
    await assert.rejects(ones.write([row]), { name: 'IntervalMismatchError' })
  })

  it('is one, when nodes with several start together on an empty table', async (t) => {
    const database = await createTestDatabase(t)
    const answers = await Promise.allSettled(
      Array.from({ length: 8 }, (_, index) =>
        tableOf(database, { intervalMs: index % 2 === 0 ? INTERVAL_MS : MINUTE_MS }).write([
          priceRow({ pair: `P${index}-USD` }),
        ]),
      ),
    )
    const wrote = answers.map(({ status }) => status === 'fulfilled')
    const [even, odd] = [0, 1].map((parity) => wrote.filter((_, index) => index % 2 === parity))
    assert.ok(even?.every(Boolean) !== odd?.every(Boolean), 'one camp writes')
    assert.ok(even?.some(Boolean) !== odd?.some(Boolean), 'the other does not')
    for (const answer of answers) {
      if (answer.status === 'rejected') assert.equal((answer.reason as Error).name, 'IntervalMismatchError')
    }
  })
})

it('a statement is stored with its signers in ascending order', async (t) => {
  const database = await createTestDatabase(t)
  await tableOf(database).write([priceRow({}, [dave, carol, bob, alice])])
  const [row] = await database.query<{ signers: string[] }>(
    `SELECT ARRAY(SELECT jsonb_array_elements(sign_data) ->> 'signer') AS signers FROM prices`,
  )
  assert.deepEqual(row?.signers, [alice, bob, carol, dave].map(({ address }) => address).toSorted())
})
