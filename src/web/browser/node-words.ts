import type { Link, SeenNode } from './api-shapes.ts'
import { ago, clockError, clockErrorInBrief, counted, duration, shortHex, shortPeerId, timeOfDay } from './format.ts'
import type { Bootstraps } from './network-layout.ts'
import type { HeldNode, SeenBootstrap } from './page-state.ts'

/** The peers that a peer is connected to, as it or they tell, in no order. */
export function connectedTo(peerId: string, links: readonly Link[]): readonly string[] {
  const ends = links.flatMap(({ from, to }) => (from === peerId ? [to] : to === peerId ? [from] : []))
  return [...new Set(ends)].filter((other) => other !== peerId)
}

/** Those of whom something is known. */
export interface KnownPeers {
  readonly nodes: readonly SeenNode[]
  readonly bootstraps: Bootstraps
}

/** What a peer is called here: by its signer where that is known. */
export function nameOf(peerId: string, { nodes, bootstraps }: KnownPeers): string {
  const node = nodes.find((known) => known.peerId === peerId)
  if (node !== undefined) return shortHex(node.signer)
  return `${bootstraps.has(peerId) ? 'bootstrap node' : 'peer'} ${shortPeerId(peerId)}`
}

/** How many messages a node has received; undefined when its status does not say. */
export function receivedOf({ received }: SeenNode): number | undefined {
  return received?.reduce((sum, { statements, signatures }) => sum + statements + signatures, 0)
}

const NAMED = 4

/** A peer in one sentence, for who points at it. */
export function peerInWords(
  peerId: string,
  { links, ...known }: KnownPeers & { readonly links: readonly Link[] },
): string {
  const node = known.nodes.find((seen) => seen.peerId === peerId)
  const others = connectedTo(peerId, links).map((other) => nameOf(other, known))
  const named = others.slice(0, NAMED).join(', ')
  const more = others.length > NAMED ? ` and ${others.length - NAMED} more` : ''
  const links_ = others.length === 0 ? 'no connection known' : `connected to ${named}${more}`
  if (node === undefined && known.bootstraps.has(peerId))
    return `${shortPeerId(peerId)} is a bootstrap node, through which others find each other; ${links_}.`
  if (node === undefined) return `${nameOf(peerId, known)} sends no status; ${links_}.`
  const received = receivedOf(node)
  const heard = received === undefined ? '' : `; ${counted(received, 'message')} received`
  return `${shortHex(node.signer)} is ${node.state}${because(node)}; ${links_}${heard}.`
}

/** Why it is behind, in brackets; empty unless it is and that is known. */
export function because({ behindBecause }: SeenNode): string {
  return behindBecause === undefined || behindBecause === null ? '' : ` (${behindBecause.replace(/\.$/, '')})`
}

export interface CellContext {
  readonly self: string | null
  /** On the page's own clock, as what is held. */
  readonly nowMs: number
  /** Of day. */
  readonly wallMs: number
}

/** A node's line in the table; what its status does not say is a dash. */
export function cellsOf({ node, heldAtMs }: HeldNode, { self, nowMs, wallMs }: CellContext): readonly string[] {
  return [
    shortHex(node.signer),
    node.state,
    node.signer === self ? 'itself' : ago(node.heardAgoMs + nowMs - heldAtMs),
    node.clockOffsetMs === null ? '–' : clockErrorInBrief(node.clockOffsetMs),
    node.peers === null ? '–' : String(node.peers.length),
    node.outbox === null ? '–' : String(node.outbox),
    receivedOf(node)?.toLocaleString('en-US') ?? '–',
    node.lastCommittedTime === null ? '–' : timeOfDay(Date.parse(node.lastCommittedTime), wallMs),
    node.uptimeMs === null ? '–' : duration(node.uptimeMs + (nowMs - heldAtMs)),
  ]
}

/** A bootstrap node's line in the same table: it says nothing of itself. */
export function bootstrapCells({ peer, isConnected }: SeenBootstrap, links: readonly Link[]): readonly string[] {
  const peers = String(connectedTo(peer.peerId, links).length)
  return [shortPeerId(peer.peerId), isConnected ? 'connected' : 'gone', '–', '–', peers, '–', '–', '–', '–']
}

function mapped<T>(value: T | null, words: (value: T) => string): string {
  return value === null ? 'its status does not say' : words(value)
}

/** All that a node's status says of it, by name. */
export function factsOf(
  { node, heldAtMs }: HeldNode,
  { self, nowMs, wallMs, ...known }: CellContext & KnownPeers,
): readonly (readonly [string, string])[] {
  return [
    ['State', `${node.state}${because(node)}${node.signer === self ? ', this node' : ''}`],
    ['Signer', `${node.signer}${node.listed ? '' : ' (an observer: not in the signer set)'}`],
    ['Peer id', node.peerId],
    ['Software', node.agent],
    ['Last heard', node.signer === self ? 'itself' : ago(node.heardAgoMs + nowMs - heldAtMs)],
    ['Up for', mapped(node.uptimeMs, duration)],
    ['Clock', mapped(node.clockOffsetMs, (ms) => `${clockError(ms)}, by those of the others`)],
    ['Owes its table', mapped(node.outbox, (rows) => counted(rows, 'row'))],
    ['Newest row', mapped(node.lastCommittedTime, (time) => `observed ${timeOfDay(Date.parse(time), wallMs)}`)],
    ['History', mapped(node.historyRoot, (root) => root)],
    ['Connected to', mapped(node.peers, (peers) => peers.map((peer) => nameOf(peer, known)).join(', ') || 'nobody')],
  ]
}

/** What is known of a bootstrap node, by name. */
export function bootstrapFactsOf(
  { peer, isConnected }: SeenBootstrap,
  { links, wallMs, ...known }: KnownPeers & { readonly links: readonly Link[]; readonly wallMs: number },
): readonly (readonly [string, string])[] {
  const since = timeOfDay(Date.parse(peer.connectedSince), wallMs)
  const others = connectedTo(peer.peerId, links).map((other) => nameOf(other, known))
  return [
    ['State', isConnected ? `connected since ${since}` : 'gone: not connected any more'],
    ['Peer id', peer.peerId],
    ['Software', peer.agent ?? 'not said'],
    ['Addresses', peer.addresses.join(', ') || 'not known'],
    ['Connected to', others.join(', ') || 'nobody'],
  ]
}
