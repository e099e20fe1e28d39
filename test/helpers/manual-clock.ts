import type { Clock, Instant } from '../../src/core/clock.ts'
import { timerSleep } from '../../simulation/timer-sleep.ts'

/**
 * A clock that stands still until it is told to go on. Time passes only inside {@link ManualClock.advance}, and every
 * timer that falls due on the way runs at exactly its own time, in order.
 */
export class ManualClock implements Clock {
  #wallMs: number
  #monoMs: number
  #timers: Timer[] = []
  #started = 0

  /** @param start - the first reading; the two clocks differ by default, so that mixing them up shows */
  constructor(start: Partial<Instant> = {}) {
    this.#wallMs = start.wallMs ?? Date.UTC(2025, 0, 1)
    this.#monoMs = start.monoMs ?? 5_000
  }

  now(): Instant {
    return { wallMs: this.#wallMs, monoMs: this.#monoMs }
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.#monoMs + Math.max(0, delayMs), order: this.#started++, task }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return timerSleep(this, { delayMs, signal })
  }

  /**
   * Lets `ms` milliseconds pass. Timers that fall due run in order of their time, then of their making, those that
   * they start included; after each one, whatever promises it settled are followed to their end.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monoMs + ms
    await this.settle()
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#moveTo(next.dueMs)
      this.#timers = this.#timers.filter((other) => other !== next)
      next.task()
      await this.settle()
    }
    this.#moveTo(endMs)
  }

  /** Time that passes while the machine computes and nothing else can run: no timer does. */
  compute(ms: number): void {
    this.#moveTo(this.#monoMs + ms)
  }

  /** Follows settled promises to their end; no time passes. Work of the machine (disk, sockets) is not waited for. */
  settle(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  /** Sets the wall clock forward or back, as an operator or NTP does; the monotonic clock does not notice. */
  jumpWall(byMs: number): void {
    this.#wallMs += byMs
  }

  /** How many timers are waiting. What is stopped must leave none behind. */
  get pending(): number {
    return this.#timers.length
  }

  /** Milliseconds until the next timer is due; undefined when none is waiting. */
  get nextInMs(): number | undefined {
    const next = this.#next(Number.POSITIVE_INFINITY)
    return next === undefined ? undefined : next.dueMs - this.#monoMs
  }

  #next(untilMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs > untilMs) continue
      if (
        first === undefined ||
        timer.dueMs < first.dueMs ||
        (timer.dueMs === first.dueMs && timer.order < first.order)
      ) {
        first = timer
      }
    }
    return first
  }

  #moveTo(monoMs: number): void {
    this.#wallMs += monoMs - this.#monoMs
    this.#monoMs = monoMs
  }
}

interface Timer {
  readonly dueMs: number
  readonly order: number
  readonly task: () => void
}
