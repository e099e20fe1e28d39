import { svg } from './element.ts'
import { shortHex, shortPeerId } from './format.ts'
import { type NetworkLayout, type PlacedNode } from './network-layout.ts'

const WIDTH = 480
export const SIZE = 370
export const RADIUS = 128
/** More labels than that would run into each other. */
const LABELLED = 16
const DENSE = 30
const SIZE_OF_TEXT = 15
/** Radius of a node; smaller where they are many, so that they do not touch. */
const LARGEST = 9
const CLEARANCE = 0.34

interface PictureListeners {
  /** The pointer is over this peer's node; undefined when it has left. */
  readonly onPoint: (peerId: string | undefined) => void
  /** @param key - of its place */
  readonly onOpen: (key: string) => void
}

/** The network as a ring of nodes. Whoever does not see it, or uses no pointer, has the table below it. */
export class NetworkPicture {
  readonly #parent: HTMLElement
  #root: SVGElement | undefined
  #layout: NetworkLayout = { nodes: [], links: [] }

  constructor({ parent }: { readonly parent: HTMLElement }, { onPoint, onOpen }: PictureListeners) {
    this.#parent = parent
    parent.addEventListener('pointerover', ({ target }) => onPoint(peerOf(target)))
    parent.addEventListener('pointerleave', () => onPoint(undefined))
    parent.addEventListener('click', ({ target }) => {
      const peerId = peerOf(target)
      if (peerId !== undefined) onOpen(peerId)
    })
  }

  /** @param summary - the same in words */
  draw(layout: NetworkLayout, summary: string): void {
    this.#layout = layout
    this.#root = picture(layout, summary)
    this.#parent.replaceChildren(this.#root)
  }

