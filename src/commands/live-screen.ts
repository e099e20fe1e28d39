import type { ReadStream, WriteStream } from 'node:tty'

const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const HOME = '\u001b[H'
const CLEAR_TO_END_OF_LINE = '\u001b[K'
const CLEAR_BELOW = '\u001b[J'
/** Terminals that know of it show what stands between these at once; others ignore them. */
const [BEGIN_FRAME, END_FRAME] = ['\u001b[?2026h', '\u001b[?2026l']
/** q, Ctrl-C and Ctrl-D. A terminal that hands over every key sends no signal for them. */
const QUIT = ['q', 'Q', '\u0003', '\u0004']
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const USUAL_COLUMNS = 80
const USUAL_ROWS = 24

/** A terminal that shows one thing over and over, in place of what was there, and then gives that back. */
export interface LiveScreen {
  /** Aborted when the person has seen enough. */
  readonly signal: AbortSignal
  columns(): number
  /** Lines without line feeds, none wider than {@link columns}; those that are too many are left out, and counted. */
  draw(lines: readonly string[]): void
  /** Gives the terminal back as it was. */
  close(): void
}

export interface ScreenComponents {
  readonly input: ReadStream
  readonly output: WriteStream
  readonly process: Pick<NodeJS.Process, 'on' | 'off'>
  /** The terminal has another size now. */
  readonly onResize: () => void
}

/** Takes the terminal over until {@link LiveScreen.close}. */
export function openScreen({ input, output, process, onResize }: ScreenComponents): LiveScreen {
  const enough = new AbortController()
  const quit = (): void => enough.abort()
  const onKeys = (keys: Buffer): void => {
    if (QUIT.some((key) => keys.includes(key))) quit()
  }
  let isOpen = true
  const close = (): void => {
    if (!isOpen) return
    isOpen = false
    output.off('resize', onResize)
    for (const signal of SIGNALS) process.off(signal, quit)
    process.off('exit', close)
    input.off('data', onKeys)
    if (input.isTTY) {
      input.setRawMode(false)
      input.pause()
    }
    output.write(LEAVE)
  }
  if (input.isTTY) {
    input.setRawMode(true)
    input.on('data', onKeys)
    input.resume()
  }
  output.on('resize', onResize)
  for (const signal of SIGNALS) process.on(signal, quit)
  // Whatever ends the process: a shell without a cursor is of no use.
  process.on('exit', close)
  output.write(ENTER)

  return {
    signal: enough.signal,
    columns: () => (output.columns > 0 ? output.columns : USUAL_COLUMNS),
    draw(lines) {
      if (!isOpen) return
      const rows = output.rows > 0 ? output.rows : USUAL_ROWS
      const shown = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), `… ${lines.length - rows + 1} more`]
      const text = shown.map((line) => `${line}${CLEAR_TO_END_OF_LINE}`).join('\r\n')
      output.write(`${BEGIN_FRAME}${HOME}${text}${CLEAR_BELOW}${END_FRAME}`)
    },
    close,
  }
}
