import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import type { StatementId } from '../core/statement.ts'
import { REFUSALS_LIMIT, encodeRefusalMessage } from './refusal-wire.ts'
import type { Topic } from './topic.ts'

/** Refusals wait until others hold their statement too, milliseconds, and share messages… */
export const REFUSAL_GATHER_MS = 1_000
/** …and are repeated once, for who held it later, while the statement is below quorum. */
export const REFUSAL_REPEAT_MS = 20_000

export interface RefusalPublisherComponents {
  readonly topic: Pick<Topic, 'publish'>
  /** Whether a statement is still below quorum. */
  readonly isCollecting: (id: StatementId) => boolean
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** Tells the network what this node does not vouch for. */
export class RefusalPublisher {
  readonly #components: RefusalPublisherComponents
  readonly #network: string
  readonly #gathered: SignedRefusal[] = []
  readonly #timers = new Set<() => void>()
  #stopped = false

  constructor(components: RefusalPublisherComponents, { network }: { readonly network: string }) {
    this.#components = components
    this.#network = network
  }

  publish(refusal: SignedRefusal): void {
    this.#gathered.push(refusal)
    if (this.#gathered.length > 1) return
    this.#after(REFUSAL_GATHER_MS, () => {
      const refusals = this.#gathered.splice(0)
      this.#send(refusals, 0)
      this.#after(REFUSAL_REPEAT_MS, () => {
        const { isCollecting } = this.#components
        this.#send(
          refusals.filter(({ refusal: { statement } }) => isCollecting(statement)),
          1,
        )
      })
    })
  }

  /** What is gathered is lost: a refusal explains, and explains nothing after its node is gone. */
  stop(): void {
    this.#stopped = true
    for (const cancel of this.#timers) cancel()
    this.#timers.clear()
  }

  #after(delayMs: number, task: () => void): void {
    if (this.#stopped) return
    const cancel = this.#components.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      task()
    })
    this.#timers.add(cancel)
  }

  #send(refusals: readonly SignedRefusal[], attempt: number): void {
    const { topic, counters, logger } = this.#components
    for (let from = 0; from < refusals.length; from += REFUSALS_LIMIT) {
      const batch = refusals.slice(from, from + REFUSALS_LIMIT)
      counters.add('gp_refusals_published_total', {}, batch.length)
      topic
        .publish(encodeRefusalMessage(batch, { network: this.#network, attempt }))
        .catch((error: unknown) => logger.warn('refusals could not be published', { error }))
    }
  }
}
