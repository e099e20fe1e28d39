import assert from 'node:assert/strict'
import { once } from 'node:events'
import { describe, it, type TestContext } from 'node:test'
import { Client } from 'pg'
import type { Day, HistoryRange, PriceHistory } from '../../src/core/history.ts'
import { DAY_MS } from '../../src/core/history-tree.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import { encodeAnswer } from '../../src/gossip/sync/answer-wire.ts'
import { createLibp2pExchange } from '../../src/gossip/sync/libp2p-exchange.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { PostgresPriceHistory } from '../../src/store/postgres-price-history.ts'
import { defer } from '../helpers/defer.ts'
import { Libp2pNetwork } from '../helpers/libp2p-network.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { type CliResult, runCli, spawnCli } from '../helpers/run-cli.ts'
import { NodeNetwork } from '../helpers/running-node.ts'
import { alice, bob, carol, dave, INTERVAL_MS, OBSERVED_AT, price, testSigner } from '../helpers/statements.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const ALL: HistoryRange = { fromDay: 0 as Day, untilMs: OBSERVED_AT + 100 * DAY_MS }
const SIGNERS = [alice, bob, carol, dave].map(({ address }) => address).join(',')

function historyOf(database: TestDatabase): PriceHistory {
  const history = new PostgresPriceHistory(
    { clock: systemClock, counters: new RecordingCounters(), logger: new RecordingLogger() },
    { url: database.url, network: 'test-network', intervalMs: INTERVAL_MS, alone: true },
  )
  database.defer(() => history.close())
  return history
}

/** Rows of some days, and three statements of one slot among them. */
function someHistory(): readonly PriceRow[] {
  const plain = Array.from({ length: 90 }, (_, index) =>
    priceRow({ observedAt: OBSERVED_AT + Math.floor(index / 30) * DAY_MS + index * INTERVAL_MS }),
  )
  const rivals = ['1', '2', '3'].map((text) => priceRow({ price: price(text), pair: 'BTC-USD' }))
  return [...plain, ...rivals]
}

async function write(database: TestDatabase, rows: readonly PriceRow[]): Promise<void> {
  const table = tableOf(database)
  for (const row of rows) await table.write([row])
}

interface Scene {
  readonly full: TestDatabase
  readonly restored: TestDatabase
  /** Surroundings of the command for the restored database. */
  readonly surroundings: { readonly directory: string; readonly env: Readonly<Record<string, string>> }
  /** Runs the command in them, but for what `env` says. */
  readonly resync: (args?: readonly string[], env?: Readonly<Record<string, string>>) => Promise<CliResult>
}

/** A node with a history, and the database of another that was restored with little of it. */
async function createScene(t: TestContext, rows: readonly PriceRow[] = someHistory()): Promise<Scene> {
  const [full, restored] = [await createTestDatabase(t), await createTestDatabase(t)]
  await write(full, rows)
  const network = await NodeNetwork.open(t, { databaseUrl: full.url, signers: 0, env: { GP_SIGNERS: SIGNERS } })
  await network.bootstrap()
  const node = await network.node('full')
  // Its audit may find the rows that are not to be taken over.
  network.expectErrors(node)
  const { address } = node
  const directory = await temporaryDirectory(t)
  const env = {
    GP_NETWORK: 'test-network',
    GP_SIGNERS: SIGNERS,
    GP_DATABASEURL: restored.url,
    GP_CONNECTIONADDR: '/ip4/127.0.0.1/tcp/0',
    GP_BOOTSTRAPADDR: address,
    GP_HTTPADDR: '',
    // As the nodes of the scene, or they would be other constants.
    GP_QUIETPERIOD: '1',
    GP_DATADIR: directory,
  }
  return {
    full,
    restored,
    surroundings: { directory, env },
    resync: (args = [], other = {}) => runCli(['resync', ...args], { directory, env: { ...env, ...other } }),
  }
}

/** Nothing is read from a database until it may go on: who reads it cannot be through before somebody acts. */
async function holdUp({ url }: TestDatabase): Promise<() => Promise<void>> {
  const rival = new Client({ connectionString: url })
  rival.on('error', () => undefined)
  await rival.connect()
  await rival.query('BEGIN; LOCK TABLE prices IN ACCESS EXCLUSIVE MODE')
  return () => rival.end()
}

