import { sha256 } from '@noble/hashes/sha2.js'
import { type Hex, fromHex, toHex } from './hex.ts'
import type { Day, HistoryDay, HistoryRange } from './history.ts'

export const DAY_MS = 86_400_000

/** The UTC day of a time, milliseconds since the Unix epoch. */
export function dayAt(timeMs: number): Day {
  return Math.floor(timeMs / DAY_MS) as Day
}

/** When a day begins, milliseconds since the Unix epoch. */
export function startOf(day: Day): number {
  return day * DAY_MS
}

/**
 * The days that lie in a range as a whole, from `from` on and before `until`, and the one that its end cuts off, if it
 * does not end with a day.
 */
export function partsOf({ fromDay, untilMs }: HistoryRange): DayStretch & { readonly cut: Day | undefined } {
  const until = dayAt(untilMs)
  if (until < fromDay) return { from: fromDay, until: fromDay, cut: undefined }
  return { from: fromDay, until, cut: startOf(until) < untilMs ? until : undefined }
}

/** Days from `from` on and before `until`. */
export interface DayStretch {
  readonly from: Day
  readonly until: Day
}

/** The root: SHA-256 over day ‖ hash of all days in ascending order, a day being four bytes, big-endian. */
export function rootOf(days: Iterable<Pick<HistoryDay, 'day' | 'hash'>>): Hex {
  const root = sha256.create()
  const number = new DataView(new ArrayBuffer(4))
  for (const { day, hash } of Array.from(days).toSorted((a, b) => a.day - b.day)) {
    number.setUint32(0, day)
    root.update(new Uint8Array(number.buffer)).update(fromHex(hash))
  }
  return toHex(root.digest())
}
