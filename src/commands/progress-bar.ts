import type { Writable } from 'node:stream'
import { createColors } from 'picocolors'

/** Empties the line in which the cursor is. */
export const CLEAR_LINE = '\r\u001b[2K'

const WIDTH = 24

/** How often something is said of progress, milliseconds: on one line of a terminal, or in lines of their own. */
export const PROGRESS_EVERY_MS = { terminal: 100, lines: 10_000 }

/** @param part - what is done, 0 to 1; so are those below */
export function progressBar(part: number, { colour }: { readonly colour: boolean }): string {
  const paint = createColors(colour)
  const full = Math.floor(WIDTH * within(part))
  return `${paint.green('█'.repeat(full))}${paint.dim('░'.repeat(WIDTH - full))}`
}

/** Of the same width whatever it is. */
export function percentText(part: number): string {
  return `${Math.floor(100 * within(part))} %`.padStart(5)
}

/** How long the rest takes at the rate of what is done; undefined as long as nothing is. */
export function remainingText(part: number, elapsedMs: number): string | undefined {
  if (part <= 0) return undefined
  const seconds = Math.ceil((elapsedMs * (1 - within(part))) / within(part) / 1_000)
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
  return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
}

/** Tells whoever waits how far it is. */
export interface ProgressBar {
  /**
   * @param position - what is done, and how long it took, milliseconds
   * @param words - what stands behind the percentage; asked for only when it is shown
   */
  at(position: { readonly part: number; readonly elapsedMs: number }, words: () => string): void
  /** Takes the bar off the screen. */
  clear(): void
}

export interface ProgressBarOptions {
  readonly terminal: boolean
  readonly colour: boolean
}

/** A bar on one line of a terminal; elsewhere a line now and then. */
export function createProgressBar(
  stream: Pick<Writable, 'write'>,
  { terminal, colour }: ProgressBarOptions,
): ProgressBar {
  let saidAtMs = 0
  return {
    at({ part, elapsedMs }, words) {
      if (elapsedMs - saidAtMs < PROGRESS_EVERY_MS[terminal ? 'terminal' : 'lines']) return
      saidAtMs = elapsedMs
      const line = `${percentText(part)} ${words()}`
      stream.write(terminal ? `${CLEAR_LINE}${progressBar(part, { colour })} ${line}` : `${line}\n`)
    },
    clear() {
      if (terminal) stream.write(CLEAR_LINE)
    },
  }
}

function within(part: number): number {
  return Math.min(1, Math.max(0, part))
}
