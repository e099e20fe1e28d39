import type { Clock } from '../../src/core/clock.ts'
import {
  type FeedAnswer,
  FeedError,
  type FeedErrorCode,
  type Observation,
  type PriceFeed,
} from '../../src/core/price-feed.ts'
import { isPriceFault, parsePrice } from '../../src/core/price.ts'

export interface FeedCall {
  readonly base: string
  readonly quotes: readonly string[]
  readonly signal: AbortSignal
  /** The monotonic clock when it was made, milliseconds. */
  readonly atMs: number
}

/** What the feed does with one call. */
export type Step = (call: FeedCall, clock: Clock) => Promise<FeedAnswer>

/** A feed that does as it is told, and remembers what it was asked. */
export class ScriptedFeed implements PriceFeed {
  readonly calls: FeedCall[] = []
  readonly #clock: Clock
  readonly #script: Step[] = []
  /** What is done with calls that have no step scripted. */
  always: Step = priced()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  next(...steps: readonly Step[]): void {
    this.#script.push(...steps)
  }

  fetch(base: string, quotes: readonly string[], signal: AbortSignal): Promise<FeedAnswer> {
    const call = { base, quotes, signal, atMs: this.#clock.now().monoMs }
    this.calls.push(call)
    const step = this.#script.shift() ?? this.always
    return step(call, this.#clock)
  }
}

export function observationOf(pair: string, price: string, observedAtMs: number): Observation {
  const parsed = parsePrice(price)
  if (isPriceFault(parsed)) throw new Error(`${price}: ${parsed}`)
  return { pair, price: parsed, observedAtMs }
}

/** Every quote has a price, except those named: they have a fault. */
export function priced(options: { readonly price?: string; readonly without?: readonly string[] } = {}): Step {
  return async ({ base, quotes }, clock) => {
    const { wallMs } = clock.now()
    const without = options.without ?? []
    const pairs = quotes.filter((quote) => !without.includes(quote)).map((quote) => `${base}-${quote}`)
    return {
      observations: pairs.map((pair) => observationOf(pair, options.price ?? '3021.455', wallMs)),
      faults: without.map((quote) => ({ pair: `${base}-${quote}`, reason: `the source gave no ${quote}` })),
    }
  }
}

export function failing(code: FeedErrorCode = 'unreachable', retryAfterMs?: number): Step {
  return () => Promise.reject(new FeedError(code, `the source is ${code}`, { retryAfterMs }))
}

/** Answers as `step` does, but only once it is released; an abort does not move it. */
export function held(step: Step): { readonly step: Step; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { step: (call, clock) => promise.then(() => step(call, clock)), release: resolve }
}

/** Ends only by an abort. */
export function hanging(): Step {
  return ({ signal }) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
    })
}
