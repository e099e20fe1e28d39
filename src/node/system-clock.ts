import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'

/** The machine's clocks. */
export const systemClock: Clock = {
  now: () => ({ wallMs: Date.now(), monoMs: performance.now() }),

  after(delayMs, task) {
    const timer = setTimeout(task, Math.ceil(delayMs))
    return () => clearTimeout(timer)
  },

  async sleep(delayMs, signal) {
    try {
      await sleep(delayMs, undefined, signal === undefined ? {} : { signal })
    } catch (error) {
      // Timers reject with an AbortError of their own; callers know the reason that they gave.
      signal?.throwIfAborted()
      throw error
    }
  },
}
