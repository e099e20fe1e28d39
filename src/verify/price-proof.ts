import { type ListedSignature, listSignatures } from '../core/listed-signature.ts'
import { type PriceTypedData, priceTypedData } from '../core/price-typed-data.ts'
import { formatPrice } from '../core/price.ts'
import type { RowTable } from '../core/raw-row.ts'
import type { Attestation, StatementId } from '../core/statement.ts'

/**
 * A row that proves itself to anybody with an Ethereum library: the digest of `typedData` (EIP-712) is `id`, and each
 * signature over it recovers to its signer. What stands before `typedData` repeats it for people.
 */
export interface PriceProof {
  readonly kind: 'price-proof'
  readonly version: 1
  readonly id: StatementId
  readonly table: RowTable
  readonly network: string
  readonly pair: string
  /** Decimal text. */
  readonly price: string
  /** ISO 8601, UTC. */
  readonly observedTime: string
  readonly typedData: PriceTypedData
  /** In ascending order of signer. */
  readonly signatures: readonly ListedSignature[]
}

export function createPriceProof({ id, statement, signatures }: Attestation, table: RowTable): PriceProof {
  return {
    kind: 'price-proof',
    version: 1,
    id,
    table,
    network: statement.network,
    pair: statement.pair,
    price: formatPrice(statement.price),
    observedTime: new Date(statement.observedAt).toISOString(),
    typedData: priceTypedData(statement),
    signatures: listSignatures(signatures),
  }
}
