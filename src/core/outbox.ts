import type { PriceRow } from './price-table.ts'
import type { StatementId } from './statement.ts'

/**
 * What one node owes to the table, on a disk of its own: every statement that it knows at quorum and that the table has
 * not answered for. It outlives the process, and is there before anybody waits for the row.
 */
export interface Outbox {
  /** The rows that wait, of whatever network, the one observed first foremost. */
  waiting(): PriceRow[]
  /** How many rows the database refused for good, or nobody can read: kept with the reason, and never tried again. */
  parked(): number
  /**
   * All of it or nothing; on the disk when it returns.
   *
   * @throws when the disk does not take it: everything is then as it was
   */
  write(changes: OutboxChanges): void
}

/** No id is in more than one of them but `park`, which may name a row that is kept at the same time. */
export interface OutboxChanges {
  /** Rows that wait from now on; one that is there takes the signatures given. */
  readonly keep: readonly PriceRow[]
  /** What the table has, or the slot of which it has given to another; unknown ones are no matter. */
  readonly release: readonly StatementId[]
  /** What the database refuses for good, with its reason. */
  readonly park: ReadonlyMap<StatementId, string>
}
