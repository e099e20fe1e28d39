import { DEVIATION_SCALE } from '../core/network.ts'
import { type Price, formatPrice } from '../core/price.ts'
import type { Refusal, RefusalReason } from '../core/refusal.ts'
import type { StatementId } from '../core/statement.ts'
import { CO_SIGN_AHEAD_MS, CO_SIGN_PAST_MS, coSignWindow } from './windows.ts'

/** What can be said against a signature of this node; all but `not-a-signer` is a reason to tell the network. */
export type ObjectionCode = 'not-a-signer' | RefusalReason

/** Why this node does not sign a statement; `message` says it in words. */
export type Objection = { readonly message: string } & (
  | { readonly code: 'deviation'; readonly ownPrice: Price }
  | { readonly code: 'slot-signed'; readonly signedInstead: StatementId }
  | { readonly code: Exclude<ObjectionCode, 'deviation' | 'slot-signed'> }
)

/**
 * An objection as it is told to the network; undefined when it is not: who may not sign has no say either.
 *
 * @param about - `refusedAt`: this node's wall clock, milliseconds since the Unix epoch
 */
export function refusalFor(
  objection: Objection,
  about: Pick<Refusal, 'network' | 'statement' | 'refusedAt'>,
): Refusal | undefined {
  if (objection.code === 'not-a-signer') return undefined
  return {
    ...about,
    reason: objection.code,
    ownPrice: objection.code === 'deviation' ? objection.ownPrice : undefined,
    signedInstead: objection.code === 'slot-signed' ? objection.signedInstead : undefined,
  }
}

/** An objection when `observedAt` lies outside the co-sign window; both in milliseconds since the Unix epoch. */
export function refuseByWindow(observedAt: number, wallMs: number): Objection | undefined {
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
 * An objection when the proposed price is further from our own than the network allows.
 *
 * @param own - `maxDeviation` in parts of {@link DEVIATION_SCALE}; a price exactly that far away is signed
 */
export function refuseByDeviation(
  proposed: Price,
  own: { readonly price: Price; readonly maxDeviation: bigint },
): Objection | undefined {
  if (distance(proposed, own.price) * DEVIATION_SCALE <= own.price * own.maxDeviation) return undefined

  return {
    code: 'deviation',
    message: `proposed ${formatPrice(proposed)}, seen here ${formatPrice(own.price)}: ${formatDeviation(proposed, own.price)} apart, more than ${percent(own.maxDeviation)}`,
    ownPrice: own.price,
  }
}

/** How far a price is from the one that somebody saw, in percent of the latter, as `1.8 %`. */
export function formatDeviation(proposed: Price, seen: Price): string {
  return percent((distance(proposed, seen) * DEVIATION_SCALE) / seen)
}

function distance(a: Price, b: Price): bigint {
  return a > b ? a - b : b - a
}

function outside(message: string): Objection {
  return { code: 'outside-window', message }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

function percent(parts: bigint): string {
  return `${Number((parts * 100_000n) / DEVIATION_SCALE) / 1000} %`
}
