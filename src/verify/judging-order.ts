import type { ExpectedSigners } from '../core/judge-row.ts'
import { type SignerEntry, createSignerSet } from '../core/signer-set.ts'

/** {@link ExpectedSigners} as they can be handed to another thread. */
export interface JudgingOrder {
  readonly network: string | undefined
  readonly signers: readonly SignerEntry[] | undefined
  readonly threshold: number | undefined
}

export function orderOf({ network, signers, threshold }: ExpectedSigners): JudgingOrder {
  return { network, signers: signers?.entries, threshold }
}

export function expectedOf({ network, signers, threshold }: JudgingOrder): ExpectedSigners {
  return { network, signers: signers === undefined ? undefined : createSignerSet(signers), threshold }
}
