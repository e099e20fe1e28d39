import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { PriceRow, PriceTable, WriteOutcome } from '../core/price-table.ts'
import type { StatementId } from '../core/statement.ts'
import { IntervalMismatchError } from './interval-mismatch-error.ts'
import { TableOutage } from './table-outage.ts'

export interface TableWriterComponents {
  readonly table: PriceTable
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly logger: Logger
  /** Told once of every row that the table has answered for. */
  readonly onOutcome: (id: StatementId, outcome: WriteOutcome) => void
  /** Told once when the table must not be written by this node; the writer has stopped trying then. */
  readonly onFatal: (error: IntervalMismatchError) => void
}

export interface TableWriterOptions {
  /** Rows in one write at most. @default 200 */
  readonly batchSize?: number
}

// Rows whose quiet periods end together come one by one; waiting this long lets them share a write.
const GATHER_MS = 20
const BATCH_SIZE = 200

export function createTableWriter(components: TableWriterComponents, options: TableWriterOptions = {}): TableWriter {
  return new TableWriter(components, options)
}

/** Brings rows into the table, in the order in which they come, however long the table is away. */
export class TableWriter {
  readonly #components: TableWriterComponents
  readonly #batchSize: number
  readonly #outage: TableOutage
  /** Rows stay here until the table has answered for them. */
  readonly #waiting = new Map<StatementId, PriceRow>()
  #state: 'new' | 'started' | 'stopping' = 'new'
  #mismatch: IntervalMismatchError | undefined
  #working: Promise<void> | undefined
  #pause: AbortController | undefined
  #stopped = false
  /** Whether the table has answered: a wrong password is told at the start, not when the first row is due. */
  #answered = false

  constructor(components: TableWriterComponents, { batchSize = BATCH_SIZE }: TableWriterOptions = {}) {
    this.#components = components
    this.#batchSize = batchSize
    this.#outage = new TableOutage(components)
  }

  /** Takes a row to write; one that waits already is taken once. Nothing is written before {@link start}. */
  enqueue(row: PriceRow): void {
    const { id } = row.attestation
    if (!this.#waiting.has(id)) this.#waiting.set(id, row)
    this.#wake()
  }

  /** Rows that wait for the table, those under way included. */
  depth(): number {
    return this.#waiting.size
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

  /** Tries at once instead of at the next retry. Resolves when nothing waits any more, or when `signal` aborts. */
  async flush(signal: AbortSignal): Promise<void> {
    this.#pause?.abort()
    if (this.#working === undefined || signal.aborted) return
    const aborted = Promise.withResolvers<void>()
    const onAbort = (): void => aborted.resolve()
    signal.addEventListener('abort', onAbort)
    await Promise.race([this.#working, aborted.promise])
    signal.removeEventListener('abort', onAbort)
  }

  /** Writes what still waits, unless the table is away, and ends; idempotent. */
  async stop(): Promise<void> {
    this.#state = 'stopping'
    this.#pause?.abort()
    await this.#working
    const rows = this.#waiting.size
    if (rows > 0 && !this.#stopped) {
      this.#components.logger.info(
        'stopped with rows that are not in the table; they are on the disk, and written after the next start',
        { rows },
      )
    }
    this.#stopped = true
  }

  #wake(): void {
    if (this.#state !== 'started' || this.#working !== undefined || !this.#hasWork()) return
    this.#working = this.#work()
  }

  #hasWork(): boolean {
    return this.#waiting.size > 0 || (this.#state === 'started' && !this.#answered)
  }

  async #work(): Promise<void> {
    try {
      await this.#rest(GATHER_MS)
      while (this.#hasWork() && this.#mayTry()) await this.#rest(await this.#writeBatch())
    } finally {
      this.#working = undefined
    }
  }

  #mayTry(): boolean {
    if (this.#mismatch !== undefined) return false
    return this.#state === 'started' || this.#outage.reason === undefined
  }

  /** @returns milliseconds to rest before the next one */
  async #writeBatch(): Promise<number> {
    const { table, logger, onFatal } = this.#components
    const batch = Array.from(this.#waiting.values()).slice(0, this.#batchSize)
    try {
      const outcomes = await table.write(batch)
      this.#answered = true
      for (const { attestation } of batch) this.#settle(attestation.id, outcomes.get(attestation.id))
      this.#outage.end({ waiting: this.#waiting.size })
      return 0
    } catch (error) {
      if (!(error instanceof IntervalMismatchError)) return this.#outage.extend(error, { waiting: this.#waiting.size })
      this.#mismatch = error
      logger.error(error.message)
      onFatal(error)
      return 0
    }
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

  async #rest(delayMs: number): Promise<void> {
    if (delayMs === 0) return
    const pause = new AbortController()
    this.#pause = pause
    try {
      await this.#components.clock.sleep(delayMs, pause.signal)
    } catch (error) {
      if (!pause.signal.aborted) throw error
    } finally {
      this.#pause = undefined
    }
  }
}
