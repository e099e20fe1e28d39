/** A map of the keys that were set last, so many at most: one more, and the one set longest ago is forgotten. */
export class RecentMap<Key, Value> {
  readonly #limit: number
  /** In the order in which they were set. */
  readonly #entries = new Map<Key, Value>()

  constructor({ limit }: { readonly limit: number }) {
    this.#limit = limit
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  has(key: Key): boolean {
    return this.#entries.has(key)
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#limit) return
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest)
      return
    }
  }

  values(): Iterable<Value> {
    return this.#entries.values()
  }
}
