import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PriceStatement } from '../../src/core/statement.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { INTERVAL_MS, OBSERVED_AT, price, round, testSigners } from '../helpers/statements.ts'

const signers = testSigners(4)

/** One row of the round for each price, of a proposer each. */
async function writeRound(
  database: TestDatabase,
  prices: readonly string[],
  overrides: Partial<PriceStatement> = {},
): Promise<void> {
  const rows = prices.map((text, index) => {
    const proposer = signers[index] ?? assert.fail('more prices than signers')
    return priceRow({ price: price(text), proposer: proposer.address, ...overrides }, signers)
  })
  await tableOf(database).write(rows)
}

describe('price_rounds', () => {
  const MEDIANS: readonly (readonly [what: string, prices: readonly string[], median: string])[] = [
    ['one price', ['3021.455'], '3021.455'],
    ['the middle of three', ['3', '1', '2'], '2'],
    ['the mean of two', ['3021.455', '3021.465'], '3021.46'],
    ['the mean of the middle two of four', ['100', '2', '4', '1'], '3'],
    [
      'a mean that needs one place more than a price has',
      ['0.000000000000000001', '0.000000000000000002'],
      '0.0000000000000000015',
    ],
    [
      'the largest prices',
      ['999999999999999999.999999999999999999', '999999999999999999.999999999999999998'],
      '999999999999999999.9999999999999999985',
    ],
  ]
  for (const [what, prices, median] of MEDIANS) {
    it(`gives as median, exactly: ${what}`, async (t) => {
      const database = await createTestDatabase(t)
      await writeRound(database, prices)
      const [row] = await database.query('SELECT median::text, rows::int FROM price_rounds')
      assert.deepEqual(row, { median, rows: prices.length })
    })
  }

  it('has a row for every network, pair, source and round, with lowest and highest', async (t) => {
    const database = await createTestDatabase(t)
    await writeRound(database, ['3', '1', '2'])
    await writeRound(database, ['7'], { pair: 'BTC-USD' })
    await writeRound(database, ['8'], { source: 'elsewhere', observedAt: OBSERVED_AT + INTERVAL_MS })
    const rows = await database.query(`
      SELECT pair, source, rows::int, lowest::float8, highest::float8 FROM price_rounds ORDER BY pair, round`)
    assert.deepEqual(rows, [
      { pair: 'BTC-USD', source: 'coinbase', rows: 1, lowest: 7, highest: 7 },
      { pair: 'ETH-USD', source: 'coinbase', rows: 3, lowest: 1, highest: 3 },
      { pair: 'ETH-USD', source: 'elsewhere', rows: 1, lowest: 8, highest: 8 },
    ])
  })

  it('is final from the end of the next round on', async (t) => {
    const database = await createTestDatabase(t)
    // So long that the test does not come near the end of a round.
    const intervalMs = 500_000_000_000
    const table = tableOf(database, { intervalMs })
    const [now] = await database.query<{ ms: string }>('SELECT floor(extract(epoch FROM now()) * 1000) AS ms')
    const current = Math.floor(Number(now?.ms) / intervalMs)
    await table.write([0, 1, 2].map((back) => priceRow({ round: round(current - back) })))
    const rows = await database.query('SELECT round::int, final FROM price_rounds ORDER BY round DESC')
    assert.deepEqual(rows, [
      { round: current, final: false },
      { round: current - 1, final: false },
      { round: current - 2, final: true },
    ])
  })
})

describe('latest_price', () => {
  it('is the row observed last, for every network, pair and source', async (t) => {
    const database = await createTestDatabase(t)
    const later = { observedAt: OBSERVED_AT + 1 }
    await writeRound(database, ['2'], { ...later, round: round(1) })
    await writeRound(database, ['1'])
    await writeRound(database, ['3'], { pair: 'BTC-USD' })
    await writeRound(database, ['5'], { source: 'elsewhere', round: round(2) })
    await tableOf(database, { network: 'other' }).write([priceRow({ network: 'other', price: price('4') })])
    const rows = await database.query(`
      SELECT network, pair, source, price::float8 FROM latest_price ORDER BY network, pair, source`)
    assert.deepEqual(rows, [
      { network: 'other', pair: 'ETH-USD', source: 'coinbase', price: 4 },
      { network: 'test-network', pair: 'BTC-USD', source: 'coinbase', price: 3 },
      { network: 'test-network', pair: 'ETH-USD', source: 'coinbase', price: 2 },
      { network: 'test-network', pair: 'ETH-USD', source: 'elsewhere', price: 5 },
    ])
  })

  it('is empty as long as the table is', async (t) => {
    const database = await createTestDatabase(t)
    assert.deepEqual(await database.query('SELECT FROM latest_price'), [])
  })
})

it('a disputed slot is in no view, and the table keeps its row', async (t) => {
  const database = await createTestDatabase(t)
  await writeRound(database, ['1', '2', '6'])
  await writeRound(database, ['9'], { observedAt: OBSERVED_AT + 1 })
  const prices = (view: string): Promise<object[]> => database.query(`SELECT price::float8 FROM ${view} ORDER BY price`)
  assert.deepEqual(await prices('undisputed_prices'), [{ price: 2 }, { price: 6 }])
  assert.deepEqual(await prices('prices'), [{ price: 1 }, { price: 2 }, { price: 6 }])
  const [disputed] = await database.query('SELECT median::float8, rows::int, lowest::float8 FROM price_rounds')
  assert.deepEqual(disputed, { median: 4, rows: 2, lowest: 2 })
  const latest = await database.query<{ price: number }>('SELECT price::float8 FROM latest_price')
  assert.equal(latest.length, 1)
  assert.notEqual(latest[0]?.price, 1)
})

it('the newest row of a feed is found without reading the others', async (t) => {
  const database = await createTestDatabase(t)
  await writeRound(database, ['1'])
  await database.query(`
    INSERT INTO prices (id, price, first_signer, sign_data, lastsigned_time, network, pair, round, source, observed_time,
      signer_count)
    SELECT '0x' || lpad(to_hex(n), 64, '0'), price, first_signer, sign_data, lastsigned_time, network,
      CASE n % 3 WHEN 0 THEN 'ETH-USD' WHEN 1 THEN 'BTC-USD' ELSE 'SOL-USD' END, round + n, source,
      observed_time + n * interval '1 minute', signer_count
    FROM prices, generate_series(1, 5000) AS n`)
  await database.query('ANALYZE')
  const [plan] = await database.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
    'EXPLAIN (ANALYZE, FORMAT JSON) SELECT * FROM latest_price',
  )
  const rows = rowsRead((plan ?? assert.fail())['QUERY PLAN'][0].Plan)
  assert.ok(rows < 50, `${rows} rows of prices were read for 3 feeds`)
})

interface Plan {
  readonly 'Relation Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly Plans?: readonly Plan[]
}

function rowsRead(plan: Plan): number {
  const own = plan['Relation Name'] === 'prices' ? plan['Actual Rows'] * plan['Actual Loops'] : 0
  return (plan.Plans ?? []).reduce((sum, part) => sum + rowsRead(part), own)
}
