import type { NodeEvent, SeenNode } from '../api/node-view.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { type ReadinessFault, areSame } from './readiness.ts'

export interface StateWatchComponents {
  readonly clock: Clock
  readonly logger: Logger
  readonly readinessFaults: () => readonly ReadinessFault[]
  readonly nodes: () => readonly SeenNode[]
  readonly tell: (event: NodeEvent) => void
  /** Called each time. */
  readonly onLook?: (() => void) | undefined
}

/** What changes by itself is looked at so often, milliseconds. */
const LOOK_MS = 2_000

/** Tells when the readiness changes, and when a node falls behind or goes, or is here again. */
export class StateWatch {
  readonly #components: StateWatchComponents
  #faults: readonly ReadinessFault[] | undefined
  #states = new Map<string, SeenNode['state']>()
  #cancel: (() => void) | undefined

  constructor(components: StateWatchComponents) {
    this.#components = components
  }

  /** Looks at once, and again and again; idempotent. */
  start(): void {
    if (this.#cancel === undefined) this.#run()
  }

  stop(): void {
    this.#cancel?.()
  }

  #run(): void {
    const { clock, logger } = this.#components
    this.#cancel = clock.after(LOOK_MS, () => this.#run())
    try {
      this.#look()
    } catch (error) {
      logger.error('the state of the node could not be looked at: please report this', { error })
    }
  }

  #look(): void {
    const { readinessFaults, nodes, tell, onLook } = this.#components
    onLook?.()
    const now = readinessFaults()
    if (this.#faults === undefined || !areSame(now, this.#faults)) {
      tell({ kind: 'health', sentences: now.map(({ sentence }) => sentence) })
    }
    this.#faults = now
    const found = nodes()
    for (const node of found) {
      const before = this.#states.get(node.signer)
      // Also who is here again: it may be the others that have changed, or this node itself.
      if (before !== undefined && before !== node.state) tell({ kind: 'node', node })
    }
    this.#states = new Map(found.map(({ signer, state }) => [signer, state]))
  }
}
