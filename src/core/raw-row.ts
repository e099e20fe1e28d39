/** The tables that hold statements with a quorum of signatures. */
export type RowTable = 'prices' | 'equivocations'

/**
 * A row as the database has it, and nothing about it taken for granted: whatever type a column has, it comes as text,
 * and any of them may be null.
 */
export interface RawRow {
  readonly table: RowTable
  /** Where the row lies, `(block,item)`: the one name that every row has, whatever else it lacks. */
  readonly place: string
  readonly id: string | null
  readonly price: string | null
  readonly firstSigner: string | null
  /** JSON. */
  readonly signData: string | null
  readonly network: string | null
  readonly pair: string | null
  readonly round: string | null
  readonly source: string | null
  /** Milliseconds since the Unix epoch, as a decimal number; `Infinity` and `-Infinity` are possible. */
  readonly observedMs: string | null
  readonly signerCount: string | null
  /** `true` when lastsigned_time is a moment and neither null nor infinite; likewise {@link RawRow.createdFinite}. */
  readonly lastSignedFinite: string | null
  readonly createdFinite: string | null
  /** The intervals that the table `networks` has for the row's network, milliseconds, by spaces; null for none. */
  readonly intervalMs: string | null
}

/** What a row is called when it is spoken of. */
export interface RowName {
  readonly table: RowTable
  readonly place: string
  readonly id: string | null
}

/** Which rows are looked at; all when left out. */
export interface RowRange {
  /** Observed at this moment or later, milliseconds since the Unix epoch. A row without a moment is always looked at. */
  readonly fromMs?: number | undefined
  /** Observed before this moment. */
  readonly toMs?: number | undefined
  /** Of this network, or of none. */
  readonly network?: string | undefined
}

/** The two tables in pieces: by blocks of the disk, so that no index and no constraint has to be believed. */
export interface RowSource {
  /**
   * How many blocks a table has now. Rows that are added lie in blocks that are added, or in the last ones.
   *
   * @throws {TableUnavailableError} as all of these do
   */
  blocks(table: RowTable): Promise<number>
  /** The rows of the blocks `from` to `to` − 1, in the order in which they lie there. */
  read(
    table: RowTable,
    blocks: { readonly from: number; readonly to: number },
    range: RowRange,
  ): Promise<readonly RawRow[]>
  /** What no row shows by itself, up to `limit` rows of each kind. */
  clashes(limit: number, range: RowRange): Promise<readonly RowClash[]>
}

/** A source that tells what became of the tables meanwhile. */
export interface WatchedRows extends RowSource {
  /** One look at both tables. @throws {TableUnavailableError} */
  changes(look: RowLook): Promise<RowChanges>
}

/** What is looked for. */
export interface RowLook {
  /** Rows that were written or changed since this look; none when it is left out. */
  readonly since?: string | undefined
  /** The first blocks that are looked through. */
  readonly from: Readonly<Record<RowTable, number>>
  /** Most rows of each table. */
  readonly limit: number
  /** Told to all who listen to the database; undefined for none. */
  readonly announce?: string | undefined
}

/** What a look found. */
export interface RowChanges {
  /** Names this look for the next one: see {@link RowLook.since}. */
  readonly mark: string
  /** How many blocks each table has. */
  readonly blocks: Readonly<Record<RowTable, number>>
  /** The newest first, and when there are more than the limit, only those. */
  readonly rows: readonly RawRow[]
}

/**
 * A row that another row makes false:
 * - `slot-taken`: a further row of `prices` has its slot
 * - `id-taken`: a further row of `equivocations` has its id
 * - `undisputed`: a row of `equivocations`, and `prices` has no row of its slot
 * - `committed-too`: a row of `equivocations` that is in `prices` as well
 */
export interface RowClash {
  readonly row: RowName
  readonly code: 'slot-taken' | 'id-taken' | 'undisputed' | 'committed-too'
}
