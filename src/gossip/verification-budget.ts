import type { Clock } from '../core/clock.ts'

/** Time for verifying signatures, as one peer or a class of peers may use it up. */
export interface VerificationBudget {
  /** Whether there is any left. */
  hasTime(): boolean
  /** Does the work and takes what it took from the budget. */
  spend<T>(work: () => T): T
}

export interface BudgetShare {
  /** Milliseconds of work that may be done at once. */
  readonly burstMs: number
  /** The part of one core that may be used in the long run, 0 … 1. */
  readonly share: number
}

/** A budget that grows with time, by `share` of it. Work that took longer than was left is paid back first. */
export class TimeBudget implements VerificationBudget {
  readonly #clock: Clock
  readonly #burstMs: number
  readonly #share: number
  #leftMs: number
  #atMs: number

  constructor({ clock }: { readonly clock: Clock }, { burstMs, share }: BudgetShare) {
    this.#clock = clock
    this.#burstMs = burstMs
    this.#share = share
    this.#leftMs = burstMs
    this.#atMs = clock.now().monoMs
  }

  hasTime(): boolean {
    this.#refill()
    return this.#leftMs > 0
  }

  spend<T>(work: () => T): T {
    const startMs = this.#refill()
    try {
      return work()
    } finally {
      this.#leftMs -= this.#clock.now().monoMs - startMs
    }
  }

  #refill(): number {
    const { monoMs } = this.#clock.now()
    this.#leftMs = Math.min(this.#burstMs, this.#leftMs + (monoMs - this.#atMs) * this.#share)
    this.#atMs = monoMs
    return monoMs
  }
}
