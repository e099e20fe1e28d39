import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { PriceRow, PriceTable, WriteOutcome } from '../core/price-table.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { Attestation, StatementId } from '../core/statement.ts'
import { IntervalMismatchError } from './interval-mismatch-error.ts'
import { TableOutage } from './table-outage.ts'
import { WaitingRows } from './waiting-rows.ts'

export interface TableWriterComponents {
  readonly table: PriceTable
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly logger: Logger
  /** Told once of every row that the table has answered for. */
  readonly onOutcome: (id: StatementId, outcome: WriteOutcome) => void
  /** Told once, when the table has answered for the first time: it is there, with all that it is made of. */
  readonly onAnswered?: (() => void) | undefined
  /** Told once when the table must not be written by this node; the writer has stopped trying then. */
  readonly onFatal: (error: IntervalMismatchError) => void
}

export interface TableWriterOptions {
  /** Rows in one write at most. @default 200 */
  readonly batchSize?: number
  /** How long a row is left to others who have this table too, milliseconds; 0 for a table of one's own. @default 0 */
  readonly turnDelayMs?: (attestation: Attestation) => number
}

// Rows whose turns come together come one by one; waiting this long lets them share a write.
const GATHER_MS = 20
const BATCH_SIZE = 200
// Ids that were heard of, remembered: about half a megabyte.
const HEARD_LIMIT = 4_096
/** A table that does not answer is left alone when the node ends, milliseconds: what waits is on the disk. */
export const STOP_PATIENCE_MS = 3_000

export function createTableWriter(components: TableWriterComponents, options: TableWriterOptions = {}): TableWriter {
  return new TableWriter(components, options)
}

/**
 * Brings rows into the table, each when its turn has come, however long the table is away. A row that somebody else has
 * brought in meanwhile is let go of without a statement when that is {@link heard}.
 */
export class TableWriter {
  readonly #components: TableWriterComponents
  readonly #batchSize: number
  readonly #turnDelayMs: (attestation: Attestation) => number
  readonly #outage: TableOutage
  readonly #startedAtWallMs: number
  /** Rows stay here until the table has answered for them. */
  readonly #waiting = new WaitingRows()
  /** What is being written: the write says what became of it, not the notification that follows from it. */
  #underWay: ReadonlySet<StatementId> = new Set()
  /** A row may be heard of before this node's own quiet period has ended. */
  readonly #heard = new RecentMap<StatementId, true>({ limit: HEARD_LIMIT })
  #hearing = false
  /** Whether rows may have come into the table unheard. */
  #mustLook = false
  #hurrying = 0
  #state: 'new' | 'started' | 'stopping' | 'over' = 'new'
  #mismatch: IntervalMismatchError | undefined
  #working: Promise<void> | undefined
  #pause: { readonly controller: AbortController; readonly turnAtMs?: number } | undefined
  #stopping: Promise<void> | undefined
  /** Whether the table has answered: a wrong password is told at the start, not when the first row is due. */
  #answered = false

  constructor(components: TableWriterComponents, options: TableWriterOptions = {}) {
    const { batchSize = BATCH_SIZE, turnDelayMs = () => 0 } = options
    this.#components = components
    this.#batchSize = batchSize
    this.#turnDelayMs = turnDelayMs
    this.#outage = new TableOutage(components)
    this.#startedAtWallMs = components.clock.now().wallMs
  }

