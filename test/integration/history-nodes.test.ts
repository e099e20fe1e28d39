import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Day, HistoryRange, PriceHistory } from '../../src/core/history.ts'
import { DAY_MS } from '../../src/core/history-tree.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { PostgresPriceHistory } from '../../src/store/postgres-price-history.ts'
import { openStream } from '../helpers/event-reader.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { rivals } from '../helpers/price-history-contract.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { alice, bob, carol, INTERVAL_MS, OBSERVED_AT } from '../helpers/statements.ts'

const ALL: HistoryRange = { fromDay: 0 as Day, untilMs: OBSERVED_AT + 100 * DAY_MS }
const READS = ['history_first', 'history_days', 'history_leaves', 'history_rounds', 'history_attestations']

function historyOf(database: TestDatabase): PriceHistory {
  const history = new PostgresPriceHistory(
    { clock: systemClock, counters: new RecordingCounters(), logger: new RecordingLogger() },
    // As nobody tells it of writes, it reads what is asked for anew.
    { url: database.url, network: 'test-network', intervalMs: INTERVAL_MS, alone: true },
  )
  database.defer(() => history.close())
  return history
}

async function rootOf(database: TestDatabase): Promise<string> {
  return historyOf(database).root(ALL)
}

/** A row an hour, over some days. */
const HISTORY = Array.from({ length: 60 }, (_, index) =>
  priceRow({ observedAt: OBSERVED_AT + (index + 1) * 3_600_000 }),
)
const ROUND = rivals(3)

async function write(database: TestDatabase, rows: readonly PriceRow[]): Promise<void> {
  const table = tableOf(database)
  for (const row of rows) await table.write([row])
}

/** A network whose nodes commit to `database` unless they are told otherwise, and ask each other often. */
async function open(t: TestContext, database: TestDatabase): Promise<NodeNetwork> {
  const signers = [alice, bob, carol].map(({ address }) => address).join(',')
  const env = { GP_SIGNERS: signers, GP_SYNCINTERVAL: '1' }
  const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 0, env })
  await network.bootstrap()
  return network
}

/** How often comparing histories with a peer came to this. */
function outcomes({ counters }: NodeAtWork, outcome: string): number {
  return counters.value('gp_sync_history_total', { outcome, reason: '' })
}

describe('the history of running nodes', { timeout: 480_000 }, () => {
  it('comes whole to one that joins late, with an empty Postgres of its own, and is told to who listens there', async (t) => {
    const database = await createTestDatabase(t)
    await write(database, [...HISTORY, ...ROUND])
    const network = await open(t, database)
    await network.node('early')
    const late = await network.node('late', { GP_DATABASEURL: '', GP_HTTPADDR: '127.0.0.1:0' })
    const stream = await openStream(t, { url: late.httpUrl ?? assert.fail('it serves no HTTP') })
    await network.until(() => outcomes(late, 'same') > 0, 'both have the same root')
    assert.equal(late.counters.value('gp_sync_rows_total', { outcome: 'written' }), HISTORY.length + 1)
    assert.equal(late.counters.value('gp_sync_rows_total', { outcome: 'slot-taken' }), ROUND.length - 1)
    const told = (): number => stream.events.filter(({ event }) => event === 'price').length
    await stream.until(() => told() === HISTORY.length + 1)
    // Read by the page and not one by one.
    assert.ok(late.counters.value('gp_sql_statements_total', { statement: 'read_prices_of' }) < 10)
  })

  it('comes to one that was away as far as it has missed it, and goes the other way, too', async (t) => {
    const [here, there] = [await createTestDatabase(t), await createTestDatabase(t)]
    await write(here, [...HISTORY.slice(0, 40), ...ROUND.slice(0, 2)])
    // The slot was won by another one, and both have a statement that the other has not.
    await write(there, [...HISTORY.slice(20), ...ROUND.slice(1)])
    const network = await open(t, here)
    await network.node('here')
    await network.node('there', { GP_DATABASEURL: there.url })
    await network.until(async () => (await rootOf(here)) === (await rootOf(there)), 'both have the same root')
    for (const database of [here, there]) {
      assert.equal((await database.query('SELECT FROM prices')).length, HISTORY.length + 1)
      assert.equal((await database.query('SELECT FROM equivocations')).length, ROUND.length - 1)
      assert.equal((await database.query('SELECT FROM undisputed_prices')).length, HISTORY.length)
    }
  })

  it('is read by none of those that share a database', async (t) => {
    const database = await createTestDatabase(t)
    await write(database, HISTORY)
    const network = await open(t, database)
    const nodes = await network.nodes('one', 'two', 'three')
    const all = (): boolean => nodes.every((node) => outcomes(node, 'shared') >= 2)
    await network.until(all, 'each has compared with the others')
    for (const { counters } of nodes) {
      for (const statement of READS)
        assert.equal(counters.value('gp_sql_statements_total', { statement }), 0, statement)
    }
  })
})
