import type { Clock, Random } from '../core/clock.ts'
import type { ExpectedSigners } from '../core/judge-row.ts'
import type { Logger } from '../core/logger.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { RawRow, RowTable, WatchedRows } from '../core/raw-row.ts'
import { RecentMap } from '../core/recent-map.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import { type FalseRow, describeClash } from '../core/row-fault.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { unlessAborted } from '../core/unless-aborted.ts'
import { AuditPlan } from './audit-plan.ts'
import { LookTimes } from './look-times.ts'
import { createRowFilter } from './row-judges.ts'

export interface TableAuditComponents {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly curve: Secp256k1
  readonly source: WatchedRows
  /** Told of each false row, once; the log has it already. */
  readonly onFalse: (found: FalseRow) => void
  /** What all who listen to the database are told with a look; `alarm`: the one before found something false. */
  readonly announce?: ((options: { readonly alarm: boolean }) => string) | undefined
}

export interface TableAuditOptions {
  /** Rows that are judged a second, above 0. @default 20 */
  readonly rowsPerSecond?: number
  /** Whom the node trusts. */
  readonly expected?: ExpectedSigners
  /** How long after a table was gone through it is gone through again, milliseconds. @default 24 hours */
  readonly passEveryMs?: number
  /** How long after a look for what was changed comes the next one, by whomever, milliseconds. @default 1 minute */
  readonly lookEveryMs?: number
  /** One look of its own in this time, milliseconds. @default 10 minutes */
  readonly ownLookEveryMs?: number
}

const ROWS_PER_SECOND = 20
const PASS_EVERY_MS = 24 * 3_600_000
const LOOK_EVERY_MS = 60_000
const OWN_LOOK_EVERY_MS = 10 * 60_000
/** Judged in one go: 16 signatures each are some milliseconds, and a node has other things to do. */
const ROWS_AT_ONCE = 4
/** A quarter of a megabyte: some hundred rows a statement. */
const BLOCKS_AT_ONCE = 32
/**
 * Changes are looked for in the last 32 megabytes of each table: some 25,000 rows, and some milliseconds. A row of a
 * full block that is changed goes there as well; what else is older, a pass finds.
 */
const BLOCKS_LOOKED_AT = 4_096
const MOST_CHANGES = 500
const MOST_CLASHES = 100
/** Clashes of what was added are looked for in tables no larger than that. */
const CLASHES_EVERY_MS = 10 * 60_000
const MOST_REMEMBERED = 10_000
/** More lines than that help nobody. */
const MOST_TOLD = 100
const AWAY = { firstMs: 1_000, capMs: 60_000 }
const TABLES = ['prices', 'equivocations'] as const satisfies readonly RowTable[]

/**
 * Goes through the table in the background, the newest rows first, and looks every minute for what was added or changed
 * meanwhile. A false row is an error in the log, once. It costs one statement for some hundred rows, and one for each
 * look, of which one is enough for all nodes on one database. While the database is away it waits, and goes on where it
 * was.
 */
export class TableAudit {
  readonly #components: TableAuditComponents
  readonly #options: TableAuditOptions
  readonly #falseRows: (rows: readonly RawRow[]) => readonly FalseRow[]
  readonly #plan = new AuditPlan({ blocksAtOnce: BLOCKS_AT_ONCE })
  readonly #times: LookTimes
  readonly #told = new RecentMap<string, true>({ limit: MOST_REMEMBERED })
  readonly #stopping = new AbortController()
  #resting = new AbortController()
  #running: Promise<void> | undefined
  #failures = 0
  #mark: string | undefined
  #clashesDueMs = Number.POSITIVE_INFINITY
  #clashesAtMs = Number.NEGATIVE_INFINITY
  #hasWarned = false
  #alarm = false
  #lines = 0
  #judged = 0

  constructor(components: TableAuditComponents, options: TableAuditOptions = {}) {
    this.#components = components
    this.#options = options
    this.#falseRows = createRowFilter(components, { expected: options.expected })
    const { lookEveryMs = LOOK_EVERY_MS, ownLookEveryMs = OWN_LOOK_EVERY_MS } = options
    const pace = { everyMs: lookEveryMs, ownEveryMs: Math.max(lookEveryMs, ownLookEveryMs) }
    this.#times = new LookTimes(components.random, { ...pace, nowMs: this.#nowMs })
  }

  /** Idempotent. */
  start(): void {
    this.#running ??= this.#run()
  }

  /** Idempotent; resolves when nothing is judged any more. What is being asked is not waited for. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#resting.abort()
    await this.#running
  }

  /** Another node has looked into the same database. */
  othersLooked({ alarm }: { readonly alarm: boolean }): void {
    if (alarm) this.#times.insist(this.#nowMs)
    else this.#times.othersLooked(this.#nowMs)
    this.#resting.abort()
  }

