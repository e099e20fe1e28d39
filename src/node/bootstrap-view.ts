import type { NodeEvent, NodeView } from '../api/node-view.ts'
import type { Logger } from '../core/logger.ts'
import type { PeerList } from '../gossip/peer-list.ts'
import { EventOutlet } from './event-outlet.ts'

/** What a bootstrap node shows of itself: who is connected. It holds no statement, and hears no status. */
export function createBootstrapView(
  {
    peers,
    logger,
    readiness,
  }: { readonly peers: PeerList; readonly logger: Logger; readonly readiness: () => readonly string[] },
  { network }: { readonly network: string },
): NodeView & { stop(): void } {
  const outlet = new EventOutlet({ logger })
  const stop = peers.watch((peerId, up) => outlet.tell({ kind: 'peer', peerId, up }))
  return {
    self: { network, role: 'bootstrap', address: undefined, constants: undefined },
    readiness,
    statements: () => [],
    why: (id) => ({
      id,
      phase: 'unknown',
      sentences: ['A bootstrap node holds no statements: ask one that signs or observes.'],
      missing: [],
      wouldPass: undefined,
    }),
    whyRound: () => undefined,
    peers: () => ({
      peerId: peers.peerId,
      addresses: peers.addresses(),
      peers: peers.peers().map((peer) => Object.assign({ signer: undefined }, peer)),
    }),
    nodes: () => [],
    clockOffsetMs: () => undefined,
    subscribe: (listener: (event: NodeEvent) => void) => outlet.subscribe(listener),
    stop,
  }
}
