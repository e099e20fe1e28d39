import type { RowTable } from '../core/raw-row.ts'

/** Blocks from `from` to `to` − 1. */
interface Blocks {
  readonly from: number
  readonly to: number
}

/** What to judge next. */
export interface AuditPiece extends Blocks {
  /** There is nothing to do but to see whether the last block has become fuller. */
  readonly isLook: boolean
}

/** Where an audit of one table is. */
interface TablePosition {
  /** Blocks that were there when it was looked last. */
  readonly known: number
  /** Still to be judged, the last one first, each from its end. */
  readonly left: readonly Blocks[]
  /** When the pass that is under way or was the last began, milliseconds since the Unix epoch. */
  readonly passSinceMs: number | undefined
}

/** Where an audit is: plain data, to be kept as JSON. */
export type AuditPosition = Readonly<Record<RowTable, TablePosition>>

const NOWHERE: TablePosition = { known: 0, left: [], passSinceMs: undefined }

/** Which blocks to judge next: new ones before old ones, and within both the newest first. */
export class AuditPlan {
  readonly #blocksAtOnce: number
  readonly #position: Record<RowTable, TablePosition>
  #hasEndedPass = false

  constructor({
    blocksAtOnce,
    resume,
  }: {
    readonly blocksAtOnce: number
    readonly resume?: AuditPosition | undefined
  }) {
    this.#blocksAtOnce = blocksAtOnce
    this.#position = { prices: resume?.prices ?? NOWHERE, equivocations: resume?.equivocations ?? NOWHERE }
  }

  get position(): AuditPosition {
    return { ...this.#position }
  }

  /** Whether a whole table was gone through since {@link endPass}. */
  get hasEndedPass(): boolean {
    return this.#hasEndedPass
  }

  endPass(): void {
    this.#hasEndedPass = false
  }

  /**
   * The blocks of `table` to judge now; undefined when it has none. They are given again until they are {@link done}.
   *
   * @param now - `blocks`: how many the table has
   */
  next(
    table: RowTable,
    { blocks, nowMs, passEveryMs }: { readonly blocks: number; readonly nowMs: number; readonly passEveryMs: number },
  ): AuditPiece | undefined {
    let { known, left, passSinceMs } = this.#position[table]
    const isOver = left.length === 0 && (passSinceMs === undefined || Math.abs(nowMs - passSinceMs) >= passEveryMs)
    // A table with fewer blocks than before is another one: a restored database, or one that was rewritten.
    if (isOver || blocks < known) {
      passSinceMs = nowMs
      left = blocks === 0 ? [] : [{ from: 0, to: blocks }]
    } else if (blocks > known) {
      // The last of those known may have had room.
      left = [...left, { from: Math.max(0, known - 1), to: blocks }]
    }
    known = blocks
    this.#position[table] = { known, left, passSinceMs }
    const last = left.at(-1)
    if (last === undefined) return blocks === 0 ? undefined : { from: blocks - 1, to: blocks, isLook: true }
    return { from: Math.max(last.from, last.to - this.#blocksAtOnce), to: last.to, isLook: false }
  }

  done(table: RowTable, { from }: AuditPiece): void {
    const { left, ...rest } = this.#position[table]
    const last = left.at(-1)
    if (last === undefined) return
    const others = left.slice(0, -1)
    const remaining = from > last.from ? [...others, { from: last.from, to: from }] : others
    this.#position[table] = { ...rest, left: remaining }
    // Only a pass begins with the first block of the table.
    if (remaining.length === 0 && last.from === 0) this.#hasEndedPass = true
  }
}
