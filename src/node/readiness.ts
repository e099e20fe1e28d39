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

/** Why a node cannot do its work now. */
export interface ReadinessFault {
  readonly code: 'peers' | 'mesh' | 'signers' | 'price' | 'clock' | 'table' | 'waiting-row'
  /** What makes it another one when it changes. What is measured changes all the time, and is in the sentence alone. */
  readonly about?: string | number
  /** For people: as it is at this moment. */
  readonly sentence: string
}

/** Whether these are the same faults as those, whatever is measured of them by now. */
export function areSame(these: readonly ReadinessFault[], those: readonly ReadinessFault[]): boolean {
  return (
    these.length === those.length &&
    these.every(({ code, about }, place) => code === those[place]?.code && about === those[place].about)
  )
}

/** What of a node decides whether it is ready. */
export interface ReadyNode extends Pick<AssembledNode, 'owed' | 'tableFault' | 'clockFault' | 'lastPriceAtMs'> {
  readonly topics: { readonly prices: Pick<Topic, 'peers' | 'meshPeers'> }
  readonly directory: Pick<NodeDirectory, 'nodes'>
  readonly signer: Pick<Signer, 'address'>
}

/**
 * Why a gossip node cannot do its work now; nothing when it can, for there are others to sign with, by whose clocks its
 * own is right, there are prices, and the table takes rows.
 */
export function gossipReadiness(
  { node, clock }: { readonly node: ReadyNode; readonly clock: Clock },
  constants: NetworkConstants,
): () => readonly ReadinessFault[] {
  const startedAtMs = clock.now().monoMs
  return () => {
    const { monoMs, wallMs } = clock.now()
    const isSettled = monoMs - startedAtMs > GRACE_MS
    return [
      ...peerFaults(node, constants),
      ...(isSettled ? signerFaults(node, { constants, wallMs }) : []),
      ...priceFaults({ constants, startedAtMs, lastAtMs: node.lastPriceAtMs(), now: { monoMs, wallMs } }),
      ...clockFaults(node),
      ...tableFaults(node, { wallMs }),
    ]
  }
}

function peerFaults(
  { topics: { prices } }: ReadyNode,
  { minimumSigners }: NetworkConstants,
): readonly ReadinessFault[] {
  const peers = prices.peers()
  const wanted = minimumSigners - 1
  if (peers < wanted) {
    const sentence = `connected to ${counted(peers, 'node')} of the network: a quorum takes ${counted(wanted, 'other')}`
    return [{ code: 'peers', about: peers, sentence }]
  }
  if (peers === 0 || prices.meshPeers() > 0) return []
  return [{ code: 'mesh', sentence: 'no messages are exchanged with any peer yet: the mesh is empty' }]
}

function signerFaults(
  { directory, signer }: ReadyNode,
  { constants, wallMs }: { readonly constants: NetworkConstants; readonly wallMs: number },
): readonly ReadinessFault[] {
  const { signers, minimumSigners, intervalMs } = constants
  const others = directory.nodes().filter((each) => each.listed && each.signer !== signer.address).length
  const reachable = others + (signers.allows(signer.address, roundAt(wallMs, intervalMs)) ? 1 : 0)
  if (reachable >= minimumSigners) return []
  const sentence = `a quorum takes ${counted(minimumSigners, 'signer')}, and with this node there ${reachable === 1 ? 'is' : 'are'} ${reachable}`
  return [{ code: 'signers', about: reachable, sentence }]
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
}): readonly ReadinessFault[] {
  const patienceMs = 2 * constants.intervalMs + PRICE_PATIENCE_MS
  const sinceMs = now.monoMs - (lastAtMs ?? startedAtMs)
  if (sinceMs <= (lastAtMs === undefined ? Math.max(patienceMs, GRACE_MS) : patienceMs)) return []
  const sentence = `no price has come from ${constants.source} since ${utcText(now.wallMs - sinceMs)}`
  return [{ code: 'price', sentence }]
}

function clockFaults(node: ReadyNode): readonly ReadinessFault[] {
  const sentence = node.clockFault()
  return sentence === undefined ? [] : [{ code: 'clock', sentence }]
}

function tableFaults(node: ReadyNode, { wallMs }: Pick<Instant, 'wallMs'>): readonly ReadinessFault[] {
  const fault = node.tableFault()
  const oldestMs = node.owed.oldestMs() ?? 0
  const found: ReadinessFault[] = []
  if (fault !== undefined)
    found.push({ code: 'table', about: fault, sentence: `the table cannot be written: ${fault}` })
  if (oldestMs > OLD_ROW_MS) {
    const sentence = `a row has waited for the table since ${utcText(wallMs - oldestMs)}`
    found.push({ code: 'waiting-row', sentence })
  }
  return found
}
