import type { Clock, Random } from '../core/clock.ts'
import type { ExpectedSigners } from '../core/judge-row.ts'
import type { Logger } from '../core/logger.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { RawRow, RowName, RowSource, RowTable } from '../core/raw-row.ts'
import { RecentMap } from '../core/recent-map.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import { type FalseRow, describeClash } from '../core/row-fault.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { type AuditPosition, AuditPlan } from './audit-plan.ts'
import { createRowFilter } from './row-judges.ts'

export interface TableAuditComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly curve: Secp256k1
  readonly source: RowSource
  /** Told of each false row, once; the log has it already. */
  readonly onFalse: (found: FalseRow) => void
}

export interface TableAuditOptions {
  /** Rows that are judged a second, above 0. @default 20 */
  readonly rowsPerSecond?: number
  /** Whom the node trusts. */
  readonly expected?: ExpectedSigners
  /** How long after a table was gone through it is gone through again, milliseconds. @default 24 hours */
  readonly passEveryMs?: number
  /** How often it is looked for new rows while there is nothing else to do, milliseconds. @default 10 minutes */
  readonly lookEveryMs?: number
  /** Where an audit before this one was: see {@link TableAudit.position}. */
  readonly resume?: AuditPosition | undefined
}

const ROWS_PER_SECOND = 20
const PASS_EVERY_MS = 24 * 3_600_000
const LOOK_EVERY_MS = 10 * 60_000
/** Judged in one go: 16 signatures each are some milliseconds, and a node has other things to do. */
const ROWS_AT_ONCE = 4
/** A quarter of a megabyte: some hundred rows a statement. */
const BLOCKS_AT_ONCE = 32
const MOST_CLASHES = 100
const MOST_REMEMBERED = 10_000
const AWAY = { firstMs: 1_000, capMs: 60_000 }

/**
 * Goes through the table in the background, the newest rows first and what is added meanwhile before all else. A false
 * row is an error in the log, once. It costs one statement for some hundred rows. While the database is away it waits, and goes on
 * where it was.
 */
export class TableAudit {
  readonly #components: TableAuditComponents
  readonly #options: TableAuditOptions
  readonly #falseRows: (rows: readonly RawRow[]) => readonly FalseRow[]
  readonly #plan: AuditPlan
  readonly #told = new RecentMap<string, true>({ limit: MOST_REMEMBERED })
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #failures = 0
  /** Nothing was left to do when it was looked last. */
  #hasRested = false
  #hasWarned = false
  #judged = 0

  constructor(components: TableAuditComponents, options: TableAuditOptions = {}) {
    this.#components = components
    this.#options = options
    this.#falseRows = createRowFilter(components, { expected: options.expected })
    this.#plan = new AuditPlan({ blocksAtOnce: BLOCKS_AT_ONCE, resume: options.resume })
  }

  /** Idempotent. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Idempotent; resolves when nothing is asked or judged any more. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
  }

  /** Rows that were judged since the start. */
  get judged(): number {
    return this.#judged
  }

  /** What is still to be done, for a later audit of the same database. */
  get position(): AuditPosition {
    return this.#plan.position
  }

  async #run(): Promise<void> {
    const { random } = this.#components
    while (!this.#stopping.signal.aborted) {
      let waitMs: number
      try {
        waitMs = await this.#step()
        this.#failures = 0
        this.#hasWarned = false
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#noteFailure(error)
        waitMs = retryDelayMs(random, { ...AWAY, failures: this.#failures })
        this.#failures += 1
      }
      await this.#sleep(waitMs)
    }
  }

  /** Does one piece of work; returns how long to wait after it. */
  async #step(): Promise<number> {
    const { clock, source } = this.#components
    const { passEveryMs = PASS_EVERY_MS, lookEveryMs = LOOK_EVERY_MS } = this.#options
    if (this.#plan.hasEndedPass) {
      const clashes = await source.clashes(MOST_CLASHES, {})
      this.#tell(clashes.map(describeClash))
      this.#plan.endPass()
    }
    for (const table of ['prices', 'equivocations'] as const) {
      const blocks = await source.blocks(table)
      const piece = this.#plan.next(table, { blocks, nowMs: clock.now().wallMs, passEveryMs })
      if (piece === undefined || (piece.isLook && !this.#hasRested)) continue
      await this.#judge(table, piece)
      this.#plan.done(table, piece)
      if (piece.isLook) continue
      this.#hasRested = false
      return 0
    }
    if (this.#plan.hasEndedPass) return 0
    this.#hasRested = true
    return lookEveryMs
  }

  async #judge(table: RowTable, piece: { readonly from: number; readonly to: number }): Promise<void> {
    const { rowsPerSecond = ROWS_PER_SECOND } = this.#options
    const rows = await this.#components.source.read(table, piece, {})
    const newestFirst = rows.toReversed()
    for (let from = 0; from < newestFirst.length; from += ROWS_AT_ONCE) {
      const some = newestFirst.slice(from, from + ROWS_AT_ONCE)
      this.#tell(this.#falseRows(some))
      this.#judged += some.length
      await this.#sleep((some.length / rowsPerSecond) * 1_000)
      this.#stopping.signal.throwIfAborted()
    }
  }

  /** A database that is away comes back by itself; whatever else it is, somebody has to mend. */
  #noteFailure(error: unknown): void {
    const { logger } = this.#components
    logger.debug('rows could not be read for the audit', { error })
    const isAway = error instanceof TableUnavailableError && error.code === 'unreachable'
    if (isAway || this.#hasWarned) return
    this.#hasWarned = true
    logger.warn(`the table is not audited: ${error instanceof Error ? error.message : String(error)}`)
  }

  #tell(found: readonly FalseRow[]): void {
    const { logger, onFalse } = this.#components
    for (const each of found) {
      const key = keyOf(each.row, each)
      if (this.#told.has(key)) continue
      this.#told.set(key, true)
      const { row, faults } = each
      const said = faults.map(({ message }) => message).join('; ')
      logger.error(`FALSE ROW in table ${row.table}: ${said}`, { id: row.id, place: row.place })
      onFalse(each)
    }
  }

  async #sleep(ms: number): Promise<void> {
    await this.#components.clock.sleep(ms, this.#stopping.signal).catch(() => undefined)
  }
}

function keyOf({ table, place, id }: RowName, { faults }: FalseRow): string {
  return [table, place, id, ...faults.map(({ code }) => code)].join(' ')
}
