import type { Address } from '../core/address.ts'
import { type Hex, fromHex, toHex } from '../core/hex.ts'
import type { Price } from '../core/price.ts'
import type { Attestation, Round, SignatureSet, StatementId } from '../core/statement.ts'

/** An attestation as the tables of a node's SQLite file hold it. */
export interface AttestationRecord {
  readonly network: string
  readonly pair: string
  readonly proposer: Address
  readonly round: Round
  readonly id: StatementId
  readonly price: string
  readonly observed_at: number
  readonly source: string
  readonly signatures: string
}

export const ATTESTATION_COLUMNS = 'network, pair, proposer, round, id, price, observed_at, source, signatures'

/** The values of {@link ATTESTATION_COLUMNS}, in their order. */
export function attestationValues({ id, statement, signatures }: Attestation): (string | number)[] {
  const { network, pair, proposer, round, price, observedAt, source } = statement
  return [network, pair, proposer, round, id, price.toString(), observedAt, source, signatureText(signatures)]
}

export function attestationOf(record: AttestationRecord): Attestation {
  const { id, network, pair, round, source, proposer } = record
  const price = BigInt(record.price) as Price
  const signatures = JSON.parse(record.signatures) as [Address, Hex][]
  return {
    id,
    statement: { network, pair, price, round, observedAt: record.observed_at, source, proposer },
    signatures: new Map(signatures.map(([signer, signature]) => [signer, fromHex(signature)])),
  }
}

function signatureText(signatures: SignatureSet): string {
  return JSON.stringify([...signatures].map(([signer, signature]) => [signer, toHex(signature)]))
}
