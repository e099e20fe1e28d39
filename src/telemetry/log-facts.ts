import { REDACTED } from '../core/secret-value.ts'
import { redactUrls } from '../core/redact.ts'

const SECRET_NAME = /password(?!_?file)|passphrase|private_?key|secret|network_?key|mnemonic/i
/** Names that the line itself uses. */
const TAKEN = new Set(['level', 'time', 'part', 'msg'])
const DEEPEST = 4
const MOST_BYTES = 128

/** Facts as they go into a line: plain, without secrets, and whatever they hold, JSON can write them. */
export function plainFacts(
  facts: Readonly<Record<string, unknown>>,
  options: { readonly stacks: boolean },
): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(facts)) {
    out[TAKEN.has(key) ? `${key}_` : key] = SECRET_NAME.test(key) ? REDACTED : plain(value, { ...options, depth: 0 })
  }
  return out
}

interface PlainOptions {
  readonly stacks: boolean
  readonly depth: number
}

function plain(value: unknown, options: PlainOptions): unknown {
  switch (typeof value) {
    case 'string':
      return redactUrls(value)
    case 'number':
      return Number.isFinite(value) ? value : String(value)
    case 'bigint':
    case 'symbol':
      return String(value)
    case 'function':
      return '[function]'
    case 'boolean':
    case 'undefined':
      return value
    case 'object':
      return value === null ? null : plainObject(value, { ...options, depth: options.depth + 1 })
  }
}

function plainObject(value: object, options: PlainOptions): unknown {
  if (value instanceof Error) return plainError(value, options)
  if (options.depth > DEEPEST) return '…'
  if (value instanceof Uint8Array) return hexOf(value)
  if (value instanceof Map) return plainObject(Object.fromEntries(value), options)
  if (value instanceof Set) return plainObject([...value], options)
  if (Array.isArray(value)) return value.map((item) => plain(item, options))
  if ('toJSON' in value && typeof value.toJSON === 'function') return plain(jsonOf(value), options)
  return plainEntries(value, options)
}

function plainEntries(value: object, options: PlainOptions): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, SECRET_NAME.test(key) ? REDACTED : plain(item, options)]),
  )
}

function plainError(error: Error, options: PlainOptions): Record<string, unknown> {
  const message = redactUrls(error.message === '' ? error.name : error.message)
  return {
    message,
    ...('code' in error ? { code: plain(error.code, options) } : {}),
    ...(error.cause === undefined || options.depth > DEEPEST ? {} : { cause: plain(error.cause, options) }),
    ...(error instanceof AggregateError ? { errors: plain(error.errors, options) } : {}),
    ...(options.stacks && error.stack !== undefined ? { stack: redactUrls(error.stack) } : {}),
  }
}

function hexOf(bytes: Uint8Array): string {
  const shown = Buffer.from(bytes.subarray(0, MOST_BYTES)).toString('hex')
  return `0x${shown}${bytes.length > MOST_BYTES ? `… (${bytes.length} bytes)` : ''}`
}

function jsonOf(value: object): unknown {
  try {
    return JSON.parse(JSON.stringify(value) ?? 'null')
  } catch {
    return '[not printable]'
  }
}
