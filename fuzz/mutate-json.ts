import { NASTY } from './mutate-text.ts'
import type { Random } from './random.ts'

const ODD_VALUES = [null, true, 0, -1, 1.5, 2 ** 53, 1e300, '', [], {}, [[]], { version: 3 }] as const
const DEEPER = 0.7

/** Changes one value, key or element of a JSON text, which stays JSON; undefined when it is none. */
export function spoilJson(
  text: string,
  { words, random }: { readonly words: readonly string[]; readonly random: Random },
): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  const [first, ...rest] = words
  const word = (): string =>
    first !== undefined && random.chance(0.6) ? random.pick([first, ...rest]).replaceAll('"', '') : random.pick(NASTY)
  return JSON.stringify(spoilValue(value, random, word))
}

function spoilValue(value: unknown, random: Random, word: () => string): unknown {
  if (typeof value !== 'object' || value === null || (random.chance(1 - DEEPER) && random.chance(0.5))) {
    return spoilScalar(value, random, word)
  }
  const isList = Array.isArray(value)
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value)
  const at = random.below(entries.length)
  const [entry] = entries.slice(at)
  if (entry === undefined) return isList ? [word()] : { [word()]: word() }
  const [key, inside] = entry
  const spoilt = random.chance(DEEPER)
    ? entries.with(at, [key, spoilValue(inside, random, word)])
    : random.pick([
        () => entries.toSpliced(at, 1),
        () => entries.with(at, [word(), inside]),
        () => entries.with(at, [key.toUpperCase(), inside]),
        () => [...entries, [word(), inside] as const],
        () => entries.with(at, [key, entries[random.below(entries.length)]?.[1]]),
        () => [...entries, ...entries],
      ])()
  return isList ? spoilt.map(([, one]) => one) : Object.fromEntries(spoilt)
}

function spoilScalar(value: unknown, random: Random, word: () => string): unknown {
  return random.pick([
    () => random.pick(ODD_VALUES),
    word,
    word,
    () => [value],
    () => (typeof value === 'string' ? Number(value) : JSON.stringify(value)),
    () => (typeof value === 'string' ? `0x${value}` : value),
    () => (typeof value === 'string' ? value.slice(0, random.below(value.length + 1)) : value),
    () => (typeof value === 'string' ? value.toUpperCase() : value),
    () => (typeof value === 'number' ? value * random.pick([-1, 0.5, 2, 10, 2 ** 20]) : value),
  ])()
}
