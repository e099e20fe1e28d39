import type { Writable } from 'node:stream'
import type { Clock } from '../core/clock.ts'
import type { SyncProgress, SyncProgressEvent } from '../gossip/sync/progress.ts'
import { CLEAR_LINE, PROGRESS_EVERY_MS, percentText, progressBar, remainingText } from './progress-bar.ts'

export interface ResyncProgressOptions {
  readonly terminal: boolean
  readonly colour: boolean
}

/** A bar on one line of a terminal; elsewhere a line now and then. */
export class ResyncProgress implements SyncProgress {
  readonly #stream: Pick<Writable, 'write'>
  readonly #clock: Clock
  readonly #options: ResyncProgressOptions
  readonly #everyMs: number
  #days = { all: 0, done: 0 }
  /** Of the day that is gone through. */
  #ofDay = { wanted: 0, taken: 0 }
  #ofPeer = 0
  #startedAtMs = 0
  #saidAtMs = Number.NEGATIVE_INFINITY
  #rows = 0

  constructor(
    { stream, clock }: { readonly stream: Pick<Writable, 'write'>; readonly clock: Clock },
    options: ResyncProgressOptions,
  ) {
    this.#stream = stream
    this.#clock = clock
    this.#options = options
    this.#everyMs = PROGRESS_EVERY_MS[options.terminal ? 'terminal' : 'lines']
  }

  /** Rows that were brought to the table so far. */
  get rows(): number {
    return this.#rows
  }

  /** What is done now, in words; it takes the place of what was done before. */
  step(words: string): void {
    this.clear()
    this.#stream.write(this.#options.terminal ? `… ${words}` : `${words}\n`)
  }

  report(event: SyncProgressEvent): void {
    const { monoMs } = this.#clock.now()
    switch (event.kind) {
      case 'range':
        this.#days = { all: event.days, done: 0 }
        this.#ofDay = { wanted: 0, taken: 0 }
        this.#ofPeer = 0
        this.#startedAtMs = monoMs
        this.#saidAtMs = monoMs
        break
      case 'wanted':
        this.#ofDay.wanted += event.rows
        break
      case 'taken':
        this.#rows += event.rows
        this.#ofPeer += event.rows
        this.#ofDay.taken += event.rows
        this.#say(monoMs)
        break
      case 'compared':
        this.#days.done += event.days
        this.#ofDay = { wanted: 0, taken: 0 }
        this.#say(monoMs)
        break
      case 'done':
        this.clear()
        break
    }
  }

  /** Takes the bar off the screen. */
  clear(): void {
    if (this.#options.terminal) this.#stream.write(CLEAR_LINE)
  }

  #say(monoMs: number): void {
    if (monoMs - this.#saidAtMs < this.#everyMs) return
    this.#saidAtMs = monoMs
    const done = this.#part()
    const elapsedMs = Math.max(1, monoMs - this.#startedAtMs)
    const rate = `${Math.round((1_000 * this.#ofPeer) / elapsedMs).toLocaleString('en')} rows/s`
    const remaining = remainingText(done, elapsedMs)
    const left = remaining === undefined ? '' : `, ${remaining} left`
    const days = `day ${Math.min(this.#days.done + 1, this.#days.all)} of ${this.#days.all}`
    const words = `${percentText(done)} ${this.#ofPeer.toLocaleString('en')} rows, ${rate}${left}, ${days}`
    this.#stream.write(
      this.#options.terminal ? `${CLEAR_LINE}${progressBar(done, this.#options)} ${words}` : `${words.trim()}\n`,
    )
  }

  /** Days, and of the one that is gone through what is known to be missing. */
  #part(): number {
    const { all, done } = this.#days
    const { wanted, taken } = this.#ofDay
    return all === 0 ? 0 : Math.min(1, (done + (wanted === 0 ? 0 : taken / wanted)) / all)
  }
}
