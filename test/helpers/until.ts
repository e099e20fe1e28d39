import { setTimeout as sleep } from 'node:timers/promises'

/** Far longer than anything takes: for machines that have a lot else to do, milliseconds. */
export const PATIENCE_MS = 120_000

/**
 * Waits until `condition` holds, and gives what it gave. For what tells nobody when it happens: where there is an
 * event, wait for that.
 *
 * @param what - finishes the sentence "waited in vain until …"
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  what: string,
  { timeoutMs = PATIENCE_MS }: { readonly timeoutMs?: number } = {},
): Promise<T> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const value = await condition()
    if (value !== false && value !== undefined) return value
    if (performance.now() > deadline) throw new Error(`waited in vain until ${what}`)
    await sleep(10)
  }
}
