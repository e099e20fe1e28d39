import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'

const ALICE = `0x${'a1'.repeat(20)}`
const BOB = `0x${'b2'.repeat(20)}`
const ID = `0x${'0d'.repeat(32)}`
const SIGNATURE = `0x${'5e'.repeat(64)}1b`

type Row = Readonly<Record<string, unknown>>

const SOUND: Row = {
  id: ID,
  price: '3021.455',
  first_signer: ALICE,
  sign_data: JSON.stringify([
    { signer: ALICE, signature: SIGNATURE },
    { signer: BOB, signature: SIGNATURE },
  ]),
  lastsigned_time: '2025-01-01T00:00:12.345Z',
  network: 'test-network',
  pair: 'ETH-USD',
  round: 2_892_816,
  source: 'coinbase',
  observed_time: '2025-01-01T00:00:00.001Z',
  signer_count: 2,
}

async function insert(database: TestDatabase, overrides: Row = {}, table = 'prices'): Promise<void> {
  const row = { ...SOUND, ...overrides }
  const places = Object.keys(row).map((_, index) => `$${index + 1}`)
  await database.query(
    `INSERT INTO ${table} (${Object.keys(row).join(', ')}) VALUES (${places.join(', ')})`,
    Object.values(row),
  )
}

async function databaseWithNetwork(t: TestContext): Promise<TestDatabase> {
  const database = await createTestDatabase(t)
  await database.query(`INSERT INTO networks VALUES ('test-network', 600)`)
  return database
}

/** The statement fails for the reason that the named constraint states. */
async function refusedBy(constraint: string, attempt: Promise<unknown>): Promise<void> {
  await assert.rejects(attempt, (error: { constraint?: string; message: string }) => {
    assert.equal(error.constraint, constraint, error.message)
    return true
  })
}

const signData = (...entries: readonly unknown[]): Row => ({
  sign_data: JSON.stringify(entries),
  signer_count: entries.length,
})
const alice = { signer: ALICE, signature: SIGNATURE }
const bob = { signer: BOB, signature: SIGNATURE }

const REFUSED: readonly (readonly [what: string, constraint: string, overrides: Row])[] = [
  ['an id without 0x', 'id_format', { id: ID.slice(2) }],
  ['an id that is too short', 'id_format', { id: ID.slice(0, -2) }],
  ['an id in capitals', 'id_format', { id: ID.toUpperCase().replace('0X', '0x') }],
  ['an id with a line after it', 'id_format', { id: `${ID}\n` }],
  ['a price of zero', 'price_range', { price: '0' }],
  ['a negative price', 'price_range', { price: '-1' }],
  ['a price of 10^18', 'price_range', { price: '1000000000000000000' }],
  ['a price that is no number', 'price_range', { price: 'NaN' }],
  ['a first signer in mixed case', 'first_signer_format', { first_signer: ALICE.replace('a', 'A') }],
  ['a first signer that did not sign', 'first_signer_signed', { first_signer: `0x${'cc'.repeat(20)}` }],
  ['sign_data that is an object', 'sign_data_format', { sign_data: JSON.stringify(alice) }],
  ['no signature at all', 'first_signer_signed', signData()],
  ['a signer in mixed case', 'sign_data_format', signData(alice, { ...bob, signer: BOB.replace('b', 'B') })],
  ['a signature that is too short', 'sign_data_format', signData(alice, { ...bob, signature: SIGNATURE.slice(0, -2) })],
  [
    'a signature in capitals',
    'sign_data_format',
    signData(alice, { ...bob, signature: SIGNATURE.replace('5e', '5E') }),
  ],
  ['a signature with v 0', 'sign_data_format', signData(alice, { ...bob, signature: SIGNATURE.replace(/1b$/, '00') })],
  ['an entry without signature', 'sign_data_format', signData(alice, { signer: BOB })],
  ['an entry whose signer is null', 'sign_data_format', signData(alice, { ...bob, signer: null })],
  ['an entry with more in it', 'sign_data_format', signData(alice, { ...bob, note: 'hello' })],
  ['an entry that is text', 'sign_data_format', signData(alice, BOB)],
  ['an entry that is an array', 'sign_data_format', signData(alice, [bob])],
  ['signers out of order', 'sign_data_format', signData(bob, alice)],
  ['a signer who comes twice', 'sign_data_format', signData(alice, alice)],
  ['a signer_count that is not the number of signatures', 'signer_count_exact', { signer_count: 3 }],
  ['a network that is not registered', 'prices_network_known', { network: 'elsewhere' }],
  ['a network name with a space', 'network_format', { network: 'test network' }],
  ['a pair in lower case', 'pair_format', { pair: 'eth-usd' }],
  ['a pair of one', 'pair_format', { pair: 'ETH' }],
  ['a negative round', 'round_range', { round: -1 }],
  ['an empty source', 'source_format', { source: '' }],
  ['an observed time between two milliseconds', 'observed_time_exact', { observed_time: '2025-01-01T00:00:00.0005Z' }],
  ['an observed time that never comes', 'observed_time_exact', { observed_time: 'infinity' }],
  ['a last signature that never came', 'lastsigned_time_finite', { lastsigned_time: 'infinity' }],
  ['a second row of a slot', 'prices_slot', { id: `0x${'1d'.repeat(32)}` }],
  ['a second row of an id', 'prices_pkey', { round: 7 }],
]

