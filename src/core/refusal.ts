import type { Address } from './address.ts'
import type { Price } from './price.ts'
import type { Signature, StatementId } from './statement.ts'

/** Why a signer does not vouch for a statement, as it tells the network. */
export const REFUSAL_REASONS = [
  'deviation',
  'outside-window',
  'feed-down',
  'slot-signed',
  'slot-contested',
  'old-round',
  'no-memory',
  'disk',
] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

export function isRefusalReason(text: string): text is RefusalReason {
  return (REFUSAL_REASONS as readonly string[]).includes(text)
}

/** What a signer says, and signs, when it does not co-sign a statement. */
export interface Refusal {
  readonly network: string
  readonly statement: StatementId
  readonly reason: RefusalReason
  /** The price that the signer saw itself; undefined unless the reason is `deviation`. */
  readonly ownPrice: Price | undefined
  /** The statement of the slot that it has signed; undefined unless the reason is `slot-signed`. */
  readonly signedInstead: StatementId | undefined
  /** Milliseconds since the Unix epoch, on the signer's clock. */
  readonly refusedAt: number
}

/** A refusal whose signature was checked. */
export interface SignedRefusal {
  readonly refusal: Refusal
  readonly signer: Address
  readonly signature: Signature
}
