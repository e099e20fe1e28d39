import type { Address } from './address.ts'
import type { Attestation, Round, StatementId } from './statement.ts'

/** A row of the table, and whether its slot is disputed. */
export interface CommittedPrice {
  readonly attestation: Attestation
  /** When the last signature was added, on the clock of whoever wrote the row, milliseconds since the Unix epoch. */
  readonly lastSignedAtMs: number
  /** When the row was written, on the clock of the database, milliseconds since the Unix epoch. */
  readonly createdAtMs: number
  /** Another statement of its slot reached a quorum too: neither can be relied on. */
  readonly disputed: boolean
}

/** Where a page of prices ends: the next begins after it, in descending time and then ascending id. */
export interface PriceMark {
  readonly observedAt: number
  readonly id: StatementId
}

export interface PriceQuery {
  readonly pair?: string | undefined
  /** Observed at or after, milliseconds since the Unix epoch. */
  readonly fromMs?: number | undefined
  /** Observed before, milliseconds since the Unix epoch. */
  readonly toMs?: number | undefined
  readonly proposer?: Address | undefined
  readonly after?: PriceMark | undefined
  readonly limit: number
}

export interface PricePage {
  /** Newest observed first. Rows that are no prices are left out, so that a page may hold fewer than its limit. */
  readonly prices: readonly CommittedPrice[]
  /** Undefined when there is nothing after this page. */
  readonly next: PriceMark | undefined
}

/** Where a page of rounds ends: the next begins after it, in descending round and then ascending pair. */
export interface RoundMark {
  readonly round: Round
  readonly pair: string
}

export interface RoundQuery {
  readonly pair?: string | undefined
  readonly after?: RoundMark | undefined
  readonly limit: number
}

/** What the undisputed rows of a round say together. */
export interface CommittedRound {
  readonly pair: string
  readonly round: Round
  /** Exact decimal text: the middle price, or the mean of the two middle ones. */
  readonly median: string
  /** Ascending by proposer; prices are decimal text. */
  readonly rows: readonly { readonly proposer: Address; readonly price: string }[]
}

export interface RoundPage {
  readonly rounds: readonly CommittedRound[]
  /** Undefined when there is nothing after this page. */
  readonly next: RoundMark | undefined
}

/** The newest round of a pair that has an undisputed row. */
export interface LatestRound {
  readonly pair: string
  readonly round: Round
  readonly median: string
  /** Newest observed first; none is disputed. */
  readonly prices: readonly CommittedPrice[]
}

/**
 * The committed prices of one network, for those who ask. Every call costs one SQL statement, and all throw
 * {@link TableUnavailableError} when there is no answer now.
 */
export interface PriceReader {
  prices(query: PriceQuery): Promise<PricePage>
  price(id: StatementId): Promise<CommittedPrice | undefined>
  /** Those of these ids that the table has, oldest observed first. */
  pricesOf(ids: readonly StatementId[]): Promise<readonly CommittedPrice[]>
  /** Newest first. Rounds whose rows are all disputed are left out, so that a page may hold fewer than its limit. */
  rounds(query: RoundQuery): Promise<RoundPage>
  /** In ascending order of pair. */
  latest(query: { readonly pair?: string | undefined }): Promise<readonly LatestRound[]>
}
