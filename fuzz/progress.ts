import type { Writable } from 'node:stream'
import { createColors } from 'picocolors'

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

const CLEAR_LINE = '\r\u001b[2K'
const WIDTH = 24
/** How often something is said, milliseconds. */
const EVERY_MS = { terminal: 100, lines: 10_000 }

/** A bar on one line of a terminal; elsewhere a line now and then. */
export function createProgress(stream: Pick<Writable, 'write'>, { terminal, colour }: ProgressOptions): Progress {
  const paint = createColors(colour)
  let saidAtMs = 0
  return {
    at(target, { done, total, elapsedMs }) {
      if (elapsedMs - saidAtMs < (terminal ? EVERY_MS.terminal : EVERY_MS.lines)) return
      saidAtMs = elapsedMs
      const rate = `${Math.round((1_000 * done) / elapsedMs).toLocaleString('en')}/s`
      const left = `${formatSeconds(((total - done) * elapsedMs) / done)} left`
      const words = `${percent(done, total)} ${rate}, ${left}, ${target}`
      const filled = Math.min(WIDTH, Math.floor((WIDTH * done) / total))
      const bar = `${paint.green('█'.repeat(filled))}${paint.dim('░'.repeat(WIDTH - filled))}`
      stream.write(terminal ? `${CLEAR_LINE}${bar} ${words}` : `${words}\n`)
    },
    clear() {
      if (terminal) stream.write(CLEAR_LINE)
    },
  }
}

function percent(done: number, total: number): string {
  return `${Math.floor((100 * done) / total)} %`.padStart(5)
}

function formatSeconds(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
