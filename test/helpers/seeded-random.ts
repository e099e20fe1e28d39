/** A source of random numbers that gives the same for the same seed, to be printed with what fails. */
export interface SeededRandom {
  readonly seed: number
  /** A whole number from 0 to below `limit`. */
  below(limit: number): number
}

/** @param seed - by default TEST_SEED of the environment, or a new one */
export function seededRandom(
  seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32)),
): SeededRandom {
  // Mulberry32.
  let state = seed >>> 0
  return {
    seed,
    below(limit) {
      state = (state + 0x6d2b79f5) >>> 0
      let mixed = Math.imul(state ^ (state >>> 15), state | 1)
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
      return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit)
    },
  }
}
