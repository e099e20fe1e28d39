import type { OwnObservations } from '../consensus/co-signer.ts'
import type { Clock, Random } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { Observation, PriceFeed } from '../core/price-feed.ts'
import { quotesByBase } from './base-currency.ts'
import { type Around, BaseLookout, type Sighting } from './base-lookout.ts'

/** Longer than any question reaches back: 60 s, asked 60 s after the time it is about, by clocks some seconds apart. */
const KEPT_MS = 3 * 60_000
const MOST_PER_PAIR = 128

/** What this node itself saw of late. */
export interface ObservationLog extends OwnObservations {
  add(observation: Observation): void
  /** The observation of `pair` closest to the middle of a stretch of time; undefined when none is kept of it. */
  nearest(pair: string, around: Around): Observation | undefined
  /**
   * The same, but when there is none the feed is asked now, and again with back-off until there is one or it is
   * `untilMs` on the wall clock. However many wait, there is one request per base currency at a time.
   */
  near(pair: string, around: Around & { readonly untilMs: number }): Promise<Sighting>
  /** Answers all who wait, and resolves when no request is under way any more. Nothing is asked after it. */
  stop(): Promise<void>
}

/**
 * Remembers this node's observations for three minutes, and makes new ones on demand.
 *
 * Others cause the demand, so it is bounded: one request per base currency each two seconds at most, and none sooner
 * than the feed allows.
 *
 * @param options - `pairs`: the network's, BASE-QUOTE
 */
export function createObservationLog(
  components: { readonly feed: PriceFeed; readonly clock: Clock; readonly random: Random; readonly logger: Logger },
  options: { readonly pairs: readonly string[] },
): ObservationLog {
  const { clock } = components
  const kept = new Map<string, readonly Observation[]>(options.pairs.map((pair) => [pair, []]))
  const lookouts = new Map<string, BaseLookout>()
  for (const [base, quotes] of quotesByBase(options.pairs)) {
    lookouts.set(base, new BaseLookout({ ...components, onObservation: add }, { base, quotes }))
  }

  function lookoutFor(pair: string): BaseLookout | undefined {
    return kept.has(pair) ? lookouts.get(pair.slice(0, pair.indexOf('-'))) : undefined
  }

  function add(observation: Observation): void {
    const { pair } = observation
    const before = kept.get(pair)
    if (before === undefined) return
    const oldestMs = clock.now().wallMs - KEPT_MS
    const recent = [...before, observation].filter(({ observedAtMs }) => observedAtMs >= oldestMs)
    kept.set(pair, recent.slice(-MOST_PER_PAIR))
    lookoutFor(pair)?.seen(observation)
  }

  function nearest(pair: string, around: Around): Observation | undefined {
    let closest: Observation | undefined
    let closestMs = Number.POSITIVE_INFINITY
    for (const observation of kept.get(pair) ?? []) {
      const distanceMs = Math.abs(observation.observedAtMs - around.observedAtMs)
      if (distanceMs > around.withinMs || distanceMs >= closestMs) continue
      closest = observation
      closestMs = distanceMs
    }
    return closest
  }

  return {
    add,
    nearest,
    async near(pair, around) {
      const lookout = lookoutFor(pair)
      if (lookout === undefined) return { reason: `${pair} is not among the pairs of this network` }
      return nearest(pair, around) ?? lookout.wait(pair, around)
    },
    async stop() {
      await Promise.all([...lookouts.values()].map((lookout) => lookout.stop()))
    },
  }
}
