import type { Writable } from 'node:stream'
import { createColors } from 'picocolors'

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

const CLEAR_LINE = '\r\u001b[2K'
const WIDTH = 24
/** How often something is said, milliseconds. */
const EVERY_MS = { terminal: 100, lines: 10_000 }

/** A bar on one line of a terminal; elsewhere a line now and then. */
export function createProgress(stream: Pick<Writable, 'write'>, { terminal, colour }: ProgressOptions): Progress {
  const paint = createColors(colour)
  let saidAtMs = 0
  return {
    at(words, { part, elapsedMs }) {
      if (elapsedMs - saidAtMs < (terminal ? EVERY_MS.terminal : EVERY_MS.lines)) return
      saidAtMs = elapsedMs
      const percent = `${Math.floor(100 * part)} %`.padStart(5)
      const left = part > 0 ? `, ${formatSeconds(((1 - part) * elapsedMs) / part)} left` : ''
      const filled = Math.min(WIDTH, Math.floor(WIDTH * part))
      const bar = `${paint.green('█'.repeat(filled))}${paint.dim('░'.repeat(WIDTH - filled))}`
      const line = `${percent} ${words}${left}`
      stream.write(terminal ? `${CLEAR_LINE}${bar} ${line}` : `${line}\n`)
    },
    clear() {
      if (terminal) stream.write(CLEAR_LINE)
    },
  }
}

function formatSeconds(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000))
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}
