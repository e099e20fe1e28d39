import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { RecentMap } from '../core/recent-map.ts'

/** How long a peer is kept out, the first time and at most; every time twice as long as before. */
const FIRST_MS = 10 * 60_000
const LONGEST_MS = 4 * 60 * 60_000
/** Peers remembered; of more, those that were expelled longest ago are forgotten. */
const EXPELLED_LIMIT = 4_096
/** Who comes back under ever new peer ids must not fill the log. */
const LOG_EVERY_MS = 10_000

export interface ExpulsionsComponents {
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
  /** Ends all connections to a peer. */
  readonly hangUp: (peerId: string) => void
}

interface Expulsion {
  readonly untilMs: number
  readonly times: number
}

/** Who is kept out, for how long, and why. */
export class Expulsions {
  readonly #components: ExpulsionsComponents
  readonly #expelled = new RecentMap<string, Expulsion>({ limit: EXPELLED_LIMIT })
  #loggedAtMs = Number.NEGATIVE_INFINITY
  #unlogged = 0

  constructor(components: ExpulsionsComponents) {
    this.#components = components
  }

  isExpelled(peerId: string): boolean {
    const expulsion = this.#expelled.get(peerId)
    return expulsion !== undefined && this.#components.clock.now().monoMs < expulsion.untilMs
  }

  /** @param why - in words, for the log; `reason` is a metric label */
  expel(peerId: string, { reason, why }: { readonly reason: string; readonly why: string }): void {
    if (this.isExpelled(peerId)) return
    const { clock, counters, hangUp } = this.#components
    const times = (this.#expelled.get(peerId)?.times ?? 0) + 1
    const forMs = Math.min(FIRST_MS * 2 ** (times - 1), LONGEST_MS)
    this.#expelled.set(peerId, { untilMs: clock.now().monoMs + forMs, times })
    counters.add('gp_peers_expelled_total', { reason })
    this.#log(`peer ${peerId} is expelled for ${forMs / 60_000} min: ${why}`)
    hangUp(peerId)
  }

  #log(sentence: string): void {
    const { clock, logger } = this.#components
    const { monoMs } = clock.now()
    if (monoMs - this.#loggedAtMs < LOG_EVERY_MS) {
      this.#unlogged += 1
      return
    }
    logger.warn(
      this.#unlogged === 0 ? sentence : `${sentence}; ${this.#unlogged} more were expelled since the last line`,
    )
    this.#loggedAtMs = monoMs
    this.#unlogged = 0
  }
}
