const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** `0x1d44…f489`: enough of an address or digest to know it again. Anything else is cut, never trusted to be short. */
export function shortHex(text: string): string {
  return text.length > 14 ? `${text.slice(0, 6)}…${text.slice(-4)}` : text
}

/** Half of a peer id that differs from others: they all begin alike. */
export function shortPeerId(text: string): string {
  return text.length > 8 ? `…${text.slice(-6)}` : text
}

const JOINER = '\u2060'

/** An abbreviated address that no line breaks within. */
export function unbroken(text: string): string {
  return text.replaceAll('…', `${JOINER}…${JOINER}`)
}

const LONG_HEX = /\b0x[0-9a-f]{40,64}\b/g
const TIMESTAMP = /\b\d{4}-\d\d-\d\dT[\d:.]+Z/g

/** A sentence of the node's as it is read here: abbreviated addresses, and times of day as clocks here show them. */
export function inBrief(sentence: string, nowMs = Date.now()): string {
  return sentence
    .replace(LONG_HEX, (hex) => unbroken(shortHex(hex)))
    .replace(TIMESTAMP, (time) => timeOfDay(Date.parse(time), nowMs))
}

/** A duration in the two largest units that say something: `42 s`, `9 min`, `2 h 5 min`, `3 d 4 h`. */
export function duration(ms: number): string {
  const left = Math.max(0, ms)
  if (left < MINUTE) return `${Math.floor(left / SECOND)} s`
  if (left < HOUR) return `${Math.floor(left / MINUTE)} min`
  if (left < DAY) return joined(Math.floor(left / HOUR), 'h', Math.floor((left % HOUR) / MINUTE), 'min')
  return joined(Math.floor(left / DAY), 'd', Math.floor((left % DAY) / HOUR), 'h')
}

function joined(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`
}

/** How long ago something was; clocks that differ by seconds must not make it lie in the future. */
export function ago(ms: number): string {
  return ms < 5 * SECOND ? 'just now' : `${duration(ms)} ago`
}

/** A count-down, `4:07` or `1:02:00`: as wide at its end as at its start. */
export function countdown(ms: number): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND))
  const rest = `${twoDigits(Math.floor(seconds / 60) % 60)}:${twoDigits(seconds % 60)}`
  return seconds >= 3_600 ? `${Math.floor(seconds / 3_600)}:${rest}` : rest.replace(/^0(?=\d:)/, '')
}

const twoDigits = (value: number): string => String(value).padStart(2, '0')

const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const DATE = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const DATE_OF_YEAR = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

/** A time of day where the page is read; with the date unless that is today. */
export function timeOfDay(timeMs: number, nowMs: number): string {
  if (!Number.isFinite(timeMs)) return 'no time'
  const clock = CLOCK.format(timeMs)
  if (DATE_OF_YEAR.format(timeMs) === DATE_OF_YEAR.format(nowMs)) return clock
  const sameYear = new Date(timeMs).getFullYear() === new Date(nowMs).getFullYear()
  return `${(sameYear ? DATE : DATE_OF_YEAR).format(timeMs)}, ${clock}`
}

/** `1 signature`, `3 signatures`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** How far a clock is off of which the others are so far ahead: `12 ms slow`, `1.4 s fast`. */
export function clockError(othersAheadMs: number): string {
  const size = sizeOf(othersAheadMs)
  return size === '0 ms' ? size : `${size} ${othersAheadMs > 0 ? 'slow' : 'fast'}`
}

/** The same where there is little room: less than a second matters to nobody, whichever way it is. */
export function clockErrorInBrief(othersAheadMs: number): string {
  return Math.abs(othersAheadMs) < SECOND ? sizeOf(othersAheadMs) : clockError(othersAheadMs)
}

function sizeOf(ms: number): string {
  const size = Math.abs(ms)
  return size < SECOND ? `${Math.round(size)} ms` : `${(size / SECOND).toFixed(1)} s`
}
