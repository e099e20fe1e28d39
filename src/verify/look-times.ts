import type { Random } from '../core/clock.ts'

export interface LookPace {
  /** How long after a look, whoever took it, the next one is, milliseconds. */
  readonly everyMs: number
  /** One look of its own at least in this time, whatever others say: anybody who can connect can say it. */
  readonly ownEveryMs: number
}

/** Looks that are asked for come after up to this time, so that of those who share a database one is enough. */
const ASKED_WITHIN_MS = 5_000
/** And not more often, milliseconds. */
const ASKED_EVERY_MS = 10_000
/** By this part of the time nodes differ. */
const SPREAD = 0.5

/** When to look into tables into which others look, too: one look of anybody's is enough for a while. */
export class LookTimes {
  readonly #random: Random
  readonly #pace: LookPace
  #dueMs: number
  #ownLatestMs: number
  #lastMs: number

  /** @param nowMs - on the monotonic clock, as all times here; the first look is due at once */
  constructor(random: Random, { nowMs, ...pace }: LookPace & { readonly nowMs: number }) {
    this.#random = random
    this.#pace = pace
    this.#dueMs = nowMs
    this.#ownLatestMs = nowMs
    this.#lastMs = Number.NEGATIVE_INFINITY
  }

  /** When the next look is due. */
  get dueMs(): number {
    return Math.min(this.#dueMs, this.#ownLatestMs)
  }

  /** This node has looked. */
  looked(nowMs: number): void {
    this.#ownLatestMs = nowMs + this.#spread(this.#pace.ownEveryMs)
    this.#postpone(nowMs)
  }

  /** Another node has looked: it found what there was. A first look of one's own is not spared by that. */
  othersLooked(nowMs: number): void {
    if (this.#lastMs !== Number.NEGATIVE_INFINITY) this.#postpone(nowMs)
  }

  /** There is something that should be looked at soon, by whomever. */
  ask(nowMs: number): void {
    this.#dueMs = Math.min(this.#dueMs, this.#soonMs(nowMs))
  }

  /** There is something that this node should look at soon, whoever else does. */
  insist(nowMs: number): void {
    this.#ownLatestMs = Math.min(this.#ownLatestMs, this.#soonMs(nowMs))
  }

  #soonMs(nowMs: number): number {
    return Math.max(nowMs, this.#lastMs + ASKED_EVERY_MS) + this.#random() * ASKED_WITHIN_MS
  }

  #postpone(nowMs: number): void {
    this.#lastMs = nowMs
    this.#dueMs = nowMs + this.#spread(this.#pace.everyMs)
  }

  #spread(ms: number): number {
    return ms * (1 + SPREAD * this.#random())
  }
}
