import type { Round } from './api-shapes.ts'

const HOUR = 3_600_000

/** How far back the chart looks; null is as far as there are prices. */
export const RANGES = [
  { id: '1h', label: '1 h', name: '1 hour', spanMs: HOUR },
  { id: '6h', label: '6 h', name: '6 hours', spanMs: 6 * HOUR },
  { id: '24h', label: '24 h', name: '24 hours', spanMs: 24 * HOUR },
  { id: '7d', label: '7 d', name: '7 days', spanMs: 7 * 24 * HOUR },
  { id: 'all', label: 'All', name: 'everything', spanMs: null },
] as const

export type RangeId = (typeof RANGES)[number]['id']

export function isRangeId(text: string): text is RangeId {
  return RANGES.some(({ id }) => id === text)
}

/** Rounds that one page of the API holds, and pages that a chart is worth: beyond them it says where it begins. */
export const ROUNDS_A_PAGE = 500
export const PAGES_AT_MOST = 20

/** Of a young network a few rounds fill the chart; one alone would have no width. */
const FEWEST_ROUNDS = 3
/** Room before the first round and after the newest one, as a share of the width. */
const MARGIN = 0.02

export interface TimeWindow {
  readonly fromMs: number
  readonly toMs: number
}

/**
 * The stretch of time that a range shows: up to now, or to the newest round when a clock is behind; and no further back
 * than there are prices.
 *
 * @param rounds - newest first
 */
export function windowOf(
  range: RangeId,
  {
    rounds,
    nowMs,
    intervalMs,
  }: { readonly rounds: readonly Round[]; readonly nowMs: number; readonly intervalMs: number },
): TimeWindow {
  const [newest] = rounds
  const oldest = rounds.at(-1)
  const lastMs = newest === undefined ? nowMs : Math.max(nowMs, Date.parse(newest.startTime))
  const firstMs = oldest === undefined ? lastMs : Date.parse(oldest.startTime)
  const spanMs = RANGES.find(({ id }) => id === range)?.spanMs ?? Infinity
  const widthMs = Math.min(spanMs, Math.max(lastMs - firstMs, FEWEST_ROUNDS * intervalMs))
  return { fromMs: lastMs - widthMs * (1 + MARGIN), toMs: lastMs + widthMs * MARGIN }
}

/** Whether a further, older page of rounds is needed to fill a range. */
export function needsOlder(
  range: RangeId,
  { rounds, nowMs, pages }: { readonly rounds: readonly Round[]; readonly nowMs: number; readonly pages: number },
): boolean {
  if (pages >= PAGES_AT_MOST) return false
  const oldest = rounds.at(-1)
  const spanMs = RANGES.find(({ id }) => id === range)?.spanMs ?? null
  return oldest === undefined || spanMs === null || Date.parse(oldest.startTime) > nowMs - spanMs
}

/** Half or double the width of a window around its middle, within `outer`. */
export function zoomed(
  window: TimeWindow,
  { factor, outer }: { readonly factor: number; readonly outer: TimeWindow },
): TimeWindow {
  const width = Math.min((window.toMs - window.fromMs) * factor, outer.toMs - outer.fromMs)
  const middle = (window.fromMs + window.toMs) / 2
  const fromMs = Math.min(Math.max(middle - width / 2, outer.fromMs), outer.toMs - width)
  return { fromMs, toMs: fromMs + width }
}
