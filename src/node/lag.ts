import { CO_SIGN_AHEAD_MS } from '../consensus/windows.ts'
import { roundAt } from '../core/statement.ts'
import type { AgreedConstants } from '../core/status.ts'

/** A row follows its quorum by so many quiet periods at most. */
const QUIET_PERIODS = 3
/** A status may be late by half an interval; by more, it was missed. */
export const MISSED_INTERVALS = 1.5

/** What a node reports of the rows in its table. Milliseconds since the Unix epoch, on its own clock. */
export interface Committed {
  /** Undefined while it knows of none. */
  readonly lastCommittedAtMs: number | undefined
  /** When its process began. */
  readonly startedAtMs: number
}

export type Pace = Pick<AgreedConstants, 'intervalMs' | 'quietPeriodMs'>

/**
 * How far the network has come: when the newest row was observed that at least half of the nodes have, those that know
 * of no row counted too. So a lie of few, or a clock that is ahead, makes nobody look late.
 */
export function frontOf(nodes: readonly Committed[], { wallMs }: { readonly wallMs: number }): number | undefined {
  const newestFirst = nodes
    .flatMap(({ lastCommittedAtMs }) => lastCommittedAtMs ?? [])
    .filter((ms) => ms <= wallMs + CO_SIGN_AHEAD_MS)
    .toSorted((a, b) => b - a)
  return newestFirst[Math.ceil(nodes.length / 2) - 1]
}

/**
 * Why a node's table is behind the `front`, in a sentence; undefined when it is not. A round is allowed, since a row
 * comes at another moment everywhere, and the time that the quiet period of a row and a status of it may take. Rows of
 * all pairs count alike.
 */
export function whyLate(
  { lastCommittedAtMs, startedAtMs }: Committed,
  {
    frontMs,
    pace: { intervalMs, quietPeriodMs },
    statusIntervalMs,
  }: { readonly frontMs: number; readonly pace: Pace; readonly statusIntervalMs: number },
): string | undefined {
  // Whoever has just begun need not know what was there before.
  const reachedMs = lastCommittedAtMs ?? startedAtMs
  const rounds = roundAt(frontMs, intervalMs) - roundAt(reachedMs, intervalMs)
  const allowedMs = intervalMs + QUIET_PERIODS * quietPeriodMs + MISSED_INTERVALS * statusIntervalMs
  if (rounds * intervalMs <= allowedMs) return undefined
  if (lastCommittedAtMs === undefined) {
    return `It knows of no row in its table since it started, ${rounds} rounds before the newest row of the others.`
  }
  return `Its newest row is ${rounds} rounds older than that of the others.`
}
