import { el, setAttributes, setText } from './element.ts'
import type { Link } from './api-shapes.ts'
import { shortHex } from './format.ts'
import { type CellContext, because, bootstrapCells, cellsOf } from './node-words.ts'
import type { HeldNode, SeenBootstrap } from './page-state.ts'

interface TableListeners {
  /** This node's line has the pointer or the focus; undefined when it has lost both. */
  readonly onPoint: (peerId: string | undefined) => void
  /** @param key - a signer, or the peer id of a bootstrap node */
  readonly onOpen: (key: string) => void
}

/** What a line of the table shows. */
interface Entry {
  readonly key: string
  readonly peerId: string
  /** The first is the name. */
  readonly cells: readonly string[]
  readonly role: string
  /** What the button is called that opens it. */
  readonly label: string
  readonly state: string
  readonly title: string | undefined
}

/** A node as a line of the table. */
export function nodeEntry(held: HeldNode, context: CellContext): Entry {
  const { node } = held
  return {
    key: node.signer,
    peerId: node.peerId,
    cells: cellsOf(held, context),
    role: node.signer === context.self ? 'this node' : node.listed ? '' : 'observer',
    label: `${shortHex(node.signer)}, ${node.state}${because(node)}. Open what it says of itself`,
    state: node.state,
    title: node.behindBecause ?? undefined,
  }
}

export function bootstrapEntry(seen: SeenBootstrap, links: readonly Link[]): Entry {
  const { peerId } = seen.peer
  const cells = bootstrapCells(seen, links)
  const [name = '', state = ''] = cells
  return {
    key: peerId,
    peerId,
    cells,
    role: 'bootstrap node',
    label: `Bootstrap node ${name}, ${state}. Open what is known of it`,
    // It may go: nobody need worry.
    state: 'bootstrap',
    title: undefined,
  }
}

/** The nodes of the network, a line each. Lines take on what they show: the focus stays where it is. */
export class NodeTable {
  readonly #body: HTMLElement
  readonly #listeners: TableListeners
  readonly #lines: NodeLine[] = []

  constructor({ body }: { readonly body: HTMLElement }, listeners: TableListeners) {
    this.#body = body
    this.#listeners = listeners
    body.addEventListener('pointerleave', () => listeners.onPoint(undefined))
    body.addEventListener('focusout', () => listeners.onPoint(undefined))
  }

  render(entries: readonly Entry[]): void {
    while (this.#lines.length > entries.length) this.#lines.pop()?.element.remove()
    entries.forEach((entry, at) => {
      let line = this.#lines[at]
      if (line === undefined) {
        line = new NodeLine(this.#listeners)
        this.#lines.push(line)
        this.#body.append(line.element)
      }
      line.render(entry)
    })
  }
}

const ROOMY = 'roomy number'
const CLASSES = [undefined, undefined, 'number', 'peers-of number', 'number', ROOMY, ROOMY, ROOMY]

class NodeLine {
  readonly #open = el('button', { type: 'button', class: 'node-open hex' })
  readonly #role = el('span', { class: 'node-role' })
  readonly #cells = CLASSES.map((name) => el('td', { class: name }))
  readonly element = el('tr', {}, el('th', { scope: 'row' }, this.#open, this.#role), ...this.#cells)
  #peerId = ''
  #key = ''

  constructor({ onPoint, onOpen }: TableListeners) {
    this.element.addEventListener('pointerenter', () => onPoint(this.#peerId))
    this.#open.addEventListener('focus', () => onPoint(this.#peerId))
    this.element.addEventListener('click', () => {
      if (getSelection()?.isCollapsed !== false) onOpen(this.#key)
    })
  }

  render({ key, peerId, cells: [name = '', ...cells], role, label, state, title }: Entry): void {
    this.#peerId = peerId
    this.#key = key
    setText(this.#open, name)
    setAttributes(this.#open, { 'aria-label': label })
    setText(this.#role, role)
    cells.forEach((text, at) => {
      const cell = this.#cells[at]
      if (cell !== undefined) setText(cell, text)
    })
    setAttributes(this.element, { 'data-state': state, title })
  }
}
