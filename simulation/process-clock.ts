import type { Clock, Instant } from '../src/core/clock.ts'
import type { Scheduler } from './scheduler.ts'
import { timerSleep } from './timer-sleep.ts'

/**
 * When the simulation begins, milliseconds since the Unix epoch: a round of every simulated interval begins then, and
 * twelve minutes later a day.
 */
export const EPOCH_MS = Date.UTC(2025, 0, 1, 23, 48)

/** The wall clock of one machine; it goes on while no process runs. */
export class MachineClock {
  readonly #scheduler: Scheduler
  /** How much faster than true time it goes: 1 for exact. */
  readonly rate: number
  #aheadMs: number

  constructor(scheduler: Scheduler, options: { readonly aheadMs: number; readonly rate: number }) {
    this.#scheduler = scheduler
    this.rate = options.rate
    this.#aheadMs = options.aheadMs
  }

  get wallMs(): number {
    return Math.floor(EPOCH_MS + (this.#scheduler.nowUs / 1_000) * this.rate + this.#aheadMs)
  }

  get aheadMs(): number {
    return this.#aheadMs
  }

  jump(byMs: number): void {
    this.#aheadMs += byMs
  }
}

/** Both clocks as one process reads them. With the process its timers end. */
export class ProcessClock implements Clock {
  readonly #scheduler: Scheduler
  readonly #machine: MachineClock
  readonly #startedAtUs: number
  #isOver = false

  constructor(scheduler: Scheduler, machine: MachineClock) {
    this.#scheduler = scheduler
    this.#machine = machine
    this.#startedAtUs = scheduler.nowUs
  }

  get monoMs(): number {
    return ((this.#scheduler.nowUs - this.#startedAtUs) / 1_000) * this.#machine.rate
  }

  now(): Instant {
    return { wallMs: this.#machine.wallMs, monoMs: this.monoMs }
  }

  after(delayMs: number, task: () => void): () => void {
    return this.#scheduler.after((Math.max(0, delayMs) * 1_000) / this.#machine.rate, () => {
      if (!this.#isOver) task()
    })
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return timerSleep(this, { delayMs, signal })
  }

  /** No timer runs any more. */
  end(): void {
    this.#isOver = true
  }
}
