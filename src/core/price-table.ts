import type { Attestation, StatementId } from './statement.ts'

/** What is asked of the table: one statement with its quorum. */
export interface PriceRow {
  readonly attestation: Attestation
  /** The writer's wall clock when the last signature was added, milliseconds since the Unix epoch. */
  readonly lastSignedAtMs: number
}

/**
 * What became of a row:
 * - `written`: this call inserted it
 * - `present`: the row was there already
 * - `slot-taken`: another statement holds the slot; this one is kept in `equivocations`, the slot is disputed
 * - `refused`: the database will never take it (SQLSTATE class 22 or 23); `reason` says why
 */
export type WriteOutcome =
  | { readonly kind: 'written' | 'present' | 'slot-taken' }
  | { readonly kind: 'refused'; readonly reason: string }

/** The table of committed prices. */
export interface PriceTable {
  /**
   * Writes rows in one go; idempotent. Every row has an outcome, whatever happens to its neighbours. Without any rows,
   * finds out whether rows could be written.
   *
   * @throws {TableUnavailableError} when the database cannot be asked now; nothing is known of any row then
   */
  write(rows: readonly PriceRow[]): Promise<ReadonlyMap<StatementId, WriteOutcome>>
  /**
   * Which of these statements have a row.
   *
   * @throws {TableUnavailableError}
   */
  present(ids: readonly StatementId[]): Promise<ReadonlySet<StatementId>>
}

export type TableUnavailableCode =
  | 'unreachable'
  | 'wrong-password'
  | 'no-database'
  | 'no-permission'
  | 'not-migrated'
  | 'other'

/** The database cannot be asked now. The message says what is wrong and what to do. */
export class TableUnavailableError extends Error {
  override readonly name = 'TableUnavailableError'
  readonly code: TableUnavailableCode

  constructor(code: TableUnavailableCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
