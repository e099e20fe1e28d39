import type { Hex } from './hex.ts'
import type { Attestation, StatementId } from './statement.ts'

/** Days since the Unix epoch, UTC, of when the price was observed. */
export type Day = number & { readonly __brand: 'Day' }

/** A stretch of committed history: from the start of a day to a moment, which is not in it. */
export interface HistoryRange {
  readonly fromDay: Day
  /** Milliseconds since the Unix epoch. */
  readonly untilMs: number
}

/** A statement that reached a quorum, as history counts it. */
export interface HistoryLeaf {
  readonly id: StatementId
  /** Whether another statement of its slot reached a quorum, too: which of them came first counts for nothing. */
  readonly disputed: boolean
}

/** All leaves of a day in one hash. */
export interface HistoryDay {
  readonly day: Day
  readonly hash: Hex
  readonly leaves: number
}

/**
 * The committed statements of one network in one database, as a Merkle tree: a root over days, a day over its leaves.
 * Two databases that hold the same statements have the same root, whatever signatures they hold over them.
 */
export interface PriceHistory {
  /**
   * The one hash over a stretch of history.
   *
   * @throws {TableUnavailableError} as all of these do
   */
  root(range: HistoryRange): Promise<Hex>
  /** The days with any leaf in the range, in their order; the last may be cut off by the end of the range. */
  days(range: HistoryRange): Promise<readonly HistoryDay[]>
  /** The leaves of a day that lie in the range, in ascending order of id, the first `limit` of those beyond `after`. */
  leaves(
    day: Day,
    range: HistoryRange,
    page: { readonly after?: StatementId | undefined; readonly limit: number },
  ): Promise<readonly HistoryLeaf[]>
  /** The statements with their signatures, disputed ones too, in no order; what is not there is left out. */
  attestations(ids: readonly StatementId[]): Promise<readonly Attestation[]>
}

/**
 * How a node finds out whether a peer commits to the same database, where there is nothing to take over. Each node makes
 * its own mark known on its database; who has heard a mark there shares that database.
 */
export interface DatabaseMarks {
  /** This node's own, 0x and 32 hexadecimal digits; a new one whenever it connects anew. */
  readonly own: Hex | undefined
  /** Whether {@link own} is still to come: until then it cannot be told who shares the database. @default false */
  readonly isSettling?: boolean
  hasHeard(mark: Hex): boolean
}
