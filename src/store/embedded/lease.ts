import { execFile } from 'node:child_process'
import { closeSync, constants, openSync, readSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { hasCode } from './operating-system.ts'

const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants

/**
 * A share in a running server. The shares are writing ends of one named pipe, which nobody ever writes to: the
 * operating system counts them, and takes back those of a process that ends in whatever way. A watcher reads the pipe;
 * it sees the end of the file when the last share is gone.
 */
export interface Lease {
  /** Whether a watcher still reads the pipe: without one the server is ending, or was started by somebody else. */
  watched(): boolean
  /**
   * Gives the share back; idempotent.
   *
   * @returns whether others still hold one
   */
  release(): boolean
}

/**
 * Makes the pipe where there is none, and takes a share in it.
 *
 * @returns the share, and the reading end: a file descriptor for the watcher's standard input, to be closed here
 */
export async function openLease(path: string): Promise<{ lease: Lease; watcherEnd: number }> {
  await makePipe(path)
  // Opening one end waits for the other, except when the pipe is open for both already.
  const bothEnds = openSync(path, O_RDWR | O_NONBLOCK)
  try {
    return { lease: leaseOf(path, openSync(path, O_WRONLY)), watcherEnd: openSync(path, O_RDONLY) }
  } finally {
    closeSync(bothEnds)
  }
}

/** Takes a share in a server that somebody else started; undefined when nobody watches the pipe. */
export function joinLease(path: string): Lease | undefined {
  const writingEnd = openWritingEnd(path)
  return writingEnd === undefined ? undefined : leaseOf(path, writingEnd)
}

function leaseOf(path: string, writingEnd: number): Lease {
  let held = true
  return {
    watched() {
      const probe = openWritingEnd(path)
      if (probe === undefined) return false
      closeSync(probe)
      return true
    },
    release() {
      if (held) closeSync(writingEnd)
      held = false
      return hasWriters(path)
    },
  }
}

function openWritingEnd(path: string): number | undefined {
  try {
    return openSync(path, O_WRONLY | O_NONBLOCK)
  } catch (error) {
    if (hasCode(error, 'ENXIO', 'ENOENT')) return undefined
    throw error
  }
}

/** Reading a pipe without waiting gives the end of the file when nobody has it open for writing, else EAGAIN. */
function hasWriters(path: string): boolean {
  const readingEnd = openSync(path, O_RDONLY | O_NONBLOCK)
  try {
    readSync(readingEnd, new Uint8Array(1))
    return false
  } catch (error) {
    if (hasCode(error, 'EAGAIN')) return true
    throw error
  } finally {
    closeSync(readingEnd)
  }
}

async function makePipe(path: string): Promise<void> {
  if (await isPipe(path)) return
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', path])
  } catch (error) {
    if (!(await isPipe(path))) throw error
  }
}

async function isPipe(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFIFO() ?? false
}
