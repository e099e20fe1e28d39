import { el, setAttributes, setText } from './element.ts'
import { shortHex } from './format.ts'
import { type CellContext, because, cellsOf } from './node-words.ts'
import type { HeldNode } from './page-state.ts'

interface TableListeners {
  /** This node's line has the pointer or the focus; undefined when it has lost both. */
  readonly onPoint: (peerId: string | undefined) => void
  readonly onOpen: (signer: string) => void
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

  render(held: readonly HeldNode[], context: CellContext): void {
    while (this.#lines.length > held.length) this.#lines.pop()?.element.remove()
    held.forEach((entry, at) => {
      let line = this.#lines[at]
      if (line === undefined) {
        line = new NodeLine(this.#listeners)
        this.#lines.push(line)
        this.#body.append(line.element)
      }
      line.render(entry, context)
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
  #signer = ''

  constructor({ onPoint, onOpen }: TableListeners) {
    this.element.addEventListener('pointerenter', () => onPoint(this.#peerId))
    this.#open.addEventListener('focus', () => onPoint(this.#peerId))
    this.element.addEventListener('click', () => {
      if (getSelection()?.isCollapsed !== false) onOpen(this.#signer)
    })
  }

  render(held: HeldNode, context: CellContext): void {
    const { node } = held
    const [name = '', ...cells] = cellsOf(held, context)
    this.#peerId = node.peerId
    this.#signer = node.signer
    setText(this.#open, name)
    setAttributes(this.#open, {
      'aria-label': `${shortHex(node.signer)}, ${node.state}${because(node)}. Open what it says of itself`,
    })
    setText(this.#role, node.signer === context.self ? 'this node' : node.listed ? '' : 'observer')
    cells.forEach((text, at) => {
      const cell = this.#cells[at]
      if (cell !== undefined) setText(cell, text)
    })
    setAttributes(this.element, { 'data-state': node.state, title: node.behindBecause ?? undefined })
  }
}
