import { equalBytes, toHex } from '../core/hex.ts'
import type { Price } from '../core/price.ts'
import { type Refusal, isRefusalReason } from '../core/refusal.ts'
import { type SignatureFault, signatureFault } from '../core/signature.ts'
import type { Signature, StatementId } from '../core/statement.ts'
import { priceFromBytes } from './attestation-shape.ts'
import type { WireRefusal } from './refusal-wire.ts'

const ID_BYTES = 32
const REASON = /^[a-z-]{1,32}$/

/** What can be said against a refusal on its face. */
export type RefusalFault = 'bad-statement' | 'bad-reason' | 'bad-price' | 'bad-reference' | 'bad-time' | SignatureFault

/** A refusal in shape: its fields are in range, its signature is well formed and not verified yet. */
export interface ShapedRefusal {
  readonly refusal: Refusal
  readonly signature: Signature
}

/**
 * Reads the fields of a refusal, or says which of them is false on its face. A reason that later versions may know is
 * no fault: such a refusal is `unknown`, and what its price and its reference may be is not known either.
 *
 * @param rules - the network that the message was found to name
 */
export function shapeRefusal(
  wire: WireRefusal,
  { network }: { readonly network: string },
): ShapedRefusal | { readonly fault: RefusalFault } | { readonly unknown: 'reason' } {
  const { reason, signature } = wire
  if (wire.statement.length !== ID_BYTES) return { fault: 'bad-statement' }
  if (!REASON.test(reason)) return { fault: 'bad-reason' }
  if (wire.refusedAt > BigInt(Number.MAX_SAFE_INTEGER)) return { fault: 'bad-time' }
  const fault = signatureFault(signature)
  if (fault !== undefined) return { fault }
  if (!isRefusalReason(reason)) return { unknown: 'reason' }
  const ownPrice = shapeOwnPrice(wire)
  if (ownPrice === 'fault') return { fault: 'bad-price' }
  const signedInstead = shapeReference(wire)
  if (signedInstead === 'fault') return { fault: 'bad-reference' }
  return {
    refusal: {
      network,
      statement: toHex(wire.statement) as StatementId,
      reason,
      ownPrice,
      signedInstead,
      refusedAt: Number(wire.refusedAt),
    },
    signature,
  }
}

/** The price goes with the reason `deviation`, and with no other. */
function shapeOwnPrice({ reason, ownPrice }: WireRefusal): Price | undefined | 'fault' {
  if (reason === 'deviation') return priceFromBytes(ownPrice) ?? 'fault'
  return ownPrice.length === 0 ? undefined : 'fault'
}

/** The other statement goes with the reason `slot-signed`, and with no other. */
function shapeReference({ reason, statement, signedInstead }: WireRefusal): StatementId | undefined | 'fault' {
  if (reason !== 'slot-signed') return signedInstead.length === 0 ? undefined : 'fault'
  const another = signedInstead.length === ID_BYTES && !equalBytes(signedInstead, statement)
  return another ? (toHex(signedInstead) as StatementId) : 'fault'
}
