import type { WriteStream } from 'node:tty'
import { CLEAR_LINE } from '../src/commands/progress-bar.ts'

/** Tells whoever waits what is being measured. */
export interface Progress {
  /** What is done now; it takes the place of what was done before. */
  step(text: string): void
  /** Something that went wrong and should stay readable. */
  note(text: string): void
  /** Takes the last step off the screen. */
  clear(): void
}

/** Steps take turns on one line of a terminal; elsewhere each has a line, or with `silent` there are no lines at all. */
export function createProgress(stream: WriteStream, { silent }: { readonly silent: boolean }): Progress {
  const terminal = stream.isTTY
  if (silent && !terminal) return { step: () => undefined, note: () => undefined, clear: () => undefined }
  const clear = (): void => {
    if (terminal) stream.write(CLEAR_LINE)
  }
  return {
    step(text) {
      clear()
      stream.write(terminal ? `… ${text}`.slice(0, stream.columns - 1) : `${text}\n`)
    },
    note(text) {
      clear()
      stream.write(`${text}\n`)
    },
    clear,
  }
}
