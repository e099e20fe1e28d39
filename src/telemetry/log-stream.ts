import type { Writable } from 'node:stream'

/** What may wait for a slow reader, bytes: some ten thousand lines. */
const QUEUE_LIMIT = 4 * 1024 * 1024

export interface LogStream {
  write(line: string): void
  /** Resolves when everything has been handed over, or nobody is left to take it. */
  flush(): Promise<void>
}

/**
 * Writes lines without ever waiting for whoever reads them: beyond a limit lines are dropped and counted, and when the
 * reader has gone, all of them are. A log must not be able to stop a node.
 *
 * @param options.onDropped - how to say in one line that lines were dropped
 */
export function createLogStream(
  stream: Writable,
  options: { readonly onDropped: (lines: number) => string; readonly limitBytes?: number },
): LogStream {
  const { onDropped, limitBytes = QUEUE_LIMIT } = options
  let dropped = 0
  let gone = false
  stream.on('error', () => {
    gone = true
  })
  stream.on('drain', () => {
    if (dropped === 0 || gone) return
    stream.write(onDropped(dropped))
    dropped = 0
  })
  return {
    write(line) {
      if (gone || stream.destroyed || stream.writableEnded) return
      if (stream.writableLength > limitBytes) dropped++
      else stream.write(line)
    },
    flush() {
      if (gone || stream.destroyed || stream.writableLength === 0) return Promise.resolve()
      return new Promise((resolve) => {
        stream.write('', () => resolve())
        stream.once('close', resolve)
      })
    },
  }
}
