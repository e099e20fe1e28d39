import type { Address } from './address.ts'
import { type Hex, toHex } from './hex.ts'
import type { SignatureSet } from './statement.ts'

/** A signature as rows and proofs have it: r, s, v. */
export interface ListedSignature {
  readonly signer: Address
  readonly signature: Hex
}

/** In ascending order of signer. */
export function listSignatures(signatures: SignatureSet): readonly ListedSignature[] {
  return Array.from(signatures, ([signer, signature]) => ({ signer, signature: toHex(signature) })).toSorted((a, b) =>
    a.signer < b.signer ? -1 : 1,
  )
}
