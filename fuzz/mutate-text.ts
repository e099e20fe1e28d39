import type { Random } from './random.ts'

/** Texts that readers of numbers, JSON, lists, lines and file names stumble over. */
export const NASTY = [
  '',
  ' ',
  '0',
  '-0',
  '-1',
  '1e9',
  '1e400',
  '0x10',
  '.5',
  '5.',
  '00',
  '9'.repeat(20),
  '9007199254740993',
  '4294967296',
  'NaN',
  'Infinity',
  'null',
  'true',
  '{}',
  '[]',
  '""',
  '"',
  "'",
  '\\',
  '\\u0000',
  '\u0000',
  '\n',
  '\r\n',
  '\t',
  '\u2028',
  '\u009b31m',
  '\u001b[2J',
  '\u00a0',
  '\ufeff',
  '\u202e',
  '٣',
  'İ',
  'ß',
  '💥',
  '__proto__',
  'constructor',
  'toString',
  '..',
  '/',
  ',',
  '@',
  ':',
  '#',
  '%',
  '%00',
  '-',
  'a'.repeat(300),
  '['.repeat(200),
] as const

/** Words, numbers with their points, runs of blanks, single signs. */
const TOKEN = /[\p{L}\p{N}_.]+|[^\S\n]+|[^]/gu

type Tokens = readonly string[]
type Change = (tokens: Tokens, random: Random, stock: { readonly others: Tokens; word: () => string }) => Tokens

const CHANGES: readonly [Change, ...Change[]] = [
  (tokens, random) => tokens.toSpliced(random.below(tokens.length + 1), 1),
  (tokens, random) => tokens.toSpliced(random.below(tokens.length + 1), 1 + random.below(6)),
  (tokens, random, { word }) => tokens.toSpliced(random.below(tokens.length + 1), 0, word()),
  (tokens, random, { word }) => tokens.toSpliced(random.below(tokens.length + 1), 1, word()),
  (tokens, random, { word }) => tokens.toSpliced(random.below(tokens.length + 1), 1, word()),
  (tokens, random) => {
    const at = random.below(tokens.length)
    return tokens.toSpliced(at, 0, ...tokens.slice(at, at + 1 + random.below(8)))
  },
  (tokens, random) => {
    const [token = ''] = tokens.slice(random.below(tokens.length))
    return tokens.toSpliced(random.below(tokens.length + 1), 0, token.repeat(random.below(60)))
  },
  (tokens, random) => {
    const [a, b] = [random.below(tokens.length), random.below(tokens.length)]
    return tokens.map((token, index) => (index === a ? (tokens[b] ?? '') : index === b ? (tokens[a] ?? '') : token))
  },
  (tokens, random) => {
    const at = random.below(tokens.length)
    return tokens.map((token, index) => (index === at ? spoilToken(token, random) : token))
  },
  (tokens, random, { others }) => {
    const from = random.below(others.length + 1)
    return tokens.toSpliced(random.below(tokens.length + 1), 0, ...others.slice(from, from + 1 + random.below(20)))
  },
  (tokens, random, { others }) => [
    ...tokens.slice(0, random.below(tokens.length + 1)),
    ...others.slice(random.below(others.length + 1)),
  ],
]

/** Changes words and signs of a text. */
export function spoilText(
  text: string,
  {
    other,
    words,
    random,
  }: {
    readonly other: string
    readonly words: readonly string[]
    readonly random: Random
  },
): string {
  const [first, ...rest] = words
  const word = (): string =>
    first !== undefined && random.chance(0.6) ? random.pick([first, ...rest]) : random.pick(NASTY)
  const changed = random.pick(CHANGES)(tokensOf(text), random, { others: tokensOf(other), word })
  return changed.join('')
}

function tokensOf(text: string): Tokens {
  return text.match(TOKEN) ?? []
}

function spoilToken(token: string, random: Random): string {
  const at = random.below(token.length + 1)
  return random.pick([
    token.toUpperCase(),
    token.toLowerCase(),
    token.slice(1),
    token.slice(0, -1),
    `${token.slice(0, at)}${random.below(10)}${token.slice(at)}`,
    token.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
    Array.from(token).toReversed().join(''),
  ])
}
