/** Something that happens at a moment, unless it is cancelled before. */
export interface SimulatedEvent {
  /** Virtual microseconds; whole. */
  readonly atUs: number
  /** Of those at one moment the one made first comes first. */
  readonly order: number
  task: (() => void) | undefined
}

/** Fewer than these are not worth sweeping out. */
const SWEEP_FROM = 1_024

/** What is to happen, the earliest first: a binary heap. What was cancelled stays in it until it is most of it. */
export class EventQueue {
  #heap: SimulatedEvent[] = []
  #cancelled = 0

  get size(): number {
    return this.#heap.length - this.#cancelled
  }

  push(event: SimulatedEvent): void {
    const heap = this.#heap
    let at = heap.length
    heap.push(event)
    while (at > 0) {
      const parent = (at - 1) >> 1
      const above = heap[parent]
      if (above === undefined || isBefore(above, event)) break
      heap[at] = above
      at = parent
    }
    heap[at] = event
  }

  cancel(event: SimulatedEvent): void {
    if (event.task === undefined) return
    event.task = undefined
    this.#cancelled += 1
    if (this.#heap.length >= SWEEP_FROM && this.#cancelled * 2 > this.#heap.length) this.#sweep()
  }

  /** The earliest event that is at or before `untilUs`; undefined when there is none. */
  take(untilUs: number): SimulatedEvent | undefined {
    for (;;) {
      const [first] = this.#heap
      if (first === undefined) return undefined
      if (first.task !== undefined && first.atUs > untilUs) return undefined
      this.#removeFirst()
      if (first.task !== undefined) return first
      this.#cancelled -= 1
    }
  }

  #removeFirst(): void {
    const last = this.#heap.pop()
    if (last !== undefined && this.#heap.length > 0) this.#sink(last, 0)
  }

  #sink(event: SimulatedEvent, from: number): void {
    const heap = this.#heap
    let at = from
    for (;;) {
      const left = 2 * at + 1
      const [a, b] = [heap[left], heap[left + 1]]
      if (a === undefined) break
      const isRight = b !== undefined && isBefore(b, a)
      const below = isRight ? b : a
      if (isBefore(event, below)) break
      heap[at] = below
      at = isRight ? left + 1 : left
    }
    heap[at] = event
  }

  #sweep(): void {
    const live = this.#heap.filter(({ task }) => task !== undefined)
    this.#heap = live
    this.#cancelled = 0
    for (let at = (live.length >> 1) - 1; at >= 0; at--) {
      const event = live[at]
      if (event !== undefined) this.#sink(event, at)
    }
  }
}

function isBefore(a: SimulatedEvent, b: SimulatedEvent): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order)
}
