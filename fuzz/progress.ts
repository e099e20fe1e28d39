import type { Writable } from 'node:stream'
import { type ProgressBarOptions, createProgressBar, remainingText } from '../src/commands/progress-bar.ts'

/** Tells whoever waits how far it is. */
export interface Progress {
  /** @param done - of all inputs, `elapsedMs` after the first */
  at(target: string, position: { readonly done: number; readonly total: number; readonly elapsedMs: number }): void
  /** Takes the bar off the screen. */
  clear(): void
}

export function createProgress(stream: Pick<Writable, 'write'>, options: ProgressBarOptions): Progress {
  const bar = createProgressBar(stream, options)
  return {
    at(target, { done, total, elapsedMs }) {
      const part = done / total
      bar.at({ part, elapsedMs }, () => {
        const rate = `${Math.round((1_000 * done) / elapsedMs).toLocaleString('en')}/s`
        return `${rate}, ${remainingText(part, elapsedMs) ?? '…'} left, ${target}`
      })
    },
    clear: () => bar.clear(),
  }
}
