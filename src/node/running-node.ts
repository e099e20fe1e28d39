import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'

/** What every node is made of that comes from outside. */
export interface NodeComponents {
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly logger: Logger
  /** Called when the node cannot go on; it is to be stopped then. */
  readonly onFatal: (error: Error) => void
}

export interface RunningNode {
  readonly peerId: string
  /** Multiaddrs at which it can be reached, with its peer id. */
  readonly addresses: readonly string[]
  /** Why it cannot do its work now, a sentence each; none when it can. */
  readiness(): readonly string[]
  /** Stops taking and making statements, sends what is due, and lets go of everything. Idempotent. */
  stop(): Promise<void>
}
