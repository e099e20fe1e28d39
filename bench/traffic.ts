import { type LocalNetwork, startLocalNetwork, untilReady } from './local-network.ts'
import type { Measurement } from './measurement.ts'
import { NODES, madeUpPairs, nextRoundAt, prepareNetwork } from './network-plan.ts'
import { NEVER } from './price-server.ts'
import { type WireBytes, watchWireBytes } from './wire-bytes.ts'
import { type Workbench, waitUntil } from './workbench.ts'

interface Load {
  readonly words: string
  readonly pairs: readonly string[]
  readonly intervalSeconds: number
  readonly rounds: number
}

const LOADS: readonly Load[] = [
  { words: 'one pair', pairs: ['ETH-USD'], intervalSeconds: 3, rounds: 20 },
  { words: '10 pairs', pairs: madeUpPairs(10), intervalSeconds: 5, rounds: 5 },
]
const SQL = 'gp_sql_statements_total'
const WRITES: ReadonlySet<string> = new Set(['claim_interval', 'insert_prices', 'insert_equivocations'])
const SETTLE_MS = 1_000
const PATIENCE_MS = 30_000

/** What a committed statement costs in messages, bytes and SQL. */
export async function measureTraffic(workbench: Workbench): Promise<Measurement[]> {
  const wire = watchWireBytes()
  workbench.releases.add('watch on sockets', () => wire.stop())
  const measurements: Measurement[] = []
  for (const load of LOADS) measurements.push(...(await measureLoad(workbench, { load, wire })))
  wire.stop()
  return measurements
}

async function measureLoad(
  workbench: Workbench,
  { load, wire }: { readonly load: Load; readonly wire: WireBytes },
): Promise<Measurement[]> {
  const { clock, progress, signal } = workbench
  const { words, pairs, intervalSeconds, rounds } = load
  progress.step(`traffic, ${words}: starting ${NODES} nodes`)
  const prepared = await prepareNetwork(workbench, {
    pairs,
    intervalSeconds,
    quietPeriodSeconds: 0.3,
    minimumSigners: 3,
    hours: NEVER,
  })
  const network = await startLocalNetwork(workbench, { prepared })
  await untilReady(workbench, network)

  const fromMs = nextRoundAt(workbench, { intervalSeconds, marginMs: SETTLE_MS })
  const untilMs = fromMs + rounds * intervalSeconds * 1_000
  prepared.prices.setHours({ fromMs, untilMs })
  const proposed = rounds * pairs.length * NODES
  progress.step(`traffic, ${words}: ${proposed} statements`)
  await clock.sleep(fromMs - clock.now().wallMs, signal)
  const before = readTraffic(network, wire)
  const settled = (): boolean => totalOf(network, 'gp_rows_total') >= proposed * NODES
  await waitUntil(workbench, settled, { timeoutMs: rounds * intervalSeconds * 1_000 + PATIENCE_MS })
  const after = readTraffic(network, wire)
  await network.stop()

  const rows = after.rows - before.rows
  const perRow = (key: keyof Traffic, by = 1): number => (after[key] - before[key]) / by / rows
  return [
    {
      name: `messages a node publishes per statement, ${words}`,
      value: perRow('messages', NODES),
      unit: 'count',
      note: `${rows} of ${proposed} statements committed`,
    },
    { name: `bytes a node publishes per statement, ${words}`, value: perRow('bytes', NODES), unit: 'bytes' },
    {
      name: `bytes a node sends per statement, ${words}`,
      value: perRow('wireBytes', NODES),
      unit: 'bytes',
      note: 'all copies and protocols, encrypted, as written to TCP',
    },
    {
      name: `SQL writes of all nodes per row, ${words}`,
      value: perRow('sqlWrites'),
      unit: 'count',
      target: 1.2,
      note: 'from the first round on',
    },
    { name: `SQL reads of all nodes per row, ${words}`, value: perRow('sqlReads'), unit: 'count', target: 0.05 },
  ]
}

interface Traffic {
  readonly messages: number
  readonly bytes: number
  readonly wireBytes: number
  readonly sqlWrites: number
  readonly sqlReads: number
  readonly rows: number
}

/** Of all nodes together. */
function readTraffic(network: LocalNetwork, wire: WireBytes): Traffic {
  return {
    messages: totalOf(network, 'gp_messages_published_total'),
    bytes: totalOf(network, 'gp_published_bytes_total'),
    wireBytes: wire.writtenAt(network.ports),
    sqlWrites: totalOf(network, SQL, (statement) => WRITES.has(statement)),
    sqlReads: totalOf(network, SQL, (statement) => !WRITES.has(statement)),
    rows: network.counters.reduce((sum, counters) => sum + counters.value('gp_rows_total', { outcome: 'written' }), 0),
  }
}

/** @param counts - by their label `statement`, whether they count */
function totalOf(
  { counters }: LocalNetwork,
  name: string,
  counts: (statement: string) => boolean = () => true,
): number {
  const all = counters.flatMap((each) => each.snapshot()).filter((count) => count.name === name)
  return all.reduce((sum, { value, labels }) => sum + (counts(labels['statement'] ?? '') ? value : 0), 0)
}
