import type { SeenNode } from './api-shapes.ts'
import { byId, el, setAttributes, setText, svg } from './element.ts'
import { ago, duration, offset, shortHex, shortPeerId, timeOfDay } from './format.ts'
import { type NetworkLayout, type PlacedNode, networkLayout, networkSummary } from './network-layout.ts'
import type { HeldNode, PageState } from './page-state.ts'

const WIDTH = 480
const SIZE = 370
const RADIUS = 128
const LABELLED = 24
const DENSE = 30

/** The network as a ring of nodes and, for who does not see it, as a table. */
export class NetworkView {
  readonly #picture = byId('picture', HTMLElement)
  readonly #summary = byId('network-summary', HTMLElement)
  readonly #rows = byId('nodes', HTMLElement)
  #key = ''

  render(state: PageState, { nowMs, wallMs }: { readonly nowMs: number; readonly wallMs: number }): void {
    if (state.network === null) return
    const held = [...state.nodes.values()].toSorted((a, b) => (a.node.signer < b.node.signer ? -1 : 1))
    const nodes = held.map(({ node }) => node)
    const summary = networkSummary(nodes)
    setText(this.#summary, summary)
    this.#renderTable(held, { self: state.network.self, nowMs, wallMs })
    const drawn = { nodes, links: state.network.links, selfPeerId: state.selfPeerId }
    const key = JSON.stringify([
      nodes.map(({ peerId, signer, state: how, listed }) => [peerId, signer, how, listed]),
      drawn.links,
      drawn.selfPeerId,
    ])
    if (key === this.#key) return
    this.#key = key
    this.#picture.replaceChildren(picture(networkLayout(drawn, { size: SIZE, radius: RADIUS }), summary))
  }

  #renderTable(held: readonly HeldNode[], context: RowContext): void {
    const rows = [...this.#rows.children]
    held.forEach((entry, at) => {
      const cells = cellsOf(entry, context)
      const row = rows[at] ?? this.#rows.appendChild(emptyRow(cells.length))
      cells.forEach((text, column) => {
        const cell = row.children[column]
        if (cell !== undefined) setText(cell, text)
      })
      setAttributes(row, { 'data-state': entry.node.state })
    })
    for (const row of rows.slice(held.length)) row.remove()
  }
}

interface RowContext {
  readonly self: string | null
  readonly nowMs: number
  readonly wallMs: number
}

const CLASSES = ['hex', '', '', '', 'number', 'number', 'number', '', 'number', 'agent']

function emptyRow(columns: number): HTMLElement {
  return el(
    'tr',
    {},
    ...Array.from({ length: columns }, (_, at) =>
      at === 0 ? el('th', { scope: 'row', class: 'hex' }) : el('td', { class: CLASSES[at] || undefined }),
    ),
  )
}

function cellsOf({ node, heldAtMs }: HeldNode, { self, nowMs, wallMs }: RowContext): readonly string[] {
  const received = node.received?.reduce((sum, { statements, signatures }) => sum + statements + signatures, 0)
  return [
    `${shortHex(node.signer)}${node.signer === self ? ' (this node)' : ''}${node.listed ? '' : ' (observer)'}`,
    node.state,
    ago(node.heardAgoMs + nowMs - heldAtMs),
    node.uptimeMs === null ? '–' : duration(node.uptimeMs),
    node.peers === null ? '–' : String(node.peers.length),
    node.clockOffsetMs === null ? '–' : offset(node.clockOffsetMs),
    node.outbox === null ? '–' : String(node.outbox),
    node.lastCommittedTime === null ? '–' : timeOfDay(Date.parse(node.lastCommittedTime), wallMs),
    received === undefined ? '–' : String(received),
    node.agent,
  ]
}

function picture({ nodes, links }: NetworkLayout, summary: string): SVGElement {
  const margin = (WIDTH - SIZE) / 2
  const root = svg('svg', {
    viewBox: `${-margin} 0 ${WIDTH} ${SIZE}`,
    role: 'img',
    class: links.length > DENSE ? 'dense' : undefined,
    'aria-label': `Picture of the network. ${summary}`,
  })
  for (const { from, to } of links) {
    const isDead = from.node?.state === 'gone' || to.node?.state === 'gone'
    // A curve bent towards the middle keeps neighbours' links apart from the ring.
    const [bendX, bendY] = [(from.x + to.x) / 2, (from.y + to.y) / 2].map((half) => half + (SIZE / 2 - half) * 0.35)
    root.append(
      svg('path', {
        class: isDead ? 'link dead' : 'link',
        d: `M${from.x} ${from.y}Q${bendX} ${bendY} ${to.x} ${to.y}`,
      }),
    )
  }
  const isLabelled = nodes.length <= LABELLED
  for (const node of nodes) root.append(drawnNode(node, { isLabelled }))
  return root
}

function drawnNode(placed: PlacedNode, { isLabelled }: { readonly isLabelled: boolean }): SVGElement {
  const { node, x, y, isSelf } = placed
  const group = svg('g', { class: `node ${node?.state ?? 'silent'}` }, svg('title', {}, titleOf(placed)))
  if (isSelf) group.append(svg('circle', { class: 'halo', cx: x, cy: y, r: 12.5 }))
  group.append(svg('circle', { class: 'body', cx: x, cy: y, r: node === undefined ? 4.5 : 8 }))
  if (node?.state === 'behind') group.append(svg('path', { class: 'half', d: `M${x} ${y - 8}a8 8 0 0 1 0 16z` }))
  if (node?.state === 'gone') group.append(svg('path', { class: 'gone-cross', d: `M${x - 4} ${y - 4}l8 8m0 -8l-8 8` }))
  if (isLabelled || isSelf || (node !== undefined && node.state !== 'here')) group.append(label(placed))
  return group
}

function label({ node, key, isSelf, labelX, labelY, anchor }: PlacedNode): SVGElement {
  const name = node === undefined ? shortPeerId(key) : shortHex(node.signer)
  const state = node === undefined ? 'no status' : node.state === 'here' ? undefined : node.state
  const role = isSelf ? 'this node' : node?.listed === false ? 'observer' : undefined
  const second = [role, state].filter((word) => word !== undefined).join(', ')
  return svg(
    'text',
    { x: labelX, y: labelY + (second === '' ? 4 : -2), 'text-anchor': anchor },
    svg('tspan', { class: 'hex' }, name),
    ...(second === '' ? [] : [svg('tspan', { class: 'second', x: labelX, dy: 15 }, second)]),
  )
}

function titleOf({ node, key }: PlacedNode): string {
  if (node === undefined) return `Peer ${key}: sends no status`
  return `${node.signer}, ${describe(node)}`
}

function describe(node: SeenNode): string {
  return [node.state, ...(node.peers === null ? [] : [`${node.peers.length} peers`]), node.agent].join(', ')
}
