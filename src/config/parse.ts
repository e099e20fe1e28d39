import { PAIRS_LIMIT } from '../core/agreed-constants.ts'
import { DEVIATION_SCALE } from '../core/network.ts'
import { isName, isPair } from '../core/statement.ts'
import { nearest } from './nearest.ts'

/** What a text stands for, or everything that is wrong with it. */
export type Parsed<T> = { readonly value: T } | { readonly faults: readonly Fault[] }

export interface Fault {
  /** The part of the text that is wrong; the whole text when left out. */
  readonly item?: string
  readonly expected: string
  readonly suggestion?: string | undefined
}

/** The text of a file, or why it cannot be read. */
export interface Files {
  read(path: string): { readonly text: string } | { readonly reason: string }
}

/** Reads the text of one variable; `text` is trimmed and not empty. */
export type Parse<T> = (text: string, files: Files) => Parsed<T>

export function fault(expected: string, suggestion?: string): { readonly faults: readonly Fault[] } {
  return { faults: [{ expected, suggestion }] }
}

export const NO_EMPTY_ITEM = 'no empty item in the list (a comma too many?)'

/** Parses a list whose items are parsed one by one; all that is wrong is reported, and so is a repeated item. */
export function parseList<T>(parseItem: (item: string) => Parsed<T>): Parse<readonly T[]> {
  return (text) => {
    const items = text.split(',').map((item) => item.trim())
    const faults: Fault[] = []
    const values: T[] = []
    for (const [index, item] of items.entries()) {
      const parsed = item === '' ? fault(NO_EMPTY_ITEM) : parseItem(item)
      if ('faults' in parsed) faults.push(...parsed.faults.map((each) => ({ item, ...each })))
      else if (items.indexOf(item) < index) faults.push({ item, expected: 'every item once' })
      else values.push(parsed.value)
    }
    return faults.length === 0 ? { value: values } : { faults }
  }
}

/** A text, or with `@FILE` the text in that file. */
export function contentOf(text: string, files: Files): Parsed<string> {
  if (!text.startsWith('@')) return { value: text }
  const file = files.read(text.slice(1))
  return 'text' in file ? { value: file.text } : fault(`@ and a file that can be read (${file.reason})`)
}

const WORDS: Readonly<Record<string, boolean>> = { true: true, yes: true, 1: true, false: false, no: false, 0: false }

export const parseBoolean: Parse<boolean> = (text) => {
  const value = Object.hasOwn(WORDS, text.toLowerCase()) ? WORDS[text.toLowerCase()] : undefined
  return value === undefined ? fault('true or false', nearest(text, ['true', 'false'])) : { value }
}

/** A whole number; both ends belong to the range. */
export function parseInteger(range: { readonly from: number; readonly to: number }): Parse<number> {
  return (text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    return value >= range.from && value <= range.to
      ? { value }
      : fault(`a whole number from ${range.from} to ${range.to}`)
  }
}

/** The longest time that can be configured: timers hold 24 days, and nothing here is slower than a week. */
const LONGEST_SECONDS = 7 * 24 * 3600

/** Seconds above 0, to the millisecond; the value is in milliseconds. */
export const parseSeconds: Parse<number> = (text) => {
  const value = Math.round(decimal(text, 3) * 1000)
  return value > 0 && value <= LONGEST_SECONDS * 1000
    ? { value }
    : fault(`a number of seconds above 0 and up to ${LONGEST_SECONDS}, with at most 3 decimals`)
}

/** Whole seconds; the value is in milliseconds. */
export const parseWholeSeconds: Parse<number> = (text) => {
  const value = decimal(text, 0)
  return value >= 1 && value <= LONGEST_SECONDS
    ? { value: value * 1000 }
    : fault(`a whole number of seconds from 1 to ${LONGEST_SECONDS}`)
}

function decimal(text: string, places: number): number {
  const match = /^\d{1,9}(?:\.(\d{1,9}))?$/.exec(text)
  return match === null || (match[1]?.length ?? 0) > places ? Number.NaN : Number(text)
}

const PERCENT_PLACES = 7

/** Percent from 0 to 100 as parts of {@link DEVIATION_SCALE}, without a floating-point number in between. */
export const parsePercent: Parse<bigint> = (text) => {
  const match = /^(\d{1,3})(?:\.(\d{1,7}))?$/.exec(text)
  const value = match === null ? -1n : BigInt(`${match[1]}${(match[2] ?? '').padEnd(PERCENT_PLACES, '0')}`)
  return value >= 0n && value <= DEVIATION_SCALE
    ? { value }
    : fault(`a percentage from 0 to 100, with at most ${PERCENT_PLACES} decimals and no sign`)
}

export function parseOneOf<const T extends string>(choices: readonly T[]): Parse<T> {
  return (text) => {
    const value = choices.find((choice) => choice === text.toLowerCase())
    return value === undefined ? fault(`one of ${choices.join(', ')}`, nearest(text, choices)) : { value }
  }
}

export const parseName: Parse<string> = (value) =>
  isName(value) ? { value } : fault('1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first')

export const parsePairs: Parse<readonly string[]> = (text, files) => {
  const parsed = parseList(parsePair)(text, files)
  if ('value' in parsed && parsed.value.length > PAIRS_LIMIT) return fault(`at most ${PAIRS_LIMIT} pairs`)
  return parsed
}

function parsePair(value: string): Parsed<string> {
  if (isPair(value)) return { value }
  const suggestion = value.toUpperCase().replace(/[/_:]/, '-')
  return fault('BASE-QUOTE in capital letters, as ETH-USD', isPair(suggestion) ? suggestion : undefined)
}

export const parsePath: Parse<string> = (value) => ({ value })

/** A path at which there is a file that can be read. */
export const parseFile: Parse<string> = (value, files) => {
  const file = files.read(value)
  return 'text' in file ? { value } : fault(`a file that can be read (${file.reason})`)
}

const DAYS = parseInteger({ from: 1, to: 36_500 })
const DAY_MS = 24 * 3_600_000

/** How far back history goes, in milliseconds: 0 is none, Infinity all. */
export const parseHistory: Parse<number> = (text, files) => {
  if (text.toLowerCase() === 'off') return { value: 0 }
  if (text.toLowerCase() === 'all') return { value: Infinity }
  const days = DAYS(text, files)
  return 'value' in days ? { value: days.value * DAY_MS } : fault('off, all, or a whole number of days from 1 to 36500')
}
