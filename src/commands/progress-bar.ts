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

function within(part: number): number {
  return Math.min(1, Math.max(0, part))
}
