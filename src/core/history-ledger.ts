import { type Hex, fromHex } from './hex.ts'
import type { Day, HistoryDay, HistoryRange } from './history.ts'
import { dayAt, rootOf, startOf } from './history-tree.ts'
import { LEAF_BYTES, LeafList } from './leaf-list.ts'
import type { StatementId } from './statement.ts'

/** How much of history is looked at. */
export interface SightRange {
  readonly fromDay: Day
  /** From this day on each leaf is told, before it one hash a day. */
  readonly leavesFrom: Day
  /** Milliseconds since the Unix epoch; not in it. */
  readonly untilMs: number
}

/** A leaf as it is hashed, 33 bytes, and when it was observed, milliseconds since the Unix epoch. */
export interface SeenLeaf {
  readonly leaf: Uint8Array
  readonly observedAtMs: number
}

/** What a look at history found. */
export interface HistorySight {
  /** Before {@link SightRange.leavesFrom}. */
  readonly days: readonly Pick<HistoryDay, 'day' | 'hash'>[]
  /** From there on, in no order. */
  readonly leaves: readonly SeenLeaf[]
  /** When the newest undisputed row was observed; undefined when there is none. */
  readonly newestMs: number | undefined
  /** How many statements it took. */
  readonly reads: number
}

/** History as it was seen once, and kept up with since by who knows what is added to it. */
export class HistoryLedger {
  readonly #range: SightRange
  readonly #days: HistorySight['days']
  readonly #recent = new Map<Day, LeafList>()
  #answer: { readonly range: HistoryRange; readonly root: Hex } | undefined

  constructor(range: SightRange, { days, leaves }: HistorySight) {
    this.#range = range
    this.#days = days
    for (const { leaf, observedAtMs } of leaves) this.#listOf(dayAt(observedAtMs)).add(leaf, observedAtMs)
  }

  /** Takes an undisputed row; false when it lies where no leaf is known, so that all must be seen anew. */
  add(id: StatementId, observedAtMs: number): boolean {
    const day = dayAt(observedAtMs)
    if (day < this.#range.fromDay) return true
    if (day < this.#range.leavesFrom) return false
    const leaf = new Uint8Array(LEAF_BYTES)
    leaf.set(fromHex(id))
    this.#listOf(day).add(leaf, observedAtMs)
    if (this.#answer !== undefined && observedAtMs < this.#answer.range.untilMs) this.#answer = undefined
    return true
  }

  /** Undefined when this does not know all of the range. */
  root(range: HistoryRange): Hex | undefined {
    const { fromDay, untilMs } = range
    if (fromDay < this.#range.fromDay || untilMs < startOf(this.#range.leavesFrom)) return undefined
    const known = this.#answer
    if (known !== undefined && known.range.fromDay === fromDay && known.range.untilMs === untilMs) return known.root
    const recent = Array.from(this.#recent, ([day, list]) => ({ day, hash: list.hashUntil(untilMs) }))
    const root = rootOf(
      [...this.#days, ...recent].flatMap(({ day, hash }) =>
        day < fromDay || hash === undefined ? [] : [{ day, hash }],
      ),
    )
    this.#answer = { range, root }
    return root
  }

  #listOf(day: Day): LeafList {
    const list = this.#recent.get(day) ?? new LeafList()
    this.#recent.set(day, list)
    return list
  }
}
