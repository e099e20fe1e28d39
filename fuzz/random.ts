/** Pseudo-random numbers that a few integers determine: for inputs that can be made again, never for secrets. */
export interface Random {
  /** A whole number from 0 up to `limit`, which does not belong to the range and is at most 2^32. */
  below(limit: number): number
  /** True in `part` of all cases, 0 … 1. */
  chance(part: number): boolean
  pick<T>(choices: readonly [T, ...T[]]): T
  bytes(length: number): Uint8Array
}

const WARM_UP = 12

/**
 * Chris Doty-Humphrey's small fast counter (sfc32), passes PractRand.
 *
 * @param seeds - three numbers of 32 bits; a bit changed in any of them changes everything
 */
export function createRandom(seeds: readonly [number, number, number]): Random {
  let [a, b, c] = seeds
  let counter = 1

  function next(): number {
    const result = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + result) | 0
    return result >>> 0
  }

  for (let round = 0; round < WARM_UP; round++) next()
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit)
  return {
    below,
    chance: (part) => next() / 2 ** 32 < part,
    pick: (choices) => choices[below(choices.length)] ?? choices[0],
    bytes: (length) => Uint8Array.from({ length }, () => next() >>> 24),
  }
}

/** 32 bits of a text, FNV-1a. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}
