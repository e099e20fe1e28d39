import type { Random } from '../core/clock.ts'
import { type RetryPace, retryDelayMs } from '../core/retry-delay.ts'

/** Attempts at one thing, one at a time: when the next is due. Times are readings of the monotonic clock in milliseconds. */
export class Attempts {
  readonly #random: Random
  readonly #pace: RetryPace
  /** In a row; they make the wait. */
  #failures = 0
  #dueMs = 0
  underWay = false

  constructor({ random }: { readonly random: Random }, pace: RetryPace) {
    this.#random = random
    this.#pace = pace
  }

  get failures(): number {
    return this.#failures
  }

  get dueMs(): number {
    return this.#dueMs
  }

  retryLater(nowMs: number): void {
    this.#waitFrom(nowMs)
    this.#failures += 1
  }

  retrySoon(nowMs: number): void {
    this.#failures = 0
    this.#waitFrom(nowMs)
  }

  /** What failed before says nothing any more; when the next is due stays as it is. */
  forgive(): void {
    this.#failures = 0
  }

  #waitFrom(nowMs: number): void {
    this.#dueMs = nowMs + retryDelayMs(this.#random, { ...this.#pace, failures: this.#failures })
  }
}
