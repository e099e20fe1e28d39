import process from 'node:process'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** What this process takes, bytes. */
export interface MemoryUsage {
  /** In use when all that can be collected has been, array buffers included. */
  readonly heapBytes: number
  /** As the operating system counts it. */
  readonly residentBytes: number
}

/** Collections after which nothing more is expected to go. */
const COLLECTIONS = 6

let collect: (() => void) | undefined

/** Collects the garbage, and measures what is left. */
export async function readMemory(): Promise<MemoryUsage> {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    // Megabytes of code that has run once would go at some later time, and hide what has come since.
    setFlagsFromString('--no-flush-bytecode')
    collect = runInNewContext('gc') as () => void
  }
  // Array buffers are counted out by another thread, and finalizers run between turns.
  for (let i = 0; i < COLLECTIONS; i++) {
    collect()
    await nextTurn()
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  return { heapBytes: heapUsed + external, residentBytes: rss }
}
