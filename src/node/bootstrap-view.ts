import type { NodeEvent, NodeView, SeenNode } from '../api/node-view.ts'
import { agreedConstants } from '../core/agreed-constants.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import { isBootstrapAgent } from '../version.ts'
import type { BootstrapNode } from './bootstrap-node.ts'
import { EventOutlet } from './event-outlet.ts'
import { SeenNodes } from './seen-nodes.ts'
import { StateWatch } from './state-watch.ts'

export interface BootstrapViewComponents {
  readonly node: Pick<BootstrapNode, 'peerList' | 'directory' | 'listen' | 'clockOffsetMs'>
  readonly clock: Clock
  readonly logger: Logger
}

/** What a bootstrap node shows: the network, as its nodes tell of themselves. It holds no statement. */
export function createBootstrapView(
  { node, clock, logger }: BootstrapViewComponents,
  constants: NetworkConstants,
): NodeView & { stop(): void } {
  const { peerList, directory } = node
  const { open } = constants.signers
  const outlet = new EventOutlet({ clock, logger, isVouched: (peerId) => directory.voucherOf(peerId) !== undefined })
  const seen = new SeenNodes(
    // A neighbour may sign with ever new keys, and has one place among those who have gone.
    { directory, clock, keyOf: open ? ({ status }) => status.peerId : undefined },
    () => undefined,
  )
  // Without a signer set anybody may sign, as far as this node knows.
  const shown = (each: SeenNode): SeenNode => (open ? { ...each, listed: true } : each)
  const nodes = (): readonly SeenNode[] => seen.nodes().map(shown)
  const states = new StateWatch({
    clock,
    logger,
    readinessFaults: () => [],
    nodes,
    tell: (event) => outlet.tell(event),
  })
  node.listen((signed, { listed }) => {
    const heard = seen.heard(signed, { listed: listed || open })
    if (heard !== undefined) outlet.tell({ kind: 'node', node: heard })
  })
  const unwatch = peerList.watch((peerId, up) => outlet.tell({ kind: 'peer', peerId, up }))
  states.start()
  return {
    self: {
      network: constants.network,
      role: 'bootstrap',
      address: undefined,
      constants: open ? undefined : agreedConstants(constants),
      signers: open ? undefined : constants.signers.entries,
    },
    // It waits for nobody: others wait for it.
    readiness: () => [],
    statements: () => [],
    why: (id) => ({
      id,
      phase: 'unknown',
      sentences: ['A bootstrap node holds no statements: ask one that signs or observes.'],
      missing: [],
      wouldPass: undefined,
    }),
    whyRound: () => undefined,
    peers() {
      const signers = new Map(directory.nodes().map(({ status, signer }) => [status.peerId, signer]))
      const signerOf = (peerId: string) => directory.voucherOf(peerId) ?? (open ? signers.get(peerId) : undefined)
      return {
        peerId: peerList.peerId,
        addresses: peerList.addresses(),
        peers: peerList
          .peers()
          .map((peer) =>
            Object.assign({ signer: signerOf(peer.peerId), isBootstrap: isBootstrapAgent(peer.agent) }, peer),
          ),
      }
    },
    nodes,
    clockOffsetMs: () => node.clockOffsetMs(),
    subscribe: (listener: (event: NodeEvent) => void) => outlet.subscribe(listener),
    stop() {
      unwatch()
      states.stop()
    },
  }
}
