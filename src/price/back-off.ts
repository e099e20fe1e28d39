import type { Clock, Random } from '../core/clock.ts'

/** How long to wait between attempts: twice as long each time, up to a longest. */
export interface BackOff {
  /** Milliseconds to wait before the next attempt. */
  next(): number
}

/**
 * Half of each wait is drawn at random, so that nodes which failed together do not come back together.
 *
 * @param options - `firstMs`: the longest that the first wait may be; `longestMs`: that any wait may be
 */
export function createBackOff(
  components: { readonly random: Random },
  options: { readonly firstMs: number; readonly longestMs: number },
): BackOff {
  let ceilingMs = Math.min(options.firstMs, options.longestMs)
  return {
    next() {
      const delayMs = (ceilingMs / 2) * (1 + components.random())
      ceilingMs = Math.min(ceilingMs * 2, options.longestMs)
      return delayMs
    },
  }
}

/** Waits; false when `signal` cut it short. A wait of 0 is none at all. */
export async function waited(
  components: { readonly clock: Clock },
  options: { readonly delayMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const { delayMs, signal } = options
  if (signal.aborted) return false
  if (delayMs <= 0) return true
  try {
    await components.clock.sleep(delayMs, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}
