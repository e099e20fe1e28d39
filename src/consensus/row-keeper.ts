import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { Outbox } from '../core/outbox.ts'
import type { PriceRow, WriteOutcome } from '../core/price-table.ts'
import type { StatementId } from '../core/statement.ts'

export interface RowKeeperComponents {
  readonly outbox: Outbox
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** What the disk did not take is tried again after this long, and with whatever comes next, milliseconds. */
export const RETRY_MS = 5_000
const REMINDER_MS = 60_000

/**
 * Has the rows that this node owes to the table on its disk before anybody waits for them. What comes together shares
 * one write. A disk that takes nothing holds up no row: the table may well take it; it is said, and tried again.
 */
export class RowKeeper {
  readonly #components: RowKeeperComponents
  #keep = new Map<StatementId, PriceRow>()
  #release = new Set<StatementId>()
  #park = new Map<StatementId, string>()
  /** Something has come since the disk was asked last. */
  #isDue = false
  #cancel: (() => void) | undefined
  #saidAtMs: number | undefined
  #stopped = false

  constructor(components: RowKeeperComponents) {
    this.#components = components
  }

  /** Takes a row, or what it has become by more signatures; {@link flush} says when it must be on the disk. */
  keep(row: PriceRow): void {
    const { id } = row.attestation
    this.#release.delete(id)
    this.#keep.set(id, row)
    this.#arm()
  }

  /** Lets go of a row that the table has answered for; one that it refuses for good is kept apart. */
  settle(id: StatementId, outcome: WriteOutcome): void {
    if (outcome.kind === 'refused') {
      this.#park.set(id, outcome.reason)
      this.#components.counters.add('gp_outbox_parked_total')
    } else {
      this.#keep.delete(id)
      this.#park.delete(id)
      this.#release.add(id)
    }
    this.#arm()
  }

  /** Writes at once what has come; nothing to do when nothing has. */
  flush(): void {
    if (this.#isDue) this.#write()
  }

  /** Writes what is left; says so when that cannot be done. Idempotent. */
  stop(): void {
    if (this.#stopped) return
    if (this.#keep.size + this.#release.size + this.#park.size > 0) this.#write()
    this.#stopped = true
    this.#cancel?.()
    const rows = this.#keep.size
    if (rows === 0) return
    this.#components.logger.error(
      'stopped with rows that are neither in the table nor on the disk; another node writes them if one holds them too',
      { rows },
    )
  }

  #arm(): void {
    if (this.#isDue || this.#stopped) return
    this.#isDue = true
    this.#wakeAfter(0)
  }

  #wakeAfter(delayMs: number): void {
    this.#cancel?.()
    this.#cancel = this.#components.clock.after(delayMs, () => this.#write())
  }

  #write(): void {
    const { outbox, counters } = this.#components
    this.#cancel?.()
    this.#isDue = false
    try {
      outbox.write({ keep: [...this.#keep.values()], release: [...this.#release], park: this.#park })
    } catch (error) {
      counters.add('gp_outbox_failures_total')
      this.#complain(error)
      this.#wakeAfter(RETRY_MS)
      return
    }
    this.#keep = new Map()
    this.#release = new Set()
    this.#park = new Map()
    this.#recovered()
  }

  #complain(error: unknown): void {
    const { clock, logger } = this.#components
    const nowMs = clock.now().monoMs
    if (this.#saidAtMs !== undefined && nowMs - this.#saidAtMs < REMINDER_MS) return
    this.#saidAtMs = nowMs
    logger.error(
      'rows that wait for Postgres are in memory alone: the disk did not take them; free some space or mend GP_DATADIR before the node ends',
      { error, rows: this.#keep.size },
    )
  }

  #recovered(): void {
    if (this.#saidAtMs === undefined) return
    this.#saidAtMs = undefined
    this.#components.logger.info('the disk takes rows again')
  }
}
