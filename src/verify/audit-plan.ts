import type { RowTable } from '../core/raw-row.ts'

/** Blocks from `from` to `to` − 1. */
export interface Blocks {
  readonly from: number
  readonly to: number
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

const NOWHERE: TablePosition = { known: 0, left: [], passSinceMs: undefined }

/** Which blocks to judge next: new ones before old ones, and within both the newest first. */
export class AuditPlan {
  readonly #blocksAtOnce: number
  readonly #position: Record<RowTable, TablePosition> = { prices: NOWHERE, equivocations: NOWHERE }
  #hasEndedPass = false

  constructor({ blocksAtOnce }: { readonly blocksAtOnce: number }) {
    this.#blocksAtOnce = blocksAtOnce
  }

  /** Whether a whole table was gone through since {@link endPass}. */
  get hasEndedPass(): boolean {
    return this.#hasEndedPass
  }

  endPass(): void {
    this.#hasEndedPass = false
  }

  /** How many blocks a table had when it was looked last. */
  known(table: RowTable): number {
    return this.#position[table].known
  }

  /**
   * Takes how many blocks a table has now.
   *
   * @param seen - `all`: that every row which was added is judged already
   */
  look(table: RowTable, { blocks, all }: { readonly blocks: number; readonly all: boolean }): void {
    const { known, left, passSinceMs } = this.#position[table]
    if (blocks < known) {
      // Another table: a restored database, or one that was rewritten.
      this.#position[table] = { ...NOWHERE, known: blocks }
    } else {
      // The last of those known may have had room.
      const added = all ? [] : [{ from: Math.max(0, known - 1), to: blocks }]
      this.#position[table] = { known: blocks, left: [...left, ...added], passSinceMs }
    }
  }

  /** The blocks of `table` to judge now; undefined when there are none. They are given until they are {@link done}. */
  next(
    table: RowTable,
    { nowMs, passEveryMs }: { readonly nowMs: number; readonly passEveryMs: number },
  ): Blocks | undefined {
    const { known, left, passSinceMs } = this.#position[table]
    const isDue = passSinceMs === undefined || Math.abs(nowMs - passSinceMs) >= passEveryMs
    if (left.length === 0 && isDue) {
      const all = known === 0 ? [] : [{ from: 0, to: known }]
      this.#position[table] = { known, left: all, passSinceMs: nowMs }
    }
    const last = this.#position[table].left.at(-1)
    return last && { from: Math.max(last.from, last.to - this.#blocksAtOnce), to: last.to }
  }

  done(table: RowTable, { from }: Blocks): void {
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
