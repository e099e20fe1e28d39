import type { Random } from '../src/core/clock.ts'
import { FeedError, type PriceFeed } from '../src/core/price-feed.ts'
import { isPriceFault, parsePrice } from '../src/core/price.ts'
import { EPOCH_MS, type ProcessClock } from './process-clock.ts'
import { randomStreams } from './random-streams.ts'
import type { Scheduler } from './scheduler.ts'

/** The price moves in steps of so long, milliseconds. */
const STEP_MS = 10_000
const START_CENTS = 300_000
/** How far it moves in a step at most, and how far feeds are from each other, parts of 1. */
const MOVE = 0.000_4
const DISAGREEMENT = 0.000_5

/** An answer takes so long, milliseconds: at least, and beside that at most when nothing is wrong. */
const LEAST_LATENCY_MS = 20
export const USUAL_LATENCY_MS = 60

/** What the feed of one node does at the moment. */
export interface FeedMood {
  isDown: boolean
  /** What it multiplies prices by: 1 for the truth. */
  factor: number
  /** How much longer than the least an answer takes at most, milliseconds. */
  latencyMs: number
}

export function honestMood(): FeedMood {
  return { isDown: false, factor: 1, latencyMs: USUAL_LATENCY_MS }
}

/** The one true price of every pair. */
export class PriceWorld {
  readonly #scheduler: Scheduler
  readonly #seed: number
  readonly #paths = new Map<string, { readonly random: Random; readonly cents: number[] }>()

  constructor(scheduler: Scheduler, seed: number) {
    this.#scheduler = scheduler
    this.#seed = seed
  }

  /** In cents, now. */
  centsOf(pair: string): number {
    let path = this.#paths.get(pair)
    if (path === undefined) {
      path = { random: randomStreams(this.#seed)(`price of ${pair}`), cents: [START_CENTS] }
      this.#paths.set(pair, path)
    }
    const { cents, random } = path
    const step = Math.floor(this.#scheduler.nowUs / 1_000 / STEP_MS)
    while (cents.length <= step) {
      const last = cents.at(-1) ?? START_CENTS
      cents.push(last * (1 + MOVE * (2 * random() - 1)))
    }
    return cents[step] ?? START_CENTS
  }
}

/** A source of prices as one process asks it. */
export function createSimulatedFeed(
  { clock, random, world }: { readonly clock: ProcessClock; readonly random: Random; readonly world: PriceWorld },
  mood: FeedMood,
): PriceFeed {
  return {
    async fetch(base, quotes, signal) {
      await clock.sleep(LEAST_LATENCY_MS + random() * mood.latencyMs, signal)
      if (mood.isDown) throw new FeedError('unreachable', 'the simulated source is down')
      const observedAtMs = clock.now().wallMs
      const observations = quotes.map((quote) => {
        const pair = `${base}-${quote}`
        const seen = world.centsOf(pair) * mood.factor * (1 + DISAGREEMENT * (2 * random() - 1))
        const price = parsePrice((Math.round(seen) / 100).toFixed(2))
        if (isPriceFault(price)) throw new RangeError(`no price of ${pair} at ${observedAtMs - EPOCH_MS} ms`)
        return { pair, price, observedAtMs }
      })
      return { observations, faults: [] }
    },
  }
}
