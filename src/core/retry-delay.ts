import type { Random } from './clock.ts'

export interface RetryPace {
  /** The wait before the first retry, milliseconds. */
  readonly firstMs: number
  /** No wait is longer, milliseconds. */
  readonly capMs: number
}

/**
 * How long to wait before trying again after `failures` failures in a row, milliseconds. It doubles up to the cap, and
 * between half and all of it is waited, so that those who lost something together do not come back together.
 */
export function retryDelayMs(
  random: Random,
  { firstMs, capMs, failures }: RetryPace & { readonly failures: number },
): number {
  // 2 ** 30 milliseconds is twelve days: beyond any cap, and far from losing precision.
  const fullMs = Math.min(capMs, firstMs * 2 ** Math.min(failures, 30))
  return fullMs * (1 - random() / 2)
}
