interface Item<Key> {
  readonly atMs: number
  readonly key: Key
}

/** At most one deadline a key, the earliest first: a binary min-heap in which an item that was moved earlier goes stale. */
export class DeadlineQueue<Key> {
  readonly #heap: Item<Key>[] = []
  readonly #atMs = new Map<Key, number>()

  /** Wakes `key` at `atMs`, or earlier if that was asked for before: who wakes early asks again. */
  schedule(key: Key, atMs: number): void {
    const before = this.#atMs.get(key)
    if (before !== undefined && before <= atMs) return
    this.#atMs.set(key, atMs)
    this.#rise({ atMs, key })
  }

  cancel(key: Key): void {
    this.#atMs.delete(key)
    this.#dropStale()
  }

  /** The earliest deadline, milliseconds; undefined when there is none. */
  nextAtMs(): number | undefined {
    return this.#heap[0]?.atMs
  }

  /** Takes the earliest key due at or before `nowMs`; undefined when none is. */
  takeDue(nowMs: number): Key | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.atMs > nowMs) return undefined
    this.#atMs.delete(first.key)
    this.#dropStale()
    return first.key
  }

  #dropStale(): void {
    for (let first = this.#heap[0]; first !== undefined; first = this.#heap[0]) {
      if (this.#atMs.get(first.key) === first.atMs) return
      const last = this.#heap.pop()
      if (last !== undefined && this.#heap.length > 0) this.#sink(last)
    }
  }

  #rise(item: Item<Key>): void {
    const heap = this.#heap
    let i = heap.length
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.atMs <= item.atMs) break
      heap[i] = above
      i = parent
    }
    heap[i] = item
  }

  #sink(item: Item<Key>): void {
    const heap = this.#heap
    let i = 0
    for (;;) {
      const left = heap[2 * i + 1]
      const right = heap[2 * i + 2]
      const smaller = left !== undefined && right !== undefined && right.atMs < left.atMs ? 2 * i + 2 : 2 * i + 1
      const below = heap[smaller]
      if (below === undefined || below.atMs >= item.atMs) break
      heap[i] = below
      i = smaller
    }
    heap[i] = item
  }
}
