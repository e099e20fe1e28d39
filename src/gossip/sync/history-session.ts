import type { DatabaseMarks, HistoryRange } from '../../core/history.ts'
import type { Logger } from '../../core/logger.ts'
import type { NetworkConstants } from '../../core/network.ts'
import { TableUnavailableError } from '../../core/price-table.ts'
import type { AnswerTo } from './asker.ts'
import { historyRange } from './history-range.ts'
import type { HistorySyncComponents } from './history-components.ts'
import type { BudgetShare } from '../verification-budget.ts'
import { HistoryWalk, type TakenRows } from './history-walk.ts'
import { SyncFailure } from './sync-failure.ts'

/** A session ends after this long, and the next one goes on, milliseconds. */
export const HISTORY_SESSION_MS = 60_000
/** Time for verifying history while everything else goes on. */
export const HISTORY_TIME: BudgetShare = { burstMs: 500, share: 0.25 }

export interface HistorySyncOptions {
  readonly peerId: string
  readonly constants: NetworkConstants
  /** How far back history is taken over, milliseconds; Infinity is all of it. */
  readonly historyMs: number
  /** Milliseconds; Infinity for as long as it takes. @default 60,000 */
  readonly timeLimitMs?: number
  readonly signal?: AbortSignal | undefined
}

/** How a session of history with a peer ended. */
export interface HistorySyncResult extends TakenRows {
  /**
   * - `same`: both hold the same
   * - `shared`: both commit to the same database, so there is nothing to take over
   * - `not-served`: the peer has no history to offer, or none of that time
   * - `complete`: all days that differ were gone through
   * - `stopped`: it ended before, for `reason`; the next session goes on where it ended
   */
  readonly outcome: 'same' | 'shared' | 'not-served' | 'complete' | 'stopped'
  readonly reason: string | undefined
}

const NOTHING_TAKEN: TakenRows = { written: 0, present: 0, disputed: 0, refused: 0, leftOut: 0 }

/** Takes over from a peer what is committed there and not here. Never throws for what a peer or the table does. */
export async function syncHistory(
  components: HistorySyncComponents,
  options: HistorySyncOptions,
): Promise<HistorySyncResult> {
  const { asker, clock, marks } = components
  const { peerId, constants, historyMs, signal } = options
  const range = historyRange(constants, { wallMs: clock.now().wallMs, historyMs })
  try {
    const summary = await asker.ask({ kind: 'summary', range, mark: marks?.own }, { peerId, signal })
    return await takeHistory(components, { ...options, summary, asked: range })
  } catch (error) {
    return stopped(components, { error, signal, rows: NOTHING_TAKEN })
  }
}

export interface TakeHistoryOptions extends Omit<HistorySyncOptions, 'historyMs'> {
  /** What the peer has just answered when it was asked about `asked`. */
  readonly summary: AnswerTo<'summary'>
  readonly asked: HistoryRange
}

/** As {@link syncHistory}, after the peer has given its summary. */
export async function takeHistory(
  components: HistorySyncComponents,
  options: TakeHistoryOptions,
): Promise<HistorySyncResult> {
  const { asker, clock, history, marks, progress } = components
  const { peerId, summary, asked, timeLimitMs = HISTORY_SESSION_MS } = options
  if (isShared(summary, marks)) return { ...NOTHING_TAKEN, outcome: 'shared', reason: undefined }
  if (summary.history === undefined) return { ...NOTHING_TAKEN, outcome: 'not-served', reason: undefined }

  const deadline = new AbortController()
  const cancel = Number.isFinite(timeLimitMs)
    ? clock.after(timeLimitMs, () => deadline.abort(new SyncFailure('timeout', { reason: 'session-time' })))
    : () => undefined
  const signal = AbortSignal.any([deadline.signal, ...(options.signal === undefined ? [] : [options.signal])])
  const walk = new HistoryWalk(components, { peerId, constants: options.constants, signal })
  try {
    const { range, root } = summary.history
    if (range.fromDay < asked.fromDay || range.untilMs > asked.untilMs) throw asker.fault(peerId, 'bad-range')
    if ((await history.root(range)) === root) return { ...NOTHING_TAKEN, outcome: 'same', reason: undefined }
    await walk.go(range)
    progress?.report({ kind: 'done', complete: true })
    return { ...walk.taken, outcome: 'complete', reason: undefined }
  } catch (error) {
    if (walk.hasBegun) progress?.report({ kind: 'done', complete: false })
    return stopped(components, { error, signal, rows: walk.taken })
  } finally {
    cancel()
  }
}

/** Whether a peer commits to the same database, as far as it can be told. */
export function isShared({ shared, mark }: AnswerTo<'summary'>, marks: DatabaseMarks | undefined): boolean {
  return shared || (mark !== undefined && marks?.hasHeard(mark) === true)
}

function stopped(
  { logger }: HistorySyncComponents,
  {
    error,
    signal,
    rows,
  }: { readonly error: unknown; readonly signal: AbortSignal | undefined; readonly rows: TakenRows },
): HistorySyncResult {
  return { ...rows, outcome: 'stopped', reason: reasonOf(error, { logger, signal }) }
}

function reasonOf(
  error: unknown,
  { logger, signal }: { readonly logger: Logger; readonly signal: AbortSignal | undefined },
): string {
  if (error instanceof SyncFailure) return error.reason
  if (error instanceof TableUnavailableError) return 'table'
  if (signal?.aborted === true) return 'stopped'
  logger.error('history was not taken over; please report this', { error })
  return 'internal-error'
}
