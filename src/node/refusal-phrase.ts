import { formatDeviation } from '../consensus/co-sign-policy.ts'
import { formatPrice } from '../core/price.ts'
import type { Refusal } from '../core/refusal.ts'
import type { PriceStatement } from '../core/statement.ts'

/** What a signer did that refused, to be said after its name. */
export function refusalPhrase({ reason, ownPrice }: Refusal, { price }: PriceStatement): string {
  switch (reason) {
    case 'deviation':
      if (ownPrice === undefined) return 'saw another price'
      return `saw ${formatPrice(ownPrice)} (deviation ${formatDeviation(price, ownPrice)})`
    case 'outside-window':
      return 'found it too old or too new by its clock'
    case 'feed-down':
      return 'had no price of its own, its feed being down'
    case 'slot-signed':
      return 'had signed another statement of the slot'
    case 'slot-contested':
      return 'knew of two statements of the slot'
    case 'old-round':
      return 'signs rounds this old no more'
    case 'no-memory':
      return 'waits for a full round, its memory being new'
    case 'disk':
      return 'could not write to its disk'
  }
}
