import type { Clock, Random } from '../core/clock.ts'
import { counted } from '../core/counted.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { type FeedAnswer, FeedError, type Observation, type PriceFeed } from '../core/price-feed.ts'
import { type Round, roundAt } from '../core/statement.ts'
import { type BackOff, createBackOff, waited } from './back-off.ts'

const FIRST_RETRY_MS = 1_000
const LONGEST_RETRY_MS = 30_000
/** Short rounds want several attempts too: no wait is longer than this part of one. */
const LONGEST_RETRY_PART = 4

export interface RoundObserverComponents {
  readonly feed: PriceFeed
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly counters: Counters
  /** Called once per pair and round, with what is to be proposed. It must not throw. */
  readonly onObservation: (observation: Observation, round: Round) => void
  /** Called when an attempt failed; `reason` without a full stop. It must not throw. */
  readonly onFailure?:
    | ((failure: { readonly pair: string; readonly round: Round; readonly reason: string }) => void)
    | undefined
}

/** Why an attempt left pairs without a price. */
interface Failure {
  readonly reason: string
  /** What no feed should throw: a fault in our own code. */
  readonly unexpected?: unknown
}

/** One look at one base currency, in one round. */
interface Look {
  readonly round: Round
  /** Pairs that have no price yet. */
  readonly missing: Set<string>
  /** Aborted when the round is over or the node stops. */
  readonly over: AbortSignal
}

/** Gets the prices of one base currency, round by round. */
export class BaseObserver {
  readonly #components: RoundObserverComponents
  readonly #base: string
  readonly #pairs: readonly string[]
  readonly #intervalMs: number
  readonly #lastRound = new Map<string, Round>()
  #notBeforeMonoMs = Number.NEGATIVE_INFINITY
  #failedAttempts = 0

  constructor(
    components: RoundObserverComponents,
    options: { readonly base: string; readonly quotes: readonly string[]; readonly intervalMs: number },
  ) {
    this.#components = components
    this.#base = options.base
    this.#pairs = options.quotes.map((quote) => `${options.base}-${quote}`)
    this.#intervalMs = options.intervalMs
  }

  /**
   * Asks until every pair has had its price for this round, or the round is over.
   *
   * @param over - aborted when the round is over
   * @returns the pairs that were left without a price
   */
  async observe(round: Round, over: AbortSignal): Promise<readonly string[]> {
    const { clock } = this.#components
    const missing = new Set(this.#pairs.filter((pair) => (this.#lastRound.get(pair) ?? -1) < round))
    const look = { round, missing, over }
    const isOver = (): boolean => over.aborted || roundAt(clock.now().wallMs, this.#intervalMs) !== round
    const backOff = this.#createBackOff()
    let retryMs = 0
    for (let failures = 0; missing.size > 0; failures++) {
      const heldBackMs = this.#notBeforeMonoMs - clock.now().monoMs
      if (!(await waited({ clock }, { delayMs: Math.max(retryMs, heldBackMs), signal: over })) || isOver()) break
      const failure = await this.#attempt(look)
      if (isOver()) break
      if (failure === undefined) {
        this.#reportRecovery()
        break
      }
      retryMs = backOff.next()
      this.#reportFailure(failure, { look, first: failures === 0, retryMs })
    }
    return [...missing]
  }

  async #attempt(look: Look): Promise<Failure | undefined> {
    const quotes = [...look.missing].map((pair) => pair.slice(this.#base.length + 1))
    let answer: FeedAnswer
    try {
      answer = await this.#components.feed.fetch(this.#base, quotes, look.over)
    } catch (error) {
      if (!(error instanceof FeedError)) {
        return { reason: 'The price feed failed in a way it should not', unexpected: error }
      }
      if (error.retryAfterMs !== undefined) {
        this.#notBeforeMonoMs = this.#components.clock.now().monoMs + error.retryAfterMs
      }
      return { reason: error.message }
    }
    return this.#take(answer, look)
  }

  #take(answer: FeedAnswer, look: Look): Failure | undefined {
    const { counters, logger, onObservation } = this.#components
    for (const observation of answer.observations) {
      const { pair, observedAtMs } = observation
      if (look.over.aborted || roundAt(observedAtMs, this.#intervalMs) !== look.round) {
        counters.add('gp_observations_late_total', { pair })
        logger.debug(`A price of ${pair} came after the end of round ${look.round}`, { pair, observedAtMs })
      } else if (look.missing.delete(pair)) {
        this.#lastRound.set(pair, look.round)
        onObservation(observation, look.round)
      }
    }
    if (look.missing.size === 0) return undefined
    const reasons = answer.faults.map((fault) => fault.reason)
    return { reason: reasons.length > 0 ? reasons.join('; ') : 'The answer left out what was asked for' }
  }

  #reportFailure(
    failure: Failure,
    context: { readonly look: Look; readonly first: boolean; readonly retryMs: number },
  ): void {
    const { clock, logger } = this.#components
    const { round, missing } = context.look
    this.#failedAttempts++
    const pairs = [...missing]
    for (const pair of pairs) this.#components.onFailure?.({ pair, round, reason: failure.reason })
    const retryInMs = Math.ceil(Math.max(context.retryMs, this.#notBeforeMonoMs - clock.now().monoMs))
    const again = `asking again in ${(retryInMs / 1000).toFixed(1)} s`
    const message = `${failure.reason}. No price for ${pairs.join(', ')} in round ${round} yet; ${again}`
    const facts = { pairs, round, retryInMs }
    if (!context.first) logger.debug(message, facts)
    else if (failure.unexpected === undefined) logger.warn(message, facts)
    else logger.error(message, { ...facts, error: failure.unexpected })
  }

  #reportRecovery(): void {
    if (this.#failedAttempts === 0) return
    const attempts = counted(this.#failedAttempts, 'failed attempt')
    this.#components.logger.info(`The price feed answers again for ${this.#base}, after ${attempts}`)
    this.#failedAttempts = 0
  }

  #createBackOff(): BackOff {
    return createBackOff(this.#components, {
      firstMs: FIRST_RETRY_MS,
      longestMs: Math.min(LONGEST_RETRY_MS, this.#intervalMs / LONGEST_RETRY_PART),
    })
  }
}