describe('gossip-price resync', { timeout: 300_000 }, () => {
  it('gives a restored database the history of the others, and does nothing when it has it', async (t) => {
    const rows = someHistory()
    const { full, restored, resync } = await createScene(t, rows)
    await write(restored, [...rows.slice(0, 7), ...rows.slice(-1)])
    const first = await resync()
    assert.deepEqual({ exitCode: first.exitCode }, { exitCode: 0 }, first.stderr)
    assert.match(
      first.stdout,
      /^took over 85 rows from 1 node; the history now has 93 rows in 3 days, as 1 other node\n$/,
    )
    assert.equal(await historyOf(restored).root(ALL), await historyOf(full).root(ALL))
    const again = await resync()
    assert.equal(again.exitCode, 0)
    assert.match(again.stdout, /^nothing to take over: the history now has 93 rows in 3 days, as 1 other node\n$/)
  })

  it('takes over no more than it is told to, and says in JSON what came of it', async (t) => {
    const { restored, resync } = await createScene(t)
    const { exitCode, stdout, stderr } = await resync(['--from', '2025-01-02', '--json'])
    assert.equal(exitCode, 0, stderr)
    const { rows, disputed, history, peers, troubles } = JSON.parse(stdout) as Record<string, unknown>
    assert.deepEqual(
      { rows, disputed, history, troubles },
      { rows: 60, disputed: 0, history: { rows: 60, days: 2 }, troubles: [] },
    )
    assert.deepEqual(Array.isArray(peers) && peers.length, 1)
    assert.equal((await restored.query('SELECT FROM prices')).length, 60)
  })

  it('ends when it is interrupted, says how far it came, and goes on from there the next time', async (t) => {
    const { restored, full, resync, surroundings } = await createScene(t)
    const goOn = await holdUp(full)
    const child = spawnCli(['resync'], surroundings)
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.includes('asking')) child.kill('SIGINT')
    })
    const [exitCode] = (await once(child, 'close')) as [number | null]
    await goOn()
    assert.equal(exitCode, 1, said)
    assert.match(said, /gossip-price: stopped; \d+ rows came in\. Run it again to go on from there\n$/)
    const { exitCode: last, stderr } = await resync()
    assert.equal(last, 0, stderr)
    assert.equal(await historyOf(restored).root(ALL), await historyOf(full).root(ALL))
  })

  it('names a node that lies, and asks the others all the same', async (t) => {
    const { resync, surroundings } = await createScene(t)
    const others = new Libp2pNetwork()
    defer(t, () => others.stop())
    const liar = await others.node({ idle: true })
    const components = { clock: systemClock, counters: new RecordingCounters(), logger: new RecordingLogger() }
    createLibp2pExchange({ host: liar.host, ...components }).serve(async () => {
      return encodeAnswer({ kind: 'pending', entries: [], more: false }, { network: 'test-network' })
    })
    const { exitCode, stdout, stderr } = await resync([], {
      GP_BOOTSTRAPADDR: `${liar.address},${surroundings.env['GP_BOOTSTRAPADDR']}`,
    })
    assert.equal(exitCode, 1)
    assert.ok(stderr.includes(`peer ${liar.peerId} said what is not true (wrong-answer)`), stderr)
    assert.match(stdout, /^took over 93 rows from 1 node; /)
  })

  it('leaves out what has no quorum of the signers it knows, says so, and takes the rest', async (t) => {
    const unknown = priceRow({ pair: 'BTC-USD', proposer: testSigner(7).address }, [testSigner(7), bob, carol])
    const few = priceRow({ pair: 'LTC-USD' }, [alice, bob])
    const { restored, resync } = await createScene(t, [priceRow(), unknown, few])
    const { exitCode, stdout, stderr } = await resync()
    assert.equal(exitCode, 1)
    assert.match(stderr, /2 statements had no quorum of the signers that this node knows: give GP_SIGNERS/)
    assert.match(stdout, /^took over 1 row from 1 node; the history now has 1 row in 1 day/)
    assert.equal((await restored.query('SELECT FROM prices')).length, 1)
  })

  it('has nobody to take it from when all commit to the same database', async (t) => {
    const { full, resync } = await createScene(t)
    const { exitCode, stderr } = await resync([], { GP_DATABASEURL: full.url })
    assert.equal(exitCode, 1)
    assert.match(stderr, /commit to this very database: there is nobody to take it from/)
  })
})
