/** A server that asks for more is mistaken, and a timer holds no more than 24.8 days. */
const LONGEST_MS = 24 * 60 * 60 * 1000

const SECONDS = /^\d{1,15}$/
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * How long a server asks us to wait, from its `Retry-After`: seconds, or a date.
 *
 * A date is read against the `Date` of the same answer where there is one, so that clocks that differ do no harm.
 *
 * @param headers - header values as received
 * @param nowMs - our wall clock, milliseconds since the Unix epoch
 * @returns milliseconds, from 0 to one day; undefined when the server does not say, or not as RFC 9110 has it
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export function readRetryAfter(
  headers: { readonly retryAfter: unknown; readonly date: unknown },
  nowMs: number,
): number | undefined {
  if (typeof headers.retryAfter !== 'string') return undefined
  const text = headers.retryAfter.trim()
  if (SECONDS.test(text)) return Math.min(Number(text) * 1000, LONGEST_MS)
  const untilMs = readDate(text)
  if (untilMs === undefined) return undefined
  return Math.min(Math.max(0, untilMs - (readDate(headers.date) ?? nowMs)), LONGEST_MS)
}

function readDate(text: unknown): number | undefined {
  if (typeof text !== 'string' || !HTTP_DATE.test(text)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
