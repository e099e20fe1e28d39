import { setFlagsFromString } from 'node:v8'
import { runInThisContext } from 'node:vm'

/**
 * Follows settled promises to their end, at once: a turn of Node's loop after every event of millions costs more than
 * most events do. Only outside of promises, in a turn of the loop.
 */
export const followPromises: () => void = (() => {
  setFlagsFromString('--allow-natives-syntax')
  try {
    return runInThisContext('(() => { %PerformMicrotaskCheckpoint() })') as () => void
  } finally {
    setFlagsFromString('--no-allow-natives-syntax')
  }
})()
