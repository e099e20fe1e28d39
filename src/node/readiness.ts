import type { Readiness } from '../api/service-routes.ts'
import type { Clock, Instant } from '../core/clock.ts'
import { counted } from '../core/counted.ts'
import type { NetworkConstants } from '../core/network.ts'
import { roundAt } from '../core/statement.ts'
import type { Signer } from '../consensus/signer.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'
import type { Topic } from '../gossip/topic.ts'
import type { AssembledNode } from './assemble.ts'
import { utcText } from './utc-text.ts'

/** What comes by itself after a start has so long before its absence is a fault, milliseconds. */
const GRACE_MS = 60_000
/** A price that was asked for twice may still be on its way, milliseconds. */
const PRICE_PATIENCE_MS = 10_000
/** Turns, and the longest wait between two tries, are far shorter, milliseconds. */
const OLD_ROW_MS = 300_000

/** What of a node decides whether it is ready. */
export interface ReadyNode extends Pick<AssembledNode, 'owed' | 'tableFault' | 'clockFault' | 'lastPriceAtMs'> {
  readonly topics: { readonly prices: Pick<Topic, 'peers' | 'meshPeers'> }
  readonly directory: Pick<NodeDirectory, 'nodes'>
  readonly signer: Pick<Signer, 'address'>
}

/**
 * Whether a gossip node can do its work now: there are others to sign with, by whose clocks its own is right, there are
 * prices, and the table takes rows.
 */
export function gossipReadiness(
  { node, clock }: { readonly node: ReadyNode; readonly clock: Clock },
  constants: NetworkConstants,
): Readiness {
  const startedAtMs = clock.now().monoMs
  return () => {
    const { monoMs, wallMs } = clock.now()
    const isSettled = monoMs - startedAtMs > GRACE_MS
    return [
      ...peerFaults(node, constants),
      ...(isSettled ? signerFaults(node, { constants, wallMs }) : []),
      ...priceFaults({ constants, startedAtMs, lastAtMs: node.lastPriceAtMs(), now: { monoMs, wallMs } }),
      ...[node.clockFault() ?? []].flat(),
      ...tableFaults(node, { wallMs }),
    ]
  }
}

function peerFaults({ topics: { prices } }: ReadyNode, { minimumSigners }: NetworkConstants): readonly string[] {
  const peers = prices.peers()
  const wanted = minimumSigners - 1
  if (peers < wanted)
    return [`connected to ${counted(peers, 'node')} of the network: a quorum takes ${counted(wanted, 'other')}`]
  return peers > 0 && prices.meshPeers() === 0 ? ['no messages are exchanged with any peer yet: the mesh is empty'] : []
}

function signerFaults(
  { directory, signer }: ReadyNode,
  { constants, wallMs }: { readonly constants: NetworkConstants; readonly wallMs: number },
): readonly string[] {
  const { signers, minimumSigners, intervalMs } = constants
  const others = directory.nodes().filter((each) => each.listed && each.signer !== signer.address).length
  const reachable = others + (signers.allows(signer.address, roundAt(wallMs, intervalMs)) ? 1 : 0)
  if (reachable >= minimumSigners) return []
  return [`a quorum takes ${counted(minimumSigners, 'signer')}, and with this node there are ${reachable}`]
}

function priceFaults({
  constants,
  startedAtMs,
  lastAtMs,
  now,
}: {
  readonly constants: NetworkConstants
  readonly startedAtMs: number
  readonly lastAtMs: number | undefined
  readonly now: Instant
}): readonly string[] {
  const patienceMs = 2 * constants.intervalMs + PRICE_PATIENCE_MS
  const sinceMs = now.monoMs - (lastAtMs ?? startedAtMs)
  if (sinceMs <= (lastAtMs === undefined ? Math.max(patienceMs, GRACE_MS) : patienceMs)) return []
  // A time, and not how long ago it was: the same reason stays the same sentence, and is told once.
  return [`no price has come from ${constants.source} since ${utcText(now.wallMs - sinceMs)}`]
}

function tableFaults(node: ReadyNode, { wallMs }: Pick<Instant, 'wallMs'>): readonly string[] {
  const fault = node.tableFault()
  const oldestMs = node.owed.oldestMs() ?? 0
  return [
    ...(fault === undefined ? [] : [`the table cannot be written: ${fault}`]),
    ...(oldestMs > OLD_ROW_MS ? [`a row has waited for the table since ${utcText(wallMs - oldestMs)}`] : []),
  ]
}
