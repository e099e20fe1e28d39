import { spoilJson } from './mutate-json.ts'
import { spoilProtobuf } from './mutate-protobuf.ts'
import { spoilText } from './mutate-text.ts'
import { type Random, createRandom, hashText } from './random.ts'
import { type Target, bytesOf, textOf } from './target.ts'

/** What descendants are made of. */
export type Stock = Pick<Target, 'name' | 'form' | 'words' | 'longest'> & { readonly seeds: readonly Uint8Array[] }

const LONGEST_NOISE = 400
/** Longer than any message of a topic may be, bytes. */
const LONGEST_INPUT = 70_000
const MOST_CHANGES = 5
/** So many inputs keep their form, and get deep; the others are spoilt without regard to it. */
const GENTLE = 0.6

/** Input number `index` of a target: always the same for the same seed. */
export function inputAt(stock: Stock, { seed, index }: { readonly seed: number; readonly index: number }): Uint8Array {
  const random = createRandom([seed, hashText(stock.name), index])
  const kind = random.below(100)
  if (kind < 8) return random.bytes(random.below(random.chance(0.1) ? LONGEST_NOISE * 20 : LONGEST_NOISE))
  const [first, ...rest] = stock.seeds
  if (first === undefined) return random.bytes(random.below(LONGEST_NOISE))
  const seeds = [first, ...rest] as const
  let input = random.pick(seeds)
  if (kind < 12) return input
  const blind = random.chance(GENTLE) ? 0 : 0.4
  const changes = 1 + random.below(MOST_CHANGES)
  for (let change = 0; change < changes; change++) {
    input = random.chance(blind)
      ? spoilBytes(input, { other: random.pick(seeds), random })
      : spoil(input, { ...stock, other: random.pick(seeds), random })
    input = input.slice(0, stock.longest ?? LONGEST_INPUT)
  }
  return input
}

function spoil(
  input: Uint8Array,
  { form, words = [], other, random }: Stock & { readonly other: Uint8Array; readonly random: Random },
): Uint8Array {
  switch (form) {
    case 'bytes':
      return random.pick(IN_PLACE)(input, random, other)
    case 'protobuf':
      return spoilProtobuf(input, { other, random })
    case 'json': {
      const json = random.chance(0.9) ? spoilJson(textOf(input), { words, random }) : undefined
      return bytesOf(json ?? spoilText(textOf(input), { other: textOf(other), words, random }))
    }
    case 'text':
      return bytesOf(spoilText(textOf(input), { other: textOf(other), words, random }))
  }
}

/** Digests and both halves of a signature are so long, bytes. */
const WORD = 32
const EDGES = [0x00, 0x01, 0x7f, 0x80, 0xff] as const

type Change = (input: Uint8Array, random: Random, other: Uint8Array) => Uint8Array

/** Changes that leave everything else where it is. */
const IN_PLACE: readonly [Change, ...Change[]] = [
  (input, random) => replaced(input, random, (byte) => byte ^ (1 << random.below(8))),
  (input, random) => replaced(input, random, () => random.pick(EDGES)),
  (input, random) => replaced(input, random, () => random.below(256)),
  (input, random) => input.slice().fill(random.pick(EDGES), ...range(input, random)),
  (input, random) => {
    const word = WORD * random.below(Math.ceil(input.length / WORD))
    return input.slice().fill(random.pick(EDGES), word, word + WORD - random.below(2))
  },
  (input, random, other) => {
    const word = WORD * random.below(Math.ceil(input.length / WORD))
    return joined(input.subarray(0, word), other.subarray(word, word + WORD), input.subarray(word + WORD))
  },
]

/** Changes that know nothing of what the bytes mean. */
const CHANGES: readonly [Change, ...Change[]] = [
  ...IN_PLACE,
  (input, random) => input.slice(0, random.below(input.length + 1)),
  (input, random) => {
    const [from, to] = range(input, random)
    return joined(input.subarray(0, from), input.subarray(to))
  },
  (input, random) => {
    const [from, to] = range(input, random)
    return joined(input.subarray(0, to), input.subarray(from))
  },
  (input, random) => {
    const at = random.below(input.length + 1)
    return joined(input.subarray(0, at), random.bytes(1 + random.below(8)), input.subarray(at))
  },
  (input, random, other) =>
    joined(input.subarray(0, random.below(input.length + 1)), other.subarray(random.below(other.length + 1))),
]

function spoilBytes(
  input: Uint8Array,
  { other, random }: { readonly other: Uint8Array; readonly random: Random },
): Uint8Array {
  return random.pick(CHANGES)(input, random, other)
}

function replaced(input: Uint8Array, random: Random, change: (byte: number) => number): Uint8Array {
  const copy = input.slice()
  const at = random.below(copy.length)
  const byte = copy[at]
  if (byte !== undefined) copy[at] = change(byte)
  return copy
}

function range(input: Uint8Array, random: Random): [from: number, to: number] {
  const from = random.below(input.length + 1)
  return [from, from + random.below(input.length + 1 - from)]
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts))
}
