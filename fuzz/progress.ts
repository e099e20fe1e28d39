import type { Writable } from 'node:stream'
import { CLEAR_LINE, PROGRESS_EVERY_MS, percentText, progressBar, remainingText } from '../src/commands/progress-bar.ts'

/** Tells whoever waits how far it is. */
export interface Progress {
  /** @param done - of all inputs, `elapsedMs` after the first */
  at(target: string, position: { readonly done: number; readonly total: number; readonly elapsedMs: number }): void
  /** Takes the bar off the screen. */
  clear(): void
}

export interface ProgressOptions {
  readonly terminal: boolean
  readonly colour: boolean
}

/** A bar on one line of a terminal; elsewhere a line now and then. */
export function createProgress(stream: Pick<Writable, 'write'>, { terminal, colour }: ProgressOptions): Progress {
  let saidAtMs = 0
  return {
    at(target, { done, total, elapsedMs }) {
      if (elapsedMs - saidAtMs < PROGRESS_EVERY_MS[terminal ? 'terminal' : 'lines']) return
      saidAtMs = elapsedMs
      const rate = `${Math.round((1_000 * done) / elapsedMs).toLocaleString('en')}/s`
      const part = done / total
      const words = `${percentText(part)} ${rate}, ${remainingText(part, elapsedMs) ?? '…'} left, ${target}`
      stream.write(terminal ? `${CLEAR_LINE}${progressBar(part, { colour })} ${words}` : `${words}\n`)
    },
    clear() {
      if (terminal) stream.write(CLEAR_LINE)
    },
  }
}
