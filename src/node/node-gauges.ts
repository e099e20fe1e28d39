import type { Reading } from '../core/measurements.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { NodeView, SeenNode } from '../api/node-view.ts'
import type { Clock } from '../core/clock.ts'
import { roundAt } from '../core/statement.ts'
import type { Topic } from '../gossip/topic.ts'
import { VERSION } from '../version.ts'
import type { AssembledNode } from './assemble.ts'
import type { NodeComponents } from './running-node.ts'

type Gauges = NodeComponents['gauges']

type Topics = Readonly<Record<string, Pick<Topic, 'peers' | 'meshPeers'>>>

interface Watched {
  readonly gauges: Gauges
  readonly topics: Topics
  readonly view: NodeView
}

/** Has a node asked for the gauges that every node has, whatever it does; the returned function ends it. */
export function watchAnyNode({ gauges, topics, view }: Watched): () => void {
  const byTopic = (read: (topic: Topics[string]) => number): readonly Reading[] =>
    Object.entries(topics).map(([topic, each]) => ({ value: read(each), labels: { topic } }))
  return together([
    gauges.watch('gp_build_info', () => [{ value: 1, labels: { version: VERSION } }]),
    gauges.watch('gp_ready', () => (view.readiness().length === 0 ? 1 : 0)),
    gauges.watch('gp_peers', () => view.peers().peers.length),
    gauges.watch('gp_topic_peers', () => byTopic((topic) => topic.peers())),
    gauges.watch('gp_mesh_peers', () => byTopic((topic) => topic.meshPeers())),
    gauges.watch('gp_nodes', () => countStates(view.nodes())),
    gauges.watch('gp_clock_offset_seconds', () => inSeconds(view.clockOffsetMs())),
  ])
}

/** Has a gossip node asked for its gauges; the returned function ends it. */
export function watchGossipNode(
  {
    gauges,
    node,
    view,
    clock,
  }: { readonly gauges: Gauges; readonly node: AssembledNode; readonly view: NodeView; readonly clock: Clock },
  constants: NetworkConstants,
): () => void {
  const { engine, topics, owed } = node
  const { signers, intervalMs, minimumSigners } = constants
  const round = (): ReturnType<typeof roundAt> => roundAt(clock.now().wallMs, intervalMs)
  return together([
    watchAnyNode({ gauges, topics: { ...topics }, view }),
    gauges.watch('gp_interval_seconds', () => intervalMs / 1_000),
    gauges.watch('gp_minimum_signers', () => minimumSigners),
    gauges.watch('gp_signers', () => (signers.open ? 0 : signers.sizeAt(round()))),
    gauges.watch(
      'gp_reachable_signers',
      () => view.nodes().filter((each) => each.listed && each.state !== 'gone').length,
    ),
    gauges.watch('gp_statements', () =>
      Object.entries(engine.pool.census()).map(([phase, value]) => ({ value, labels: { phase } })),
    ),
    gauges.watch('gp_table_available', () => (node.tableFault() === undefined ? 1 : 0)),
    gauges.watch('gp_outbox_rows', () => owed.depth()),
    gauges.watch('gp_outbox_age_seconds', () => (owed.oldestMs() ?? 0) / 1_000),
  ])
}

function countStates(nodes: readonly SeenNode[]): readonly Reading[] {
  return (['here', 'behind', 'gone'] as const).map((state) => ({
    value: nodes.filter((node) => node.state === state).length,
    labels: { state },
  }))
}

function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}

function together(ends: readonly (() => void)[]): () => void {
  return () => {
    for (const end of ends) end()
  }
}
