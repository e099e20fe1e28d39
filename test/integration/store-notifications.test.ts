import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Client } from 'pg'
import { parseCommitted } from '../../src/store/committed-notice.ts'
import { COMMITTED_CHANNEL, LISTEN, NOTIFY_ALL } from '../../src/store/price-sql.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { price, round } from '../helpers/statements.ts'
import { until } from '../helpers/until.ts'

const LAST = 'nothing more'

/** All payloads that come while `task` runs. */
async function payloadsDuring(database: TestDatabase, task: () => Promise<unknown>): Promise<string[]> {
  const payloads: string[] = []
  const client = new Client({ connectionString: database.url })
  client.on('notification', ({ channel, payload = '' }) => {
    assert.equal(channel, COMMITTED_CHANNEL)
    payloads.push(payload)
  })
  await client.connect()
  try {
    await client.query(LISTEN)
    await task()
    // Notifications come in the order of their commits.
    await database.query(NOTIFY_ALL, [LAST])
    await until(() => payloads.at(-1) === LAST, 'all notifications have come')
  } finally {
    await client.end()
  }
  return payloads.slice(0, -1)
}

const idOf = ({ attestation }: ReturnType<typeof priceRow>): string => attestation.id

describe('rows of prices', () => {
  it('that one statement inserts are told of together, and only those that are new; those that lost their slots apart', async (t) => {
    const database = await createTestDatabase(t)
    const table = tableOf(database)
    const rows = Array.from({ length: 5 }, (_, index) => priceRow({ round: round(index) }))
    const rival = priceRow({ round: round(0), price: price('1') })
    await table.write(rows.slice(0, 2))
    const payloads = await payloadsDuring(database, () => table.write([...rows, rival]))
    const [told, disputed, ...more] = payloads.map((payload) => parseCommitted(payload))
    assert.equal(told?.network, 'test-network')
    assert.deepEqual(told.ids.toSorted(), rows.slice(2).map(idOf).toSorted())
    assert.deepEqual(disputed, { network: 'test-network', ids: [], equivocations: [idOf(rival)] })
    assert.deepEqual(more, [])
    assert.deepEqual(await payloadsDuring(database, () => table.write([...rows, rival])), [])
  })

  it('are told of a hundred at a time, which is what a notification has room for', async (t) => {
    const database = await createTestDatabase(t)
    const network = 'n'.repeat(64)
    await database.query('INSERT INTO networks VALUES ($1, 600)', [network])
    for (const table of ['prices', 'equivocations'] as const) {
      const payloads = await payloadsDuring(database, () => database.query(insertMany(table), [[network], 250]))
      const told = payloads.map((payload) => parseCommitted(payload))
      const ids = told.map((committed) => (table === 'prices' ? committed?.ids : committed?.equivocations) ?? [])
      assert.deepEqual(
        ids.map(({ length }) => length).toSorted((a, b) => b - a),
        [100, 100, 50],
      )
      assert.ok(told.every((committed) => committed?.network === network))
      assert.equal(new Set(ids.flat()).size, 250)
    }
  })

  it('of different networks are told of apart', async (t) => {
    const database = await createTestDatabase(t)
    await database.query("INSERT INTO networks VALUES ('one', 600), ('two', 600)")
    const payloads = await payloadsDuring(database, () => database.query(insertMany('prices'), [['one', 'two'], 3]))
    const told = payloads.map((payload) => parseCommitted(payload))
    assert.deepEqual(new Set(told.map((committed) => committed?.network)), new Set(['one', 'two']))
    assert.equal(told.length, 2)
    for (const committed of told) assert.equal(committed?.ids.length, 3)
  })

  it('are told of when they are inserted by a role that may do nothing but that', async (t) => {
    const database = await createTestDatabase(t)
    await database.query("INSERT INTO networks VALUES ('one', 600)")
    const { role, url } = await database.createRole()
    await database.query(`GRANT INSERT ON prices, equivocations TO ${role}`)
    const payloads = await payloadsDuring(database, async () => {
      const client = new Client({ connectionString: url })
      await client.connect()
      await client.query(insertMany('prices'), [['one'], 1])
      await client.query(insertMany('equivocations'), [['one'], 1])
      await client.end()
    })
    assert.equal(payloads.length, 2)
  })

  it('are not told of before they are committed', async (t) => {
    const database = await createTestDatabase(t)
    await database.query("INSERT INTO networks VALUES ('one', 600)")
    const payloads = await payloadsDuring(database, async () => {
      const client = new Client({ connectionString: database.url })
      await client.connect()
      await client.query('BEGIN')
      await client.query(insertMany('prices'), [['one'], 1])
      await client.query('ROLLBACK')
      await client.end()
    })
    assert.deepEqual(payloads, [])
  })
})

/** $2 made-up rows of each of the networks $1. */
const insertMany = (table: 'prices' | 'equivocations'): string => `
INSERT INTO ${table} (id, price, first_signer, sign_data, lastsigned_time, network, pair, round, source, observed_time,
  signer_count)
SELECT '0x' || encode(sha256(convert_to(network || number, 'UTF8')), 'hex'), 1, signer,
  jsonb_build_array(jsonb_build_object('signer', signer, 'signature', '0x' || repeat('5e', 64) || '1b')),
  'epoch', network, 'ETH-USD', number, 'coinbase', 'epoch', 1
FROM unnest($1::text[]) AS network, generate_series(1, $2::integer) AS number,
  (SELECT '0x' || repeat('a1', 20) AS signer) AS someone`
