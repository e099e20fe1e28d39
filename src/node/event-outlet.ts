import type { NodeEvent } from '../api/node-view.ts'
import type { Logger } from '../core/logger.ts'

/** Hands events to all who listen; one that fails keeps nothing from the others. */
export class EventOutlet {
  readonly #logger: Logger
  readonly #listeners = new Set<(event: NodeEvent) => void>()

  constructor({ logger }: { readonly logger: Logger }) {
    this.#logger = logger
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(event: NodeEvent): void {
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        this.#logger.error('an event could not be told: please report this', { kind: event.kind, error })
      }
    }
  }
}
