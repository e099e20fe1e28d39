import { hash } from 'node:crypto'
import type { Random } from '../src/core/clock.ts'

/** Numbers from one seed, a stream for every purpose: another fault makes no difference to what is drawn for all else. */
export type RandomStreams = (purpose: string) => Random

export function randomStreams(seed: number): RandomStreams {
  return (purpose) => {
    const words = hash('sha256', `${seed} ${purpose}`, 'buffer')
    return smallFastCounter([0, 4, 8, 12].map((at) => words.readUInt32LE(at)))
  }
}

/** sfc32 of PractRand: 128 bits of state, no multiplication. */
function smallFastCounter([a = 0, b = 0, c = 0, d = 0]: readonly number[]): Random {
  return () => {
    const sum = (a + b + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + sum
    return (sum >>> 0) / 2 ** 32
  }
}

/** A whole number from `from` to `to`, both included. */
export function drawWhole(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1))
}

/** @throws {RangeError} when there is nothing to choose from */
export function drawOne<T>(random: Random, from: readonly T[]): T {
  const index = Math.floor(random() * from.length)
  if (index >= from.length) throw new RangeError('nothing to choose from')
  return from[index] as T
}

/** `count` of them, or all when there are fewer, in the order drawn. */
export function drawSome<T>(random: Random, from: readonly T[], count: number): T[] {
  const left = [...from]
  const drawn: T[] = []
  while (drawn.length < count && left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1))
  return drawn
}
