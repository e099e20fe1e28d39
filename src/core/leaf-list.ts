import { sha256 } from '@noble/hashes/sha2.js'
import { type Hex, toHex } from './hex.ts'

/** An id, and whether its slot is disputed. */
export const LEAF_BYTES = 33
const ID_BYTES = 32
const FIRST_CAPACITY = 64

/** Leaves of one day as they are hashed, in ascending order of id, with when each was observed: 41 bytes each. */
export class LeafList {
  #leaves = new Uint8Array(FIRST_CAPACITY * LEAF_BYTES)
  /** Milliseconds since the Unix epoch. */
  #times = new Float64Array(FIRST_CAPACITY)
  #count = 0

  /** Takes a leaf, once for each id; `leaf` is copied. */
  add(leaf: Uint8Array, observedAtMs: number): void {
    const { place, isHeld } = this.#find(leaf)
    if (isHeld) return
    if (this.#count === this.#times.length) this.#grow()
    this.#leaves.copyWithin((place + 1) * LEAF_BYTES, place * LEAF_BYTES, this.#count * LEAF_BYTES)
    this.#leaves.set(leaf, place * LEAF_BYTES)
    this.#times.copyWithin(place + 1, place, this.#count)
    this.#times[place] = observedAtMs
    this.#count += 1
  }

  /** SHA-256 over the leaves that were observed before a time; undefined when there are none. */
  hashUntil(untilMs: number): Hex | undefined {
    const hash = sha256.create()
    let hashed = 0
    // Leaves that lie together are hashed together: nearly always that is all of them.
    for (let from = 0; from < this.#count; from++) {
      if (!this.#isBefore(from, untilMs)) continue
      let to = from + 1
      while (to < this.#count && this.#isBefore(to, untilMs)) to++
      hash.update(this.#leaves.subarray(from * LEAF_BYTES, to * LEAF_BYTES))
      hashed += to - from
      from = to
    }
    return hashed === 0 ? undefined : toHex(hash.digest())
  }

  #isBefore(place: number, untilMs: number): boolean {
    return (this.#times[place] ?? Number.POSITIVE_INFINITY) < untilMs
  }

  /** Where an id is, or would be. */
  #find(leaf: Uint8Array): { readonly place: number; readonly isHeld: boolean } {
    let [low, high] = [0, this.#count]
    // What comes in order, as from a database, is found at once.
    if (high > 0 && this.#compare(high - 1, leaf) < 0) low = high
    while (low < high) {
      const middle = (low + high) >>> 1
      const order = this.#compare(middle, leaf)
      if (order === 0) return { place: middle, isHeld: true }
      if (order < 0) low = middle + 1
      else high = middle
    }
    return { place: low, isHeld: false }
  }

  #compare(place: number, leaf: Uint8Array): number {
    const start = place * LEAF_BYTES
    for (let at = 0; at < ID_BYTES; at++) {
      const difference = (this.#leaves[start + at] ?? 0) - (leaf[at] ?? 0)
      if (difference !== 0) return difference
    }
    return 0
  }

  #grow(): void {
    const leaves = new Uint8Array(2 * this.#leaves.length)
    leaves.set(this.#leaves)
    this.#leaves = leaves
    const times = new Float64Array(2 * this.#times.length)
    times.set(this.#times)
    this.#times = times
  }
}
