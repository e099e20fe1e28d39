import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { writeTurnDelayMs } from '../../src/consensus/write-turn.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { createPostgresPriceTable } from '../../src/store/postgres-price-table.ts'
import { PriceListener } from '../../src/store/price-listener.ts'
import { type TableWriter, createTableWriter } from '../../src/store/table-writer.ts'
import { type MemoryCounters, createCounters } from '../../src/telemetry/counters.ts'
import { defer } from '../helpers/defer.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { NodeNetwork, type NodeAtWork } from '../helpers/running-node.ts'
import { INTERVAL_MS, round, type TestSigner, testSigner, testSigners } from '../helpers/statements.ts'
import { startTransactionPooler } from '../helpers/transaction-pooler.ts'
import { until } from '../helpers/until.ts'

/** Some forty rounds: on a machine with other things to do few of them may be cheap. */
const ROUNDS_PATIENCE_MS = 180_000

/** What writes the rows of a node, as it is wired in one. */
interface WritingNode {
  readonly writer: TableWriter
  readonly counters: MemoryCounters
  hears(): boolean
}

function startWriting(t: TestContext, url: string, { address }: TestSigner): WritingNode {
  const counters = createCounters()
  const components = { clock: systemClock, random: Math.random, counters, logger: new RecordingLogger() }
  const table = createPostgresPriceTable(components, { url, network: 'test-network', intervalMs: INTERVAL_MS })
  const writer = createTableWriter(
    { ...components, table, onOutcome: () => undefined, onFatal: (error) => assert.fail(error) },
    { turnDelayMs: (attestation) => writeTurnDelayMs(attestation, address) },
  )
  let hearing = false
  const listener = new PriceListener(
    {
      ...components,
      onHeard: (ids) => writer.heard(ids),
      onHearing: (now) => {
        hearing = now
        writer.setHearing(now)
      },
    },
    { url, network: 'test-network', probeTimeoutMs: 500 },
  )
  defer(t, async () => {
    await listener.stop()
    await writer.stop()
    await table.close()
  })
  writer.start()
  listener.start()
  return { writer, counters, hears: () => hearing }
}

function total(nodes: readonly { readonly counters: MemoryCounters }[], ...statements: readonly string[]): number {
  const counts = nodes.flatMap(({ counters }) => statements.map((statement) => ({ counters, statement })))
  return counts.reduce((sum, { counters, statement }) => {
    return sum + counters.value('gp_sql_statements_total', { statement })
  }, 0)
}

const READS = ['find_holders', 'find_present'] as const

async function settle(nodes: readonly WritingNode[], rows: readonly PriceRow[]): Promise<void> {
  for (const { writer } of nodes) for (const row of rows) writer.enqueue(row)
  await until(() => nodes.every(({ writer }) => writer.depth() === 0), 'every node is told of every row')
}

async function countRows(database: TestDatabase): Promise<number> {
  return (await database.query('SELECT FROM prices')).length
}

const signers = testSigners(8)
const rows = Array.from({ length: 20 }, (_, index) => priceRow({ round: round(index) }, signers))

describe('nodes that share a database', { timeout: 480_000 }, () => {
  it('leave a row to one of them, observers too', async (t) => {
    const database = await createTestDatabase(t)
    const nodes = [...signers, testSigner(9), testSigner(10)].map((signer) => startWriting(t, database.url, signer))
    await until(() => nodes.every((node) => node.hears()), 'all hear')
    for (const row of rows) await settle(nodes, [row])
    assert.equal(await countRows(database), rows.length)
    const statements = total(nodes, 'insert_prices', ...READS)
    // One a row; without turns it would be a write of each node, and a read of all but one.
    assert.ok(statements <= 2 * rows.length, `${statements} statements for ${rows.length} rows`)
  })

  it('write what those before them do not', async (t) => {
    const database = await createTestDatabase(t)
    const nodes = signers.slice(-2).map((signer) => startWriting(t, database.url, signer))
    await settle(nodes, rows)
    assert.equal(await countRows(database), rows.length)
  })

  it('look before they write where a pooler lets them hear nothing', async (t) => {
    const database = await createTestDatabase(t)
    const url = await startTransactionPooler(t, database.url)
    const nodes = signers.map((signer) => startWriting(t, url, signer))
    await settle(nodes, rows)
    assert.equal(await countRows(database), rows.length)
    assert.ok(nodes.every((node) => !node.hears()))
    const writes = total(nodes, 'insert_prices')
    // About one of each node; without the look it would be one for each of a node's turns.
    assert.ok(writes <= rows.length, `${writes} writes for ${rows.length} rows`)
    assert.ok(total(nodes, 'find_present') > 0)
  })

  it('of their own write every row, each in its own', async (t) => {
    const few = rows.slice(0, 4)
    for (const signer of signers.slice(0, 2)) {
      const database = await createTestDatabase(t)
      await settle([startWriting(t, database.url, signer)], few)
      assert.equal(await countRows(database), few.length)
    }
  })
})

function costOf(nodes: readonly NodeAtWork[]): { readonly rows: number; readonly statements: number } {
  return {
    rows: nodes.reduce((sum, { counters }) => sum + counters.value('gp_rows_total', { outcome: 'written' }), 0),
    statements: total(nodes, 'insert_prices', 'insert_equivocations', ...READS),
  }
}

describe('a network of real nodes on one database', { timeout: 480_000 }, () => {
  it('has rounds that cost little more than a statement a row, over all nodes', async (t) => {
    const database = await createTestDatabase(t)
    const env = { GP_FETCHPRICEINTERVAL: '4' }
    const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 5, env })
    await network.bootstrap()
    const nodes = await network.nodes('node1', 'node2', 'node3', 'node4', 'node5')
    await network.committed(nodes, nodes.length)
    let before = costOf(nodes)
    let cheapInARow = 0
    // Not in every round: on a machine that stands still for half a second several turns come at once.
    await network.until(
      async () => {
        await network.committed(nodes, before.rows + nodes.length)
        const now = costOf(nodes)
        const isCheap = now.statements - before.statements <= 1.25 * (now.rows - before.rows)
        before = now
        cheapInARow = isCheap ? cheapInARow + 1 : 0
        return cheapInARow >= 2
      },
      'two rounds in a row cost at most 1.25 statements a row',
      ROUNDS_PATIENCE_MS,
    )
    const [counted] = await database.query<{ rows: number }>('SELECT count(*)::int AS rows FROM prices')
    assert.ok((counted?.rows ?? 0) >= before.rows)
  })
})
