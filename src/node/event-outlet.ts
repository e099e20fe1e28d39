import type { NodeEvent } from '../api/node-view.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { TokenBucket } from '../gossip/token-bucket.ts'

/**
 * What is told of peers that nobody vouches for and of nodes that may not sign, at once and a second: they can come and
 * go, and make up keys, as fast as they like, and would push all else out of what is kept for readers.
 */
const STRANGERS = { capacity: 100, refillPerSecond: 1 }

export interface EventOutletComponents {
  readonly clock: Clock
  readonly logger: Logger
  /** Whether an allowed signer vouches for a peer. */
  readonly isVouched: (peerId: string) => boolean
}

/** Hands events to all who listen; one that fails keeps nothing from the others. */
export class EventOutlet {
  readonly #components: EventOutletComponents
  readonly #listeners = new Set<(event: NodeEvent) => void>()
  readonly #ofStrangers: TokenBucket

  constructor(components: EventOutletComponents) {
    this.#components = components
    this.#ofStrangers = new TokenBucket(STRANGERS, components.clock.now().monoMs)
  }

  subscribe(listener: (event: NodeEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(event: NodeEvent): void {
    const { clock, logger } = this.#components
    if (this.#isOfStranger(event) && !this.#ofStrangers.take(1, clock.now().monoMs)) return
    for (const listener of this.#listeners) {
      try {
        listener(event)
      } catch (error) {
        logger.error('an event could not be told: please report this', { kind: event.kind, error })
      }
    }
  }

  #isOfStranger(event: NodeEvent): boolean {
    const { isVouched } = this.#components
    if (event.kind === 'peer') return !isVouched(event.peerId)
    return event.kind === 'node' && !event.node.listed
  }
}