describe('the table prices', () => {
  it('refuses what cannot be a committed statement, and names the rule', async (t) => {
    const database = await databaseWithNetwork(t)
    await insert(database)
    for (const [what, constraint, overrides] of REFUSED) {
      const elsewhere = /^prices_(?:slot|pkey)$/.test(constraint) ? {} : { id: `0x${'2d'.repeat(32)}`, round: 9 }
      await t.test(what, () => refusedBy(constraint, insert(database, { ...elsewhere, ...overrides })))
    }
  })

  it('refuses rows with a column missing', async (t) => {
    const database = await databaseWithNetwork(t)
    for (const column of Object.keys(SOUND)) {
      await assert.rejects(insert(database, { [column]: null }), { code: '23502', column }, column)
    }
  })

  it('takes a row at every edge of what is allowed', async (t) => {
    const database = await databaseWithNetwork(t)
    await insert(database, { id: `0x${'01'.repeat(32)}`, round: 0, price: '0.000000000000000001' })
    await insert(database, { id: `0x${'02'.repeat(32)}`, round: 1, price: '999999999999999999.999999999999999999' })
    await insert(database, { id: `0x${'03'.repeat(32)}`, round: '9223372036854775807', ...signData(alice) })
    await insert(database, { id: `0x${'04'.repeat(32)}`, round: 2, pair: `${'A'.repeat(16)}-${'9'.repeat(16)}` })
    const rows = await database.query('SELECT price::text FROM prices WHERE round < 2 ORDER BY round')
    assert.deepEqual(rows, [{ price: '0.000000000000000001' }, { price: '999999999999999999.999999999999999999' }])
    assert.equal((await database.query('SELECT FROM price_rounds')).length, 4)
  })

  it('names the time of the database as created_time', async (t) => {
    const database = await databaseWithNetwork(t)
    await insert(database)
    const [row] = await database.query<{ near: boolean }>(
      `SELECT created_time BETWEEN now() - interval '1 minute' AND now() AS near FROM prices`,
    )
    assert.deepEqual(row, { near: true })
  })
})

describe('append-only tables', () => {
  for (const table of ['prices', 'equivocations']) {
    for (const change of [`UPDATE ${table} SET price = 1`, `DELETE FROM ${table}`, `TRUNCATE ${table}`]) {
      it(`refuses ${change}`, async (t) => {
        const database = await databaseWithNetwork(t)
        await insert(database, {}, table)
        const verb = change.split(' ')[0]
        await assert.rejects(database.query(change), {
          code: '55000',
          message: `${table} is append-only: ${verb} refused`,
        })
        assert.equal((await database.query(`SELECT FROM ${table}`)).length, 1)
      })
    }
  }
})

describe('the table equivocations', () => {
  it('holds its rows to the rules of prices, except that a slot may have several', async (t) => {
    const database = await databaseWithNetwork(t)
    await insert(database, {}, 'equivocations')
    await insert(database, { id: `0x${'1d'.repeat(32)}` }, 'equivocations')
    await refusedBy('equivocations_pkey', insert(database, {}, 'equivocations'))
    await refusedBy('price_range', insert(database, { price: 0 }, 'equivocations'))
    await refusedBy(
      'equivocations_network_known',
      insert(database, { id: `0x${'2d'.repeat(32)}`, network: 'elsewhere' }, 'equivocations'),
    )
  })
})

describe('the table networks', () => {
  it('changes an interval as long as the network has no prices, and never after', async (t) => {
    const database = await databaseWithNetwork(t)
    const change = (seconds: number): Promise<object[]> =>
      database.query('UPDATE networks SET interval_seconds = $1', [seconds])
    await change(30)
    await insert(database)
    await assert.rejects(change(600), {
      code: 'GP001',
      message: 'network test-network has prices at an interval of 30 seconds: its rounds cannot change',
    })
    await change(30)
  })

  it('refuses an interval of nothing and a name that is none', async (t) => {
    const database = await createTestDatabase(t)
    await refusedBy('networks_interval_positive', database.query(`INSERT INTO networks VALUES ('a', 0)`))
    await refusedBy('networks_network_format', database.query(`INSERT INTO networks VALUES ('', 1)`))
  })
})

it('everything that people query is described in the database itself', async (t) => {
  const database = await createTestDatabase(t)
  const undescribed = await database.query(`
    SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v') AND relname <> 'pgmigrations'
      AND obj_description(oid, 'pg_class') IS NULL
    UNION ALL
    SELECT attname FROM pg_attribute
    WHERE attrelid IN ('prices'::regclass, 'equivocations'::regclass) AND attnum > 0
      AND col_description(attrelid, attnum) IS NULL`)
  assert.deepEqual(undescribed, [])
})
