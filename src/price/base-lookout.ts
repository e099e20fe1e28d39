import type { Clock, Random } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { FeedError, type Observation, type PriceFeed } from '../core/price-feed.ts'
import { createBackOff, waited } from './back-off.ts'

/** What others send makes this node ask: it asks no more often than this, whatever they send. */
const SPACING_MS = 2_000
const FIRST_RETRY_MS = 2_000
/** Several attempts fit into the minute in which an answer is of use. */
const LONGEST_RETRY_MS = 15_000

/** A stretch of time on the wall clock. */
export interface Around {
  /** Its middle, milliseconds since the Unix epoch. */
  readonly observedAtMs: number
  /** How far it reaches to either side, milliseconds. */
  readonly withinMs: number
}

/** What this node saw, or in words why it saw nothing. */
export type Sighting = Observation | { readonly reason: string }

export interface BaseLookoutComponents {
  readonly feed: PriceFeed
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly onObservation: (observation: Observation) => void
}

interface Waiter {
  readonly pair: string
  readonly around: Around
  readonly settle: (sighting: Sighting) => void
}

/** Asks for one base currency while somebody waits for one of its prices. */
export class BaseLookout {
  readonly #components: BaseLookoutComponents
  readonly #base: string
  readonly #quotes: readonly string[]
  readonly #waiters = new Set<Waiter>()
  readonly #reasons = new Map<string, string>()
  readonly #stopping = new AbortController()
  #deserted = new AbortController()
  #nextAskMonoMs = Number.NEGATIVE_INFINITY
  #watch: Promise<void> | undefined

  constructor(
    components: BaseLookoutComponents,
    options: { readonly base: string; readonly quotes: readonly string[] },
  ) {
    this.#components = components
    this.#base = options.base
    this.#quotes = options.quotes
  }

  /** The next observation of `pair` around a time; or, at `untilMs` on the wall clock, why there was none. */
  wait(pair: string, around: Around & { readonly untilMs: number }): Promise<Sighting> {
    const { clock } = this.#components
    const leftMs = around.untilMs - clock.now().wallMs
    if (this.#stopping.signal.aborted) return Promise.resolve({ reason: 'this node is stopping' })
    if (leftMs <= 0) return Promise.resolve({ reason: `there was no time left to ask for ${pair}` })
    return new Promise((resolve) => {
      const settle = (sighting: Sighting): void => {
        cancel()
        this.#waiters.delete(waiter)
        if (this.#waiters.size === 0) this.#deserted.abort()
        resolve(sighting)
      }
      const waiter: Waiter = { pair, around, settle }
      const cancel = clock.after(leftMs, () =>
        settle({ reason: this.#reasons.get(pair) ?? `no answer for ${pair} in time` }),
      )
      this.#waiters.add(waiter)
      this.#watch ??= this.#keepWatch()
    })
  }

  /** Tells those who wait what was seen, whoever saw it. */
  seen(observation: Observation): void {
    for (const { pair, around, settle } of this.#waiters) {
      const distanceMs = Math.abs(observation.observedAtMs - around.observedAtMs)
      if (pair === observation.pair && distanceMs <= around.withinMs) settle(observation)
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const { settle } of this.#waiters) settle({ reason: 'this node is stopping' })
    await this.#watch
  }

  async #keepWatch(): Promise<void> {
    const { clock } = this.#components
    const backOff = createBackOff(this.#components, { firstMs: FIRST_RETRY_MS, longestMs: LONGEST_RETRY_MS })
    this.#reasons.clear()
    let retryMs = 0
    while (this.#waiters.size > 0) {
      this.#deserted = new AbortController()
      const delayMs = Math.max(retryMs, this.#nextAskMonoMs - clock.now().monoMs)
      if (!(await waited({ clock }, { delayMs, signal: this.#deserted.signal }))) continue
      await this.#ask()
      retryMs = backOff.next()
    }
    // Set before anything can be awaited: who comes next must find no watch that has ended already.
    this.#watch = undefined
  }

  async #ask(): Promise<void> {
    const { clock, feed, logger, onObservation } = this.#components
    const base = this.#base
    this.#nextAskMonoMs = clock.now().monoMs + SPACING_MS
    try {
      const answer = await feed.fetch(base, this.#quotes, this.#stopping.signal)
      for (const { pair, reason } of answer.faults) this.#reasons.set(pair, reason)
      for (const observation of answer.observations) onObservation(observation)
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      if (!(error instanceof FeedError)) {
        this.#failed('the price feed failed in a way it should not')
        logger.error(`The price feed failed in a way it should not, when asked for ${base} to co-sign`, { error })
        return
      }
      this.#failed(error.message)
      this.#nextAskMonoMs = Math.max(this.#nextAskMonoMs, clock.now().monoMs + (error.retryAfterMs ?? 0))
      // At debug level: who waits is told, and the observer of rounds warns of the same feed.
      logger.debug(`${error.message}. No price for ${base} to co-sign by yet`, { base, code: error.code })
    }
  }

  #failed(reason: string): void {
    for (const quote of this.#quotes) this.#reasons.set(`${this.#base}-${quote}`, reason)
  }
}