  /** Sets a node and its connections apart from the others; none when undefined. */
  pointAt(peerId: string | undefined): void {
    const near = new Set(
      this.#layout.links
        .filter(({ from, to }) => from.key === peerId || to.key === peerId)
        .flatMap(({ key, from, to }) => [key, from.key, to.key]),
    )
    this.#root?.classList.toggle('pointed', near.size > 0)
    for (const part of this.#root?.querySelectorAll<SVGElement>('[data-key]') ?? [])
      part.classList.toggle('near', near.has(part.dataset['key'] ?? ''))
  }

  /** Shows that a node was heard just now. */
  pulse(peerId: string): void {
    const halo = this.#root?.querySelector(`.node[data-key="${CSS.escape(peerId)}"] .pulse`)
    // An animation begins anew with an element that is put in anew.
    halo?.replaceWith(halo.cloneNode())
    this.#root?.querySelector(`.node[data-key="${CSS.escape(peerId)}"] .pulse`)?.classList.add('beating')
  }
}

function peerOf(target: EventTarget | null): string | undefined {
  const node = target instanceof Element ? target.closest<SVGElement>('.node') : null
  return node?.dataset['key']
}

function picture({ nodes, links }: NetworkLayout, summary: string): SVGElement {
  const margin = (WIDTH - SIZE) / 2
  const root = svg('svg', {
    viewBox: `${-margin} ${Math.round(middleOf(nodes) - SIZE / 2)} ${WIDTH} ${SIZE}`,
    role: 'img',
    class: links.length > DENSE ? 'dense' : undefined,
    'aria-label': `Picture of the network. ${summary}`,
  })
  for (const { key, from, to } of links) {
    const isDead = from.node?.state === 'gone' || to.node?.state === 'gone'
    // A curve bent towards the middle keeps neighbours' links apart from the ring.
    const [bendX, bendY] = [(from.x + to.x) / 2, (from.y + to.y) / 2].map((half) => half + (SIZE / 2 - half) * 0.35)
    root.append(
      svg('path', {
        class: isDead ? 'link dead' : 'link',
        'data-key': key,
        d: `M${from.x} ${from.y}Q${bendX} ${bendY} ${to.x} ${to.y}`,
      }),
    )
  }
  const isLabelled = nodes.length <= LABELLED
  const size = Math.min(LARGEST, (CLEARANCE * 2 * Math.PI * RADIUS) / nodes.length)
  for (const node of nodes) root.append(drawnNode(node, { isLabelled, size }))
  return root
}

/** Half way from the highest node to the lowest: a ring of an odd number has less below its middle than above. */
function middleOf(nodes: NetworkLayout['nodes']): number {
  const heights = nodes.map(({ y }) => y)
  return nodes.length === 0 ? SIZE / 2 : (Math.min(...heights) + Math.max(...heights)) / 2
}

interface NodeLook {
  readonly isLabelled: boolean
  readonly size: number
}

function drawnNode(placed: PlacedNode, { isLabelled, size }: NodeLook): SVGElement {
  const { key, node, bootstrap, x, y, isSelf } = placed
  const kind = node?.state ?? (bootstrap === undefined ? 'silent' : `bootstrap ${bootstrap}`)
  const group = svg('g', { class: `node ${kind}${isSelf ? ' self' : ''}`, 'data-key': key })
  group.append(svg('circle', { class: 'reach', cx: x, cy: y, r: 2 * size }))
  group.append(svg('circle', { class: 'pulse', cx: x, cy: y, r: size }))
  if (isSelf) group.append(svg('circle', { class: 'halo', cx: x, cy: y, r: size + 4.5 }))
  if (bootstrap === undefined)
    group.append(svg('circle', { class: 'body', cx: x, cy: y, r: node === undefined ? 0.55 * size : size }))
  else
    group.append(
      svg('path', { class: 'body', d: `M${x} ${y - size}l${size} ${size}l${-size} ${size}l${-size} ${-size}z` }),
    )
  if (node?.state === 'behind')
    group.append(svg('path', { class: 'half', d: `M${x} ${y - size}a${size} ${size} 0 0 1 0 ${2 * size}z` }))
  if (node?.state === 'gone') {
    const arm = 0.45 * size
    const d = `M${x - arm} ${y - arm}l${2 * arm} ${2 * arm}m0 ${-2 * arm}l${-2 * arm} ${2 * arm}`
    group.append(svg('path', { class: 'gone-cross', d }))
  }
  if (isLabelled || isSelf || isRemarkable(placed)) group.append(label(placed))
  return group
}

function isRemarkable({ node, bootstrap }: PlacedNode): boolean {
  return bootstrap !== undefined || (node !== undefined && node.state !== 'here')
}

function label(placed: PlacedNode): SVGElement {
  const { node, key, y, labelX, labelY, anchor } = placed
  const name = node === undefined ? shortPeerId(key) : shortHex(node.signer)
  const second = wordsBelow(placed)
  // Above the middle a second line would run into its own node, and below it the first.
  const isBelow = labelY - y > SIZE_OF_TEXT
  const lift = isBelow ? 4 : (anchor === 'middle' ? 0 : Math.min(0, (y - SIZE / 2) / RADIUS) * 12) - 2
  return svg(
    'text',
    { x: labelX, y: labelY + (second === '' ? 4 : lift), 'text-anchor': anchor },
    svg('tspan', { class: 'hex' }, name),
    ...(second === '' ? [] : [svg('tspan', { class: 'second', x: labelX, dy: 15 }, second)]),
  )
}

/** What stands below a node's name: what sets it apart from the others. */
function wordsBelow({ node, bootstrap, isSelf }: PlacedNode): string {
  const own = isSelf ? ['this node'] : []
  if (bootstrap !== undefined) return [...own, 'bootstrap', ...(bootstrap === 'gone' ? ['gone'] : [])].join(', ')
  if (node === undefined) return isSelf ? 'this node' : 'no status'
  const role = isSelf || node.listed ? own : ['observer']
  return [...role, ...(node.state === 'here' ? [] : [node.state])].join(', ')
}
