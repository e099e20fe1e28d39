import type { Link, SeenNode } from './api-shapes.ts'

export type BootstrapState = 'connected' | 'gone'

/** By peer id. */
export type Bootstraps = ReadonlyMap<string, BootstrapState>

/** A node's place in the picture, in units of its view box. */
export interface PlacedNode {
  /** Its peer id; of a peer that several signers name, the first of them only. */
  readonly key: string
  /** Undefined for a peer that sends no status. */
  readonly node: SeenNode | undefined
  /** What is known of it as a bootstrap node; undefined for any other. */
  readonly bootstrap: BootstrapState | undefined
  readonly isSelf: boolean
  readonly x: number
  readonly y: number
  /** Where its label begins, and on which side of it the text runs. */
  readonly labelX: number
  readonly labelY: number
  readonly anchor: 'start' | 'middle' | 'end'
}

export interface PlacedLink {
  readonly key: string
  readonly from: PlacedNode
  readonly to: PlacedNode
}

export interface NetworkLayout {
  readonly nodes: readonly PlacedNode[]
  readonly links: readonly PlacedLink[]
}

interface Drawn {
  readonly nodes: readonly SeenNode[]
  readonly links: readonly Link[]
  readonly bootstraps: Bootstraps
  readonly selfPeerId: string | null
  /** Its signer; null on a node that has none. */
  readonly self: string | null
}

/** Silent peers are those whom most tell of, and no more: a node may say that it knows any. */
const SILENT_LIMIT = 8
/** Between the middle of a node and its label. */
const LABEL_GAP = 20
/** The same, to the side of it: what is closer touches the node. */
const LEAST_BESIDE = 14
/** Where the ring runs this steeply away from the vertical, a label has room above or below its node, not beside it. */
const STEEP = 0.85

/**
 * A ring of nodes in order of their signers, with this node on top: the same network always gives the same picture, so
 * that what moves in it means something. A link that both ends tell of is one.
 *
 * @param size - side of the square, and the radius of the ring
 */
export function networkLayout(
  { nodes, links, bootstraps, selfPeerId, self }: Drawn,
  { size, radius }: { readonly size: number; readonly radius: number },
): NetworkLayout {
  const bySigner = nodes.toSorted((a, b) => (a.signer < b.signer ? -1 : 1))
  // Any signer may name the peer of another, which is drawn all the same: this node itself comes first.
  const claims = bySigner.toSorted((a, b) => Number(b.signer === self) - Number(a.signer === self))
  const known = new Map(claims.toReversed().map((node) => [node.peerId, node]))
  const keyOf = (node: SeenNode): string =>
    known.get(node.peerId) === node ? node.peerId : `${node.peerId} ${node.signer}`
  const drawn = [
    ...bySigner.map((node) => ({ key: keyOf(node), node })),
    ...silentPeers({ links, bootstraps, selfPeerId }, known).map((key) => ({ key, node: undefined })),
  ]
  const top = Math.max(0, selfPeerId === null ? 0 : drawn.findIndex(({ key }) => key === selfPeerId))
  const placed = drawn.map(({ key, node }, at): PlacedNode => {
    const angle = (2 * Math.PI * (at - top)) / drawn.length - Math.PI / 2
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)]
    const [x, y] = [size / 2 + radius * cos, size / 2 + radius * sin]
    const { labelX, labelY, anchor } = labelPlace({ x, y, cos, sin })
    return {
      key,
      node,
      bootstrap: node === undefined ? bootstraps.get(key) : undefined,
      isSelf: key === selfPeerId,
      x,
      y,
      labelX,
      labelY,
      anchor,
    }
  })
  return { nodes: placed, links: placedLinks(links, new Map(placed.map((node) => [node.key, node]))) }
}

/** Peers that others tell of and that send no status, by their ids; this one and bootstrap nodes too. */
function silentPeers(
  { links, bootstraps, selfPeerId }: Pick<Drawn, 'links' | 'bootstraps' | 'selfPeerId'>,
  known: ReadonlyMap<string, SeenNode>,
): readonly string[] {
  const tellers = new Map<string, number>()
  for (const peerId of links.flatMap(({ from, to }) => [from, to])) {
    if (!known.has(peerId) && !bootstraps.has(peerId) && peerId !== selfPeerId)
      tellers.set(peerId, (tellers.get(peerId) ?? 0) + 1)
  }
  const own = new Set(links.flatMap(({ from, to }) => (from === selfPeerId ? [to] : [])))
  const rank = ([peerId, count]: readonly [string, number]): number => count + (own.has(peerId) ? tellers.size : 0)
  const told = [...tellers].toSorted((a, b) => rank(b) - rank(a) || (a[0] < b[0] ? -1 : 1)).slice(0, SILENT_LIMIT)
  const isSilent = selfPeerId !== null && !known.has(selfPeerId)
  const seen = [...bootstraps.keys()].filter((peerId) => !known.has(peerId) && peerId !== selfPeerId)
  return [...told.map(([peerId]) => peerId), ...seen, ...(isSilent ? [selfPeerId] : [])].toSorted()
}

function labelPlace({
  x,
  y,
  cos,
  sin,
}: {
  readonly x: number
  readonly y: number
  readonly cos: number
  readonly sin: number
}): Pick<PlacedNode, 'labelX' | 'labelY' | 'anchor'> {
  if (Math.abs(cos) < 0.12) return { labelX: x, labelY: y + (sin < 0 ? -32 : 29), anchor: 'middle' }
  const anchor = cos > 0 ? 'start' : 'end'
  if (Math.abs(sin) < STEEP) {
    const beside = Math.max(LEAST_BESIDE, LABEL_GAP * Math.abs(cos))
    return { labelX: x + beside * Math.sign(cos), labelY: y + LABEL_GAP * sin, anchor }
  }
  return { labelX: x - 6 * Math.sign(cos), labelY: y + (sin < 0 ? -18 : 23), anchor }
}

function placedLinks(links: readonly Link[], places: ReadonlyMap<string, PlacedNode>): readonly PlacedLink[] {
  const found = new Map<string, PlacedLink>()
  for (const { from, to } of links) {
    const [a = from, b = to] = [from, to].toSorted()
    const [start, end] = [places.get(a), places.get(b)]
    if (a === b || start === undefined || end === undefined) continue
    found.set(`${a} ${b}`, { key: `${a} ${b}`, from: start, to: end })
  }
  return [...found.values()]
}

/** How many nodes there should be: all signers of the set, where there is one, and who else was seen. */
export function expectedNodes(nodes: readonly SeenNode[], signerCount: number): number {
  const observers = nodes.filter(({ listed }) => !listed).length
  return Math.max(nodes.length, signerCount === 0 ? 0 : signerCount + observers)
}

/** The network in one sentence. @param signerCount - entries of the signer set; 0 when there is none */
export function networkSummary(nodes: readonly SeenNode[], signerCount: number): string {
  if (nodes.length === 0) return 'No node has been heard yet.'
  const count = (state: SeenNode['state']): number => nodes.filter((node) => node.state === state).length
  const unheard = expectedNodes(nodes, signerCount) - nodes.length
  const parts = [
    `${count('here')} of ${nodes.length + unheard} nodes here`,
    ...(unheard > 0 ? [`${unheard} not heard yet`] : []),
    ...(count('behind') > 0 ? [`${count('behind')} behind`] : []),
    ...(count('gone') > 0 ? [`${count('gone')} gone`] : []),
  ]
  return `${parts.join(', ')}.`
}