  /** Takes a row to write; one that waits already is taken once. Nothing is written before {@link start}. */
  enqueue(row: PriceRow): void {
    const { attestation } = row
    if (this.#waiting.has(attestation.id)) return
    // The outcome of what was heard already is told later all the same: whoever hands a row over is not called meanwhile.
    const delayMs = this.#heard.has(attestation.id) ? 0 : this.#turnDelayMs(attestation)
    const { monoMs, wallMs } = this.#components.clock.now()
    // A row that an earlier process left has been owed since then, one of this process since it is due.
    const isOld = row.lastSignedAtMs < this.#startedAtWallMs
    const owedSinceMs = isOld ? monoMs - Math.max(0, wallMs - row.lastSignedAtMs) : monoMs
    this.#waiting.add(row, { delayMs, nowMs: monoMs, owedSinceMs })
    this.#wake()
  }

  /** Takes ids of rows that are in the table: this node leaves them alone. */
  heard(ids: readonly StatementId[]): void {
    for (const id of ids) {
      this.#heard.set(id, true)
      if (this.#waiting.has(id) && !this.#underWay.has(id)) this.#settle(id, { kind: 'present' })
    }
    this.#wake()
  }

  /**
   * Whether every row that comes into the table is {@link heard} from now on. While it is not, one read before a write
   * shows which rows are there already; when it is again, one shows what came meanwhile.
   */
  setHearing(hearing: boolean): void {
    this.#hearing = hearing
    if (hearing && this.#waiting.size > 0) this.#mustLook = true
    this.#wake()
  }

  /** Rows that wait for the table, those under way included. */
  depth(): number {
    return this.#waiting.size
  }

  /** How long the oldest of them has waited, before a restart too, milliseconds; undefined when nothing waits. */
  oldestMs(): number | undefined {
    const atMs = this.#waiting.oldestAtMs()
    return atMs === undefined ? undefined : this.#nowMs() - atMs
  }

  /** Why the table cannot be written now; undefined when it can, as far as is known. */
  fault(): string | undefined {
    return this.#mismatch?.message ?? this.#outage.reason
  }

  /** Idempotent. */
  start(): void {
    if (this.#state !== 'new') return
    this.#state = 'started'
    this.#wake()
  }

  /** Tries at once instead of at its turn or the next retry. Resolves when nothing waits any more, or when `signal` aborts. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#pause?.controller.abort()
    if (this.#working === undefined || signal.aborted) return
    this.#hurrying += 1
    const aborted = Promise.withResolvers<void>()
    const onAbort = (): void => aborted.resolve()
    signal.addEventListener('abort', onAbort)
    await Promise.race([this.#working, aborted.promise])
    signal.removeEventListener('abort', onAbort)
    this.#hurrying -= 1
  }

  /**
   * Writes what still waits, whosever turn it is, unless the table is away, and ends; idempotent. A table that does not
   * answer has {@link STOP_PATIENCE_MS}; what it does later is found out after the next start.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#state = 'stopping'
    this.#pause?.controller.abort()
    await this.#workedWithin(STOP_PATIENCE_MS)
    this.#state = 'over'
    const rows = this.#waiting.size
    if (rows > 0) {
      this.#components.logger.info(
        'stopped with rows that are not in the table; they are on the disk, and written after the next start',
        { rows },
      )
    }
  }

  async #workedWithin(timeoutMs: number): Promise<void> {
    const over = Promise.withResolvers<void>()
    const cancel = this.#components.clock.after(timeoutMs, () => over.resolve())
    await Promise.race([this.#working, over.promise])
    cancel()
  }

  #nowMs(): number {
    return this.#components.clock.now().monoMs
  }

  #wake(): void {
    if (this.#working !== undefined) {
      const turnAtMs = this.#pause?.turnAtMs
      if (turnAtMs !== undefined && turnAtMs !== this.#dueAtMs()) this.#pause?.controller.abort()
      return
    }
    if (this.#state === 'started' && this.#hasWork()) this.#working = this.#work()
  }

  #hasWork(): boolean {
    return (
      this.#waiting.size > 0 || (this.#state === 'started' && (!this.#answered || this.#outage.reason !== undefined))
    )
  }

  async #work(): Promise<void> {
    try {
      await this.#rest(GATHER_MS)
      while (this.#hasWork() && this.#mayTry()) {
        const turnAtMs = this.#dueAtMs()
        const waitMs = turnAtMs - this.#nowMs()
        await (waitMs > 0 ? this.#rest(waitMs, { turnAtMs }) : this.#rest(await this.#ask()))
      }
    } finally {
      this.#working = undefined
    }
  }

  #mayTry(): boolean {
    if (this.#mismatch !== undefined || this.#state === 'over') return false
    return this.#state === 'started' || this.#outage.reason === undefined || !this.#mustLook
  }

  get #isInHurry(): boolean {
    return this.#state === 'stopping' || this.#hurrying > 0
  }

  /** When the table is to be asked next, on the monotonic clock. */
  #dueAtMs(): number {
    const mustAsk = !this.#answered || this.#mustLook || this.#waiting.size === 0
    return mustAsk || this.#isInHurry ? 0 : this.#waiting.nextTurnAtMs() + GATHER_MS
  }

  /** @returns milliseconds to rest before the next time */
  async #ask(): Promise<number> {
    const { logger, onFatal } = this.#components
    try {
      this.#dropHeard()
      if (this.#mustLook) await this.#lookAfterSilence()
      const batch = await this.#takeDue()
      const isOver = this.#outage.reason !== undefined && this.#waiting.size === 0
      if (batch.length > 0 || !this.#answered || isOver) await this.#write(batch)
      return 0
    } catch (error) {
      // Nobody waits for the answer any more, and whom it would be told of is gone.
      if (this.#state === 'over') return 0
      if (!(error instanceof IntervalMismatchError)) {
        this.#mustLook = true
        return this.#outage.extend(error, { waiting: this.#waiting.size })
      }
      this.#mismatch = error
      logger.error(error.message)
      onFatal(error)
      return 0
    }
  }

  #dropHeard(): void {
    for (const id of this.#waiting.ids()) {
      if (this.#heard.has(id)) this.#settle(id, { kind: 'present' })
    }
  }

  /** Others may have written while this node could not, or could not hear of it; after an outage all turns begin anew. */
  async #lookAfterSilence(): Promise<void> {
    this.#mustLook = false
    await this.#look()
    if (this.#outage.reason !== undefined) this.#waiting.restartTurns(this.#nowMs())
  }

  async #look(): Promise<void> {
    const ids = this.#waiting.ids()
    if (ids.length === 0) return
    const present = await this.#components.table.present(ids)
    if (this.#state === 'over') return
    for (const id of present) {
      if (this.#waiting.has(id)) this.#settle(id, { kind: 'present' })
    }
  }

  /** The rows whose turn has come and which are not in the table, as far as can be known without trying. */
  async #takeDue(): Promise<readonly PriceRow[]> {
    const isDue = (): readonly PriceRow[] =>
      this.#waiting.due(this.#isInHurry ? Number.POSITIVE_INFINITY : this.#nowMs(), this.#batchSize)
    const due = isDue()
    if (this.#hearing || this.#isInHurry || due.every(({ attestation: { id } }) => this.#waiting.isOurs(id))) return due
    await this.#look()
    return isDue()
  }

  async #write(batch: readonly PriceRow[]): Promise<void> {
    this.#underWay = new Set(batch.map(({ attestation }) => attestation.id))
    try {
      const outcomes = await this.#components.table.write(batch)
      if (this.#state === 'over') return
      if (!this.#answered) this.#components.onAnswered?.()
      this.#answered = true
      for (const id of this.#underWay) {
        const outcome = outcomes.get(id)
        this.#countConflict(outcome)
        this.#settle(id, outcome)
      }
      this.#outage.end({ waiting: this.#waiting.size })
    } finally {
      this.#underWay = new Set()
    }
  }

  #countConflict(outcome: WriteOutcome | undefined): void {
    if (outcome?.kind !== 'present' && outcome?.kind !== 'slot-taken') return
    this.#components.counters.add('gp_commit_conflicts_total', { outcome: outcome.kind })
  }

  #settle(id: StatementId, outcome: WriteOutcome | undefined): void {
    const { logger, counters, onOutcome } = this.#components
    if (outcome === undefined) throw new Error(`the table did not say what became of ${id}`)
    this.#waiting.delete(id)
    counters.add('gp_rows_total', { outcome: outcome.kind })
    if (outcome.kind === 'refused') {
      logger.error('the database refuses a row for good; it is not tried again', { id, reason: outcome.reason })
    }
    try {
      onOutcome(id, outcome)
    } catch (error) {
      logger.error('what follows a write failed; please report this', { id, error })
    }
  }

  /** @param reason - `turnAtMs`: it ends early when the time of the next turn is no longer this */
  async #rest(delayMs: number, reason: { readonly turnAtMs?: number } = {}): Promise<void> {
    if (delayMs === 0) return
    const controller = new AbortController()
    this.#pause = { controller, ...reason }
    try {
      await this.#components.clock.sleep(delayMs, controller.signal)
    } catch (error) {
      if (!controller.signal.aborted) throw error
    } finally {
      this.#pause = undefined
    }
  }
}
