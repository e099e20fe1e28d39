import pc from 'picocolors'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** One line of the log, as it stands in JSON, where the facts lie beside the other members. */
export interface LogRecord {
  readonly level: LogLevel
  /** ISO 8601, UTC. */
  readonly time: string
  /** The room of the program that the line comes from. */
  readonly part?: string
  readonly msg: string
  readonly [fact: string]: unknown
}

export const PREFIX_COLOURS = ['cyan', 'magenta', 'green', 'blue', 'yellow', 'white'] as const
type PrefixColour = (typeof PREFIX_COLOURS)[number]

export interface FormatOptions {
  /** Whether to use escape sequences for colour. */
  readonly colour: boolean
  /** Put before everything else: whose line it is. */
  readonly prefix?: { readonly text: string; readonly colour: PrefixColour } | undefined
}

const LEVELS: Readonly<
  Record<LogLevel, { readonly word: string; readonly paint: 'gray' | 'cyan' | 'yellow' | 'red' }>
> = {
  debug: { word: 'DEBUG', paint: 'gray' },
  info: { word: 'INFO ', paint: 'cyan' },
  warn: { word: 'WARN ', paint: 'yellow' },
  error: { word: 'ERROR', paint: 'red' },
}

const PART_WIDTH = 10
const LONGEST_FACT = 200

/**
 * A record as one line for people: `HH:MM:SS LEVEL part  message  key=value …`, the time in the machine's time zone; the
 * stack of an error follows on lines of its own when the record has one.
 *
 * Whatever a stranger put into a fact, it stays on its line and moves no cursor.
 */
export function formatLine(record: LogRecord, { colour, prefix }: FormatOptions): string {
  const paint = pc.createColors(colour)
  const { level, time, part = '', msg, ...facts } = record
  const { word, paint: levelColour } = LEVELS[level]
  const known = Object.entries(facts).filter(([, value]) => value !== undefined)
  const shown = known.map(([key, value]) => paint.dim(` ${printable(key)}=${formatFact(value)}`)).join('')
  const stacks = known.flatMap(([, value]) => stackOf(value)).map((frame) => `\n    ${paint.dim(printable(frame))}`)
  const sentence = level === 'warn' || level === 'error' ? paint[levelColour](printable(msg)) : printable(msg)
  const line = [
    ...(prefix === undefined ? [] : [paint[prefix.colour](prefix.text)]),
    paint.dim(clockTime(time)),
    paint[levelColour](word),
    ...(part === '' ? [] : [paint.dim(printable(part).padEnd(PART_WIDTH))]),
    sentence,
  ].join(' ')
  return `${line}${shown === '' ? '' : ` ${shown}`}${stacks.join('')}`
}

/** The record that a line of JSON holds; undefined when it holds none. */
export function parseRecord(line: string): LogRecord | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    return isRecord(parsed) ? parsed : undefined
  } catch {
    return undefined
  }
}

/** A line from a process that may not be one of ours: formatted when it is a record, and as it is when it is not. */
export function formatAnyLine(line: string, options: FormatOptions): string {
  const record = parseRecord(line)
  if (record !== undefined) return formatLine(record, options)
  const { colour, prefix } = options
  const text = printable(line)
  return prefix === undefined ? text : `${pc.createColors(colour)[prefix.colour](prefix.text)} ${text}`
}

function isRecord(value: unknown): value is LogRecord {
  if (typeof value !== 'object' || value === null) return false
  const { level, time, msg, part } = value as Readonly<Record<string, unknown>>
  return (
    typeof level === 'string' &&
    Object.hasOwn(LEVELS, level) &&
    typeof time === 'string' &&
    typeof msg === 'string' &&
    (part === undefined || typeof part === 'string')
  )
}

function clockTime(iso: string): string {
  const time = new Date(iso)
  if (Number.isNaN(time.getTime())) return '--:--:--'
  return [time.getHours(), time.getMinutes(), time.getSeconds()].map((unit) => `${unit}`.padStart(2, '0')).join(':')
}

const PLAIN = /^[\p{L}\p{N}_.,:;/@%+*#()[\]<>|~^&?!$'…-]+$/u

function formatFact(value: unknown): string {
  if (typeof value !== 'string' && !isError(value)) return shorten(printable(JSON.stringify(value) ?? String(value)))
  const text = shorten(typeof value === 'string' ? value : sentenceOf(value))
  return PLAIN.test(text) ? text : printable(JSON.stringify(text))
}

const DIGEST = /^0x[0-9a-f]{64}$/

function shorten(text: string): string {
  // People tell digests apart by their ends; JSON has them whole.
  if (DIGEST.test(text)) return `${text.slice(0, 10)}…${text.slice(-4)}`
  return text.length > LONGEST_FACT ? `${text.slice(0, LONGEST_FACT)}…` : text
}

/** An error in words, with what caused it. */
function sentenceOf(error: PlainError): string {
  const { message, cause } = error
  return isError(cause) ? `${message}: ${sentenceOf(cause)}` : message
}

function stackOf(value: unknown): readonly string[] {
  if (!isError(value) || typeof value.stack !== 'string') return []
  return value.stack
    .split('\n')
    .slice(1)
    .map((frame) => frame.trim())
}

/** What the logger makes of an error. */
interface PlainError {
  readonly message: string
  readonly cause?: unknown
  readonly stack?: unknown
}

function isError(value: unknown): value is PlainError {
  return typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
}

/** Control characters, line ends and marks that turn the direction of text, made visible. */
function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
