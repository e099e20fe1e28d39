import type { Clock } from '../src/core/clock.ts'

/** `sleep` of a clock, by its timers: for clocks that are not the machine's. */
export function timerSleep(
  clock: Pick<Clock, 'after'>,
  { delayMs, signal }: { readonly delayMs: number; readonly signal: AbortSignal | undefined },
): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason)
      return
    }
    const onAbort = (): void => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
