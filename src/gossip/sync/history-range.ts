import { oldestOpenRound } from '../../consensus/windows.ts'
import type { Day, HistoryRange } from '../../core/history.ts'
import { dayAt, startOf } from '../../core/history-tree.ts'
import type { NetworkConstants } from '../../core/network.ts'

/** A row follows its quorum by so many quiet periods at most, and its quorum the collect window's end by none. */
const QUIET_PERIODS = 3

/**
 * The history that a node takes part in, by its own wall clock. It ends where statements may still be collected or on
 * their way into the table: those are compared as pending, and committed everywhere by themselves.
 *
 * @param historyMs - how far back; Infinity is all of it
 */
export function historyRange(
  { intervalMs, quietPeriodMs }: Pick<NetworkConstants, 'intervalMs' | 'quietPeriodMs'>,
  { wallMs, historyMs }: { readonly wallMs: number; readonly historyMs: number },
): HistoryRange {
  const untilMs = oldestOpenRound(wallMs - QUIET_PERIODS * quietPeriodMs, intervalMs) * intervalMs
  return { fromDay: dayAt(Math.max(0, wallMs - historyMs)), untilMs: Math.max(0, untilMs) }
}

/** What two stretches have in common; undefined when it is nothing. */
export function commonRange(a: HistoryRange, b: HistoryRange): HistoryRange | undefined {
  const fromDay = Math.max(a.fromDay, b.fromDay) as Day
  const untilMs = Math.min(a.untilMs, b.untilMs)
  return startOf(fromDay) < untilMs ? { fromDay, untilMs } : undefined
}

/** Whether any of a day lies in the range. */
export function covers(range: HistoryRange, day: Day): boolean {
  return day >= range.fromDay && startOf(day) < range.untilMs
}
