import type { WriteStream } from 'node:tty'
import type { Clock } from '../core/clock.ts'
import { CLEAR_LINE, PROGRESS_EVERY_MS, percentText, progressBar, remainingText } from './progress-bar.ts'

/** How much is done. */
export interface Done {
  /** From 0 to 1. */
  readonly share: number
  /** What is counted, as `rows`, and how many of them there were so far. */
  readonly count: number
  readonly unit: string
}

const USUAL_COLUMNS = 80

/** One line: a bar where there is room for one, percent, count, rate, remaining time. Fits into `columns`. */
export function progressText(
  { share, count, unit }: Done,
  { elapsedMs, columns }: { readonly elapsedMs: number; readonly columns: number },
): string {
  const rate = elapsedMs > 0 ? Math.round((1_000 * count) / elapsedMs) : 0
  const words = [
    percentText(share),
    `${count.toLocaleString('en')} ${unit}`,
    `${rate.toLocaleString('en')}/s`,
    `${remainingText(share, elapsedMs) ?? '…'} left`,
  ].join('  ')
  const withBar = `${progressBar(share, { colour: false })} ${words}`
  return (withBar.length < columns ? withBar : words.trimStart()).slice(0, Math.max(0, columns - 1))
}

/** Keeps one line of a terminal; elsewhere it writes nothing. */
export interface ProgressLine {
  show(done: Done): void
  /** Says what is done now, where no share of it can be told. */
  say(text: string): void
  /** Takes the line away, for a line that stays or for the end. */
  clear(): void
}

export function createProgressLine({
  stream,
  clock,
}: {
  readonly stream: WriteStream
  readonly clock: Clock
}): ProgressLine {
  const fromMs = clock.now().monoMs
  let shownAtMs = Number.NEGATIVE_INFINITY
  let visible = false
  const put = (text: string): void => {
    stream.write(`${CLEAR_LINE}${text}`)
    visible = true
  }
  // Some terminals do not say how wide they are.
  const columns = (): number => (stream.columns > 0 ? stream.columns : USUAL_COLUMNS)
  if (!stream.isTTY) return { show: () => undefined, say: () => undefined, clear: () => undefined }
  return {
    show(done) {
      const { monoMs } = clock.now()
      if (monoMs - shownAtMs < PROGRESS_EVERY_MS.terminal) return
      shownAtMs = monoMs
      put(progressText(done, { elapsedMs: monoMs - fromMs, columns: columns() }))
    },
    say(text) {
      put(text.slice(0, columns() - 1))
    },
    clear() {
      if (visible) stream.write(CLEAR_LINE)
      visible = false
    },
  }
}
