import type { WriteStream } from 'node:tty'
import type { Clock } from '../core/clock.ts'

/** How much is done. */
export interface Done {
  /** From 0 to 1. */
  readonly share: number
  /** What is counted, as `rows`, and how many of them there were so far. */
  readonly count: number
  readonly unit: string
}

const BAR_WIDTH = 24
const EVERY_MS = 100
const USUAL_COLUMNS = 80
const CLEAR_LINE = '\r\u001b[2K'

/** One line: a bar, percent, count, rate, remaining time. Fits into `columns`. */
export function progressText(
  { share, count, unit }: Done,
  { elapsedMs, columns }: { readonly elapsedMs: number; readonly columns: number },
): string {
  const part = Math.min(1, Math.max(0, share))
  const full = Math.floor(part * BAR_WIDTH)
  const seconds = elapsedMs / 1_000
  const rate = seconds > 0 ? Math.round(count / seconds) : 0
  const left = part > 0 ? formatSeconds((seconds / part) * (1 - part)) : '…'
  const bar = `${'█'.repeat(full)}${'░'.repeat(BAR_WIDTH - full)}`
  const percent = `${Math.floor(part * 100)}`.padStart(3)
  const text = `${bar} ${percent} %  ${count.toLocaleString('en')} ${unit}  ${rate.toLocaleString('en')}/s  ${left} left`
  return text.slice(0, Math.max(0, columns - 1))
}

function formatSeconds(seconds: number): string {
  const whole = Math.ceil(seconds)
  if (whole < 60) return `${whole} s`
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`
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
      if (monoMs - shownAtMs < EVERY_MS) return
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
