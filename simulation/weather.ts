import type { Random } from '../src/core/clock.ts'

/** What the network does to what is sent, at the moment. Parts of 1; 0 for a sound network. */
export interface Weather {
  loss: number
  duplication: number
  /** Messages that overtake others, or are overtaken. */
  reordering: number
  /** Messages that take seconds. */
  delay: number
  /** Between any two places one way, milliseconds, in the mean; undefined: all over the world. */
  latencyMs: number | undefined
  /** Whether nothing gets from one place to another. */
  isCut: (from: number, to: number) => boolean
}

export function fairWeather(): Weather {
  return { loss: 0, duplication: 0, reordering: 0, delay: 0, latencyMs: undefined, isCut: () => false }
}

/** Between any two places, one way, microseconds: from the same building to the other side of the world. */
const NEAREST_US = 2_000
const FURTHEST_US = 80_000
const JITTER_US = 5_000
/** What is late is late by a Pareto distribution with this exponent: now and then by minutes. */
const TAIL_EXPONENT = 1.1
const TAIL_FROM_US = 400_000
const TAIL_LIMIT_US = 120_000_000

/** Where there is a mean, this part of it is jitter. */
const JITTER_PART = 0.1

/** How far two places are from each other, microseconds. */
export function drawDistance(random: Random, { latencyMs }: Weather): number {
  if (latencyMs !== undefined) return latencyMs * 1_000 * (1 - JITTER_PART) * (0.5 + random())
  return NEAREST_US + random() ** 2 * (FURTHEST_US - NEAREST_US)
}

/** How long one message takes over a distance, microseconds. */
export function drawLatency(random: Random, { distanceUs, weather }: { distanceUs: number; weather: Weather }): number {
  const jitterUs = weather.latencyMs === undefined ? JITTER_US : weather.latencyMs * 1_000 * JITTER_PART
  const usualUs = distanceUs - jitterUs * Math.log(1 - random())
  if (weather.delay === 0 || random() >= weather.delay) return usualUs
  return usualUs + Math.min(TAIL_LIMIT_US, TAIL_FROM_US * (1 - random()) ** (-1 / TAIL_EXPONENT))
}
