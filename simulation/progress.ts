import type { Writable } from 'node:stream'
import { CLEAR_LINE, PROGRESS_EVERY_MS, percentText, progressBar, remainingText } from '../src/commands/progress-bar.ts'

/** Tells whoever waits how far it is. */
export interface Progress {
  /** @param part - of all there is to do, 0 … 1; `elapsedMs` since the beginning */
  at(words: string, position: { readonly part: number; readonly elapsedMs: number }): void
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
    at(words, { part, elapsedMs }) {
      if (elapsedMs - saidAtMs < PROGRESS_EVERY_MS[terminal ? 'terminal' : 'lines']) return
      saidAtMs = elapsedMs
      const left = remainingText(part, elapsedMs)
      const line = `${percentText(part)} ${words}${left === undefined ? '' : `, ${left} left`}`
      stream.write(terminal ? `${CLEAR_LINE}${progressBar(part, { colour })} ${line}` : `${line}\n`)
    },
    clear() {
      if (terminal) stream.write(CLEAR_LINE)
    },
  }
}