  /** There is something in the table that somebody should look at soon. */
  ask(): void {
    this.#times.ask(this.#nowMs)
    this.#resting.abort()
  }

  /** Rows that were judged since the start. */
  get judged(): number {
    return this.#judged
  }

  get #nowMs(): number {
    return this.#components.clock.now().monoMs
  }

  async #run(): Promise<void> {
    const { random } = this.#components
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#step()
        this.#failures = 0
        this.#hasWarned = false
      } catch (error) {
        if (this.#stopping.signal.aborted) return
        this.#noteFailure(error)
        await this.#sleep(retryDelayMs(random, { ...AWAY, failures: this.#failures }))
        this.#failures += 1
      }
    }
  }

  /** Does what is due, or else waits for it. */
  async #step(): Promise<void> {
    const { clock } = this.#components
    const { passEveryMs = PASS_EVERY_MS } = this.#options
    if (this.#nowMs >= this.#times.dueMs) return this.#look()
    if (this.#plan.hasEndedPass || this.#nowMs >= this.#clashesDueMs) return this.#findClashes()
    for (const table of TABLES) {
      const blocks = this.#plan.next(table, { nowMs: clock.now().wallMs, passEveryMs })
      if (blocks === undefined) continue
      const rows = await this.#answer(this.#components.source.read(table, blocks, {}))
      await this.#judge(rows.toReversed())
      this.#plan.done(table, blocks)
      return
    }
    this.#resting = new AbortController()
    const dueMs = Math.min(this.#times.dueMs, this.#clashesDueMs)
    await clock.sleep(Math.max(0, dueMs - this.#nowMs), this.#resting.signal).catch(() => undefined)
  }

  async #look(): Promise<void> {
    const { source, announce } = this.#components
    const from = (table: RowTable): number => Math.max(0, this.#plan.known(table) - BLOCKS_LOOKED_AT)
    const { mark, blocks, rows } = await this.#answer(
      source.changes({
        since: this.#mark,
        from: { prices: from('prices'), equivocations: from('equivocations') },
        limit: MOST_CHANGES,
        announce: announce?.({ alarm: this.#alarm }),
      }),
    )
    this.#times.looked(this.#nowMs)
    this.#alarm = false
    for (const table of TABLES) {
      const count = rows.filter((row) => row.table === table).length
      this.#plan.look(table, { blocks: blocks[table], all: count < MOST_CHANGES })
    }
    this.#mark = mark
    if (rows.length > 0 && TABLES.every((table) => blocks[table] <= BLOCKS_LOOKED_AT)) {
      this.#clashesDueMs = Math.min(this.#clashesDueMs, Math.max(this.#nowMs, this.#clashesAtMs + CLASHES_EVERY_MS))
    }
    await this.#judge(rows)
  }

  async #findClashes(): Promise<void> {
    const clashes = await this.#answer(this.#components.source.clashes(MOST_CLASHES, {}))
    this.#clashesAtMs = this.#nowMs
    this.#clashesDueMs = Number.POSITIVE_INFINITY
    this.#plan.endPass()
    this.#tell(clashes.map(describeClash))
  }

  async #judge(rows: readonly RawRow[]): Promise<void> {
    const { rowsPerSecond = ROWS_PER_SECOND } = this.#options
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const some = rows.slice(from, from + ROWS_AT_ONCE)
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
      const key = keyOf(each)
      if (this.#told.has(key)) continue
      this.#told.set(key, true)
      onFalse(each)
      if (this.#components.announce !== undefined) {
        this.#alarm = true
        this.#times.insist(this.#nowMs)
      }
      this.#lines += 1
      if (this.#lines > MOST_TOLD) continue
      const { row, faults } = each
      const said = faults.map(({ message }) => message).join('; ')
      logger.error(
        `FALSE ROW in table ${row.table}: ${said}. Somebody wrote or changed it by hand: find out who may write ` +
          'there; gossip-price verify lists all such rows',
        { id: row.id, place: row.place },
      )
      if (this.#lines < MOST_TOLD) continue
      logger.error(`FALSE ROWS: ${MOST_TOLD} were found; further ones are counted, and gossip-price verify lists them`)
    }
  }

  /** What comes after the end is not waited for: whoever closes the connection ends it. */
  #answer<T>(asked: Promise<T>): Promise<T> {
    return unlessAborted(asked, this.#stopping.signal)
  }

  async #sleep(ms: number): Promise<void> {
    await this.#components.clock.sleep(ms, this.#stopping.signal).catch(() => undefined)
  }
}

function keyOf({ row: { table, place, id }, faults }: FalseRow): string {
  return [table, place, id, ...faults.map(({ code }) => code)].join(' ')
}
