/**
 * Why a message is not forwarded although nobody need have done wrong: it is old news, or its sender may know what this
 * node does not. Its valid parts still count here.
 */
export const IGNORE_CODES = [
  'known',
  'version',
  'unknown-pair',
  'unknown-source',
  'stale',
  'early',
  'settled',
  'late',
  'slot-full',
  'signer-not-allowed',
  'second-signature',
  'overload',
  'internal-error',
] as const

/** Why a message is provably false, in a way its sender could have seen. Nothing in it counts. */
export const REJECT_CODES = [
  'oversize',
  'malformed',
  'wrong-network',
  'empty',
  'bad-pair',
  'bad-price',
  'bad-round',
  'bad-time',
  'bad-source',
  'bad-proposer',
  'too-many-signatures',
  'signature-length',
  'signature-v',
  'signature-range',
  'high-s',
  'unrecoverable',
  'proposer-signature',
  'duplicate-signer',
] as const

export type IgnoreCode = (typeof IGNORE_CODES)[number]
export type RejectCode = (typeof REJECT_CODES)[number]

/** What becomes of a message: forwarded; dropped; dropped, and its sender is thought less of. */
export type Verdict =
  | { readonly kind: 'accept' }
  | { readonly kind: 'ignore'; readonly code: IgnoreCode }
  | { readonly kind: 'reject'; readonly code: RejectCode }

export const accept: Verdict = { kind: 'accept' }

export function ignore(code: IgnoreCode): Verdict {
  return { kind: 'ignore', code }
}

export function reject(code: RejectCode): Verdict {
  return { kind: 'reject', code }
}
