import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { Gauges, Histograms } from '../core/measurements.ts'
import type { Metrics } from '../telemetry/metrics.ts'

/** What every node is made of that comes from outside. */
export interface NodeComponents {
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly gauges: Gauges
  readonly histograms: Histograms
  /** All that is counted and measured, for `/metrics`, and where libp2p puts what is its own; undefined for none of it. */
  readonly metrics?: Pick<Metrics, 'registry' | 'text' | 'contentType'> | undefined
  readonly logger: Logger
  /** Called when the node cannot go on; it is to be stopped then. */
  readonly onFatal: (error: Error) => void
}

export interface RunningNode {
  readonly peerId: string
  /** Multiaddrs at which it can be reached, with its peer id. */
  readonly addresses: readonly string[]
  /** Where it serves HTTP, `http://HOST:PORT`; undefined when it does not. */
  readonly httpUrl: string | undefined
  /** Why it cannot do its work now, a sentence each; none when it can. */
  readiness(): readonly string[]
  /** Stops taking and making statements, sends what is due, and lets go of everything. Idempotent. */
  stop(): Promise<void>
}
