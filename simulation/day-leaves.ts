import { createHash } from 'node:crypto'
import { type Hex, fromHex, toHex } from '../src/core/hex.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import type { StatementId } from '../src/core/statement.ts'

/** An id and whether its slot is disputed. */
const LEAF_BYTES = 33
const FIRST_ROOM = 64

/** What a database holds of one statement. */
export interface Entry {
  readonly id: StatementId
  readonly observedAt: number
  readonly slot: string
  readonly row: PriceRow
}

/** The entries of one day, in ascending order of id, and beside them their leaves as they are hashed: one after the other. */
export class DayLeaves {
  readonly #entries: Entry[] = []
  #leaves = Buffer.alloc(FIRST_ROOM * LEAF_BYTES)

  add(entry: Entry, { isDisputed }: { readonly isDisputed: boolean }): void {
    const count = this.#entries.length
    if (this.#leaves.length < (count + 1) * LEAF_BYTES) {
      this.#leaves = Buffer.concat([this.#leaves, Buffer.alloc(this.#leaves.length)])
    }
    const place = this.#placeOf(entry.id)
    this.#entries.splice(place, 0, entry)
    const from = place * LEAF_BYTES
    this.#leaves.copyWithin(from + LEAF_BYTES, from, count * LEAF_BYTES)
    this.#leaves.set(fromHex(entry.id), from)
    this.#leaves[from + LEAF_BYTES - 1] = isDisputed ? 1 : 0
  }

  dispute(slot: string): void {
    for (const [place, entry] of this.#entries.entries()) {
      if (entry.slot === slot) this.#leaves[(place + 1) * LEAF_BYTES - 1] = 1
    }
  }

  /** Those observed before `untilMs`. */
  until(untilMs: number): readonly Entry[] {
    return this.#entries.filter(({ observedAt }) => observedAt < untilMs)
  }

  /** The hash of the leaves of those observed before `untilMs`, and how many they are. */
  hashUntil(untilMs: number): { readonly hash: Hex; readonly leaves: number } {
    const digest = createHash('sha256')
    let leaves = 0
    let from = 0
    const end = this.#entries.length
    for (let place = 0; place <= end; place++) {
      if ((this.#entries[place]?.observedAt ?? Number.POSITIVE_INFINITY) < untilMs) continue
      // What is left out is late and rare: between it all goes into the hash at once.
      if (place > from) digest.update(this.#leaves.subarray(from * LEAF_BYTES, place * LEAF_BYTES))
      leaves += place - from
      from = place + 1
    }
    return { hash: toHex(digest.digest()), leaves }
  }

  /** Where an id belongs among those that are there. */
  #placeOf(id: StatementId): number {
    let [from, to] = [0, this.#entries.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.#entries[middle]?.id ?? '') < id) from = middle + 1
      else to = middle
    }
    return from
  }
}
