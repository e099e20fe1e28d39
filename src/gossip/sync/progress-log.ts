import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { SyncProgress, SyncProgressEvent } from './progress.ts'

/** What takes longer than this is told of meanwhile, as often, milliseconds. */
const TELL_EVERY_MS = 10_000

/** Tells operators of history that is taken over: at its end, and on the way when that is long. */
export class ProgressLog implements SyncProgress {
  readonly #components: { readonly clock: Clock; readonly logger: Logger }
  #peer = ''
  #days = { all: 0, done: 0 }
  #taken = 0
  #beganMs = 0
  #toldMs = 0

  constructor(components: { readonly clock: Clock; readonly logger: Logger }) {
    this.#components = components
  }

  report(event: SyncProgressEvent): void {
    const { monoMs } = this.#components.clock.now()
    switch (event.kind) {
      case 'range':
        this.#peer = event.peerId
        this.#days = { all: event.days, done: 0 }
        this.#taken = 0
        this.#beganMs = this.#toldMs = monoMs
        break
      case 'wanted':
        break
      case 'taken':
        this.#taken += event.rows
        this.#tell(monoMs)
        break
      case 'compared':
        this.#days.done += event.days
        this.#tell(monoMs)
        break
      case 'done':
        this.#end(event.complete, monoMs)
        break
    }
  }

  #tell(monoMs: number): void {
    if (monoMs - this.#toldMs < TELL_EVERY_MS) return
    this.#toldMs = monoMs
    const { all, done } = this.#days
    const facts = { ...this.#facts(monoMs), days: done, of: all }
    this.#components.logger.info(`taking over history: ${this.#taken} rows so far, ${done} of ${all} days`, facts)
  }

  #end(complete: boolean, monoMs: number): void {
    if (this.#taken === 0) return
    const rest = complete ? '' : '; the rest follows'
    this.#components.logger.info(`took over ${this.#taken} rows of history${rest}`, this.#facts(monoMs))
  }

  #facts(monoMs: number): Readonly<Record<string, unknown>> {
    const seconds = Math.max(0.001, (monoMs - this.#beganMs) / 1_000)
    return { peer: this.#peer, rows: this.#taken, rowsPerSecond: Math.round(this.#taken / seconds) }
  }
}
