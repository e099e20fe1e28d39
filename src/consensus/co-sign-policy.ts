import { DEVIATION_SCALE } from '../core/network.ts'
import { type Price, formatPrice } from '../core/price.ts'
import { CO_SIGN_AHEAD_MS, CO_SIGN_PAST_MS, coSignWindow } from './windows.ts'

export type RefusalCode =
  | 'not-a-signer'
  | 'no-memory'
  | 'outside-window'
  | 'slot-signed'
  | 'old-round'
  | 'feed-down'
  | 'deviation'
  | 'disk'

/** Why this node does not vouch for a statement; `message` says it in words. */
export interface Refusal {
  readonly code: RefusalCode
  readonly message: string
}

/** A refusal when `observedAt` lies outside the co-sign window; both in milliseconds since the Unix epoch. */
export function refuseByWindow(observedAt: number, wallMs: number): Refusal | undefined {
  switch (coSignWindow(observedAt, wallMs)) {
    case 'open':
      return undefined
    case 'stale':
      return outside(`observed ${seconds(wallMs - observedAt)} ago, more than ${seconds(CO_SIGN_PAST_MS)}`)
    case 'early':
      return outside(`observed ${seconds(observedAt - wallMs)} from now, more than ${seconds(CO_SIGN_AHEAD_MS)} ahead`)
  }
}

/**
 * A refusal when the proposed price is further from our own than the network allows.
 *
 * @param own - `maxDeviation` in parts of {@link DEVIATION_SCALE}; a price exactly that far away is signed
 */
export function refuseByDeviation(
  proposed: Price,
  own: { readonly price: Price; readonly maxDeviation: bigint },
): Refusal | undefined {
  const distance = proposed > own.price ? proposed - own.price : own.price - proposed
  if (distance * DEVIATION_SCALE <= own.price * own.maxDeviation) return undefined

  const deviation = percent((distance * DEVIATION_SCALE) / own.price)
  return {
    code: 'deviation',
    message: `proposed ${formatPrice(proposed)}, seen here ${formatPrice(own.price)}: ${deviation} apart, more than ${percent(own.maxDeviation)}`,
  }
}

function outside(message: string): Refusal {
  return { code: 'outside-window', message }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function percent(parts: bigint): string {
  return `${Number((parts * 100_000n) / DEVIATION_SCALE) / 1000} %`
}
