/** What {@link readMoment} reads, in words that follow `It should be`. */
export const MOMENT_WORDS = 'a day in UTC, as 2026-01-31, or a time, as 2026-01-31T12:00:00Z'

/** Names to Ajv what {@link readMoment} reads. */
export const MOMENT_FORMAT = 'moment'

const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ]((?:[01]\d|2[0-3]):\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)))?$/
// Prices are observed at whole milliseconds, of which JavaScript reads the beginning.
const BETWEEN_MILLISECONDS = /\.\d{3}\d*[1-9]/

/**
 * Reads a day, which stands for its beginning in UTC, or a time as RFC 3339 has it, of which seconds may be left out.
 *
 * @returns the first millisecond since the Unix epoch that is not before it; undefined when it is neither
 */
export function readMoment(text: string): number | undefined {
  const [, day, time = '00:00Z'] = MOMENT.exec(text.toUpperCase()) ?? []
  if (day === undefined || !isDay(day)) return undefined
  const ms = Date.parse(`${day}T${time}`)
  // A leap second is well-formed, and no time that JavaScript knows.
  if (Number.isNaN(ms)) return undefined
  return BETWEEN_MILLISECONDS.test(time) ? ms + 1 : ms
}

/** The 31st of a shorter month would be read as another day. */
function isDay(text: string): boolean {
  return new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) ?? false
}
