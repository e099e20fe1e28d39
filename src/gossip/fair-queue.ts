export interface FairQueueLimits {
  /** What waits in all. */
  readonly total: number
  /** What waits in one lane. */
  readonly lane: number
}

/**
 * What waits for its turn, in lanes that take turns: who sends much waits for himself and for nobody else's sake. Of a
 * full lane the newest is dropped; of a full queue the newest of the longest lane.
 */
export class FairQueue<T> {
  readonly #limits: FairQueueLimits
  readonly #drop: (item: T) => void
  /** In the order of their turns; none is empty. */
  readonly #lanes = new Map<string, T[]>()
  #size = 0

  /** @param drop - is told of everything that will have no turn */
  constructor(limits: FairQueueLimits, drop: (item: T) => void) {
    this.#limits = limits
    this.#drop = drop
  }

  get size(): number {
    return this.#size
  }

  push(lane: string, item: T): void {
    const waiting = this.#lanes.get(lane) ?? []
    if (waiting.length >= this.#limits.lane) {
      this.#drop(item)
      return
    }
    if (this.#size >= this.#limits.total) {
      const longest = this.#longest()
      // What would only trade places with the newcomer stays: it has waited.
      if (longest === undefined || longest.length <= waiting.length + 1) {
        this.#drop(item)
        return
      }
      this.#dropNewest(longest)
    }
    waiting.push(item)
    this.#lanes.set(lane, waiting)
    this.#size += 1
  }

  /** Takes what has its turn now; its lane goes to the end of the line. */
  shift(): T | undefined {
    for (const [lane, waiting] of this.#lanes) {
      const item = waiting.shift()
      this.#lanes.delete(lane)
      if (waiting.length > 0) this.#lanes.set(lane, waiting)
      if (item === undefined) continue
      this.#size -= 1
      return item
    }
    return undefined
  }

  #longest(): T[] | undefined {
    let longest: T[] | undefined
    for (const waiting of this.#lanes.values()) {
      if (waiting.length > (longest?.length ?? 0)) longest = waiting
    }
    return longest
  }

  #dropNewest(waiting: T[]): void {
    const item = waiting.pop()
    if (item === undefined) return
    this.#size -= 1
    this.#drop(item)
  }
}
