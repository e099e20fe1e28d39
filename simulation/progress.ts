import type { Writable } from 'node:stream'
import { type ProgressBarOptions, createProgressBar, remainingText } from '../src/commands/progress-bar.ts'

/** Tells whoever waits how far it is. */
export interface Progress {
  /** @param part - of all there is to do, 0 … 1; `elapsedMs` since the beginning */
  at(words: string, position: { readonly part: number; readonly elapsedMs: number }): void
  /** Takes the bar off the screen. */
  clear(): void
}

export function createProgress(stream: Pick<Writable, 'write'>, options: ProgressBarOptions): Progress {
  const bar = createProgressBar(stream, options)
  return {
    at(words, position) {
      bar.at(position, () => {
        const left = remainingText(position.part, position.elapsedMs)
        return `${words}${left === undefined ? '' : `, ${left} left`}`
      })
    },
    clear: () => bar.clear(),
  }
}
