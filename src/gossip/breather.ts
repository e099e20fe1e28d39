import type { Clock } from '../core/clock.ts'

/** Work goes on for so long before others have a turn, milliseconds. */
const TURN_MS = 8

/** Keeps long work from holding up everything else. */
export class Breather {
  readonly #clock: Clock
  readonly #nextTurn: () => Promise<unknown>
  #sinceMs: number

  /** @param nextTurn - resolves when others have had their turn */
  constructor({ clock, nextTurn }: { readonly clock: Clock; readonly nextTurn: () => Promise<unknown> }) {
    this.#clock = clock
    this.#nextTurn = nextTurn
    this.#sinceMs = clock.now().monoMs
  }

  /** Lets others have a turn when this work has had its own; resolves at once otherwise. */
  async breathe(): Promise<void> {
    if (this.#clock.now().monoMs - this.#sinceMs < TURN_MS) return
    await this.#nextTurn()
    this.#sinceMs = this.#clock.now().monoMs
  }
}
