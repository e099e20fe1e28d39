/** The largest time that JavaScript has a date for, either way, milliseconds. */
const DATE_LIMIT_MS = 8.64e15

/** A time in UTC to the second, as 2026-01-31T12:00:00Z; what is beyond all dates stays a number. */
export function utcText(ms: number): string {
  if (!(Math.abs(ms) <= DATE_LIMIT_MS)) return `${ms} ms`
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}
