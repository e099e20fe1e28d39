import type { ExpectedSigners } from '../core/judge-row.ts'
import { type SignerEntry, createSignerSet } from '../core/signer-set.ts'

/** {@link ExpectedSigners} as they can be handed to another thread. */
export interface JudgingOrder {
  readonly network: string | undefined
  readonly signers: readonly SignerEntry[] | undefined
  readonly threshold: number | undefined
}

/** Signers whom every row is judged by in the same way. */
export type LastingSigners = ExpectedSigners & { readonly threshold?: number | undefined }

export function orderOf({ network, signers, threshold }: LastingSigners): JudgingOrder {
  return { network, signers: signers?.entries, threshold }
}

export function expectedOf({ network, signers, threshold }: JudgingOrder): LastingSigners {
  return { network, signers: signers === undefined ? undefined : createSignerSet(signers), threshold }
}
