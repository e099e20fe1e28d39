import type { NodeEvent, SeenNode } from '../api/node-view.ts'
import type { Clock } from '../core/clock.ts'

export interface StateWatchComponents {
  readonly clock: Clock
  readonly readiness: () => readonly string[]
  readonly nodes: () => readonly SeenNode[]
  readonly tell: (event: NodeEvent) => void
  /** Called each time. */
  readonly onLook?: (() => void) | undefined
}

/** What changes by itself is looked at so often, milliseconds. */
const LOOK_MS = 2_000

/** Tells when the readiness changes, and when a node falls behind or goes. */
export class StateWatch {
  readonly #components: StateWatchComponents
  #readiness: string | undefined
  #states = new Map<string, SeenNode['state']>()
  #cancel: (() => void) | undefined

  constructor(components: StateWatchComponents) {
    this.#components = components
  }

  start(): void {
    this.#look()
  }

  stop(): void {
    this.#cancel?.()
  }

  #look(): void {
    const { clock, readiness, nodes, tell, onLook } = this.#components
    this.#cancel = clock.after(LOOK_MS, () => this.#look())
    onLook?.()
    const sentences = readiness()
    const said = JSON.stringify(sentences)
    if (this.#readiness !== said) tell({ kind: 'health', sentences })
    this.#readiness = said
    const found = nodes()
    for (const node of found) {
      const before = this.#states.get(node.signer)
      // Whoever is here told so by a status.
      if (before !== undefined && before !== node.state && node.state !== 'here') tell({ kind: 'node', node })
    }
    this.#states = new Map(found.map(({ signer, state }) => [signer, state]))
  }
}
