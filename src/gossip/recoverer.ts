import type { Address } from '../core/address.ts'
import { type Hex, toLatin1 } from '../core/hex.ts'
import { RecentMap } from '../core/recent-map.ts'
import { type Secp256k1, type SignatureFault, recoverSigner } from '../core/signature.ts'
import type { Signature } from '../core/statement.ts'
import type { Breather } from './breather.ts'
import type { VerificationBudget } from './verification-budget.ts'

/** Signatures remembered that were recovered in vain; an entry takes some 300 bytes. */
const REMEMBERED_LIMIT = 8_192

export type Recovery =
  | { readonly signer: Address; readonly isRemembered: boolean }
  | { readonly fault: SignatureFault | 'unrecoverable' }
  /** The budget is used up. */
  | { readonly fault: 'budget' }

/**
 * Finds out who signed, on a budget, and gives others their turn meanwhile. What counts is held elsewhere and need not
 * be asked for again; what does not count is remembered here, so that the same bytes cost their arithmetic once.
 */
export class Recoverer {
  readonly #curve: Secp256k1
  readonly #breather: Pick<Breather, 'breathe'>
  readonly #inVain = new RecentMap<string, Address>({ limit: REMEMBERED_LIMIT })

  constructor(components: { readonly curve: Secp256k1; readonly breather: Pick<Breather, 'breathe'> }) {
    this.#curve = components.curve
    this.#breather = components.breather
  }

  /** @param signed - `id` is the digest that was signed, whatever it is a digest of */
  async recover(
    signed: { readonly id: Hex; readonly signature: Signature },
    budget: VerificationBudget,
  ): Promise<Recovery> {
    const remembered = this.#inVain.get(keyOf(signed))
    if (remembered !== undefined) return { signer: remembered, isRemembered: true }
    if (!budget.hasTime()) return { fault: 'budget' }
    await this.#breather.breathe()
    const recovered = budget.spend(() => recoverSigner(this.#curve, signed))
    return 'fault' in recovered ? recovered : { ...recovered, isRemembered: false }
  }

  /** Remembers who made a signature that counts nowhere. */
  remember(signed: { readonly id: Hex; readonly signature: Signature }, signer: Address): void {
    this.#inVain.set(keyOf(signed), signer)
  }
}

function keyOf({ id, signature }: { readonly id: Hex; readonly signature: Signature }): string {
  return id + toLatin1(signature)
}
