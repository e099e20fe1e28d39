import type { NetworkConstants } from '../core/network.ts'
import type { PriceRow } from '../core/price-table.ts'
import { type PriceStatement, type StatementId, isQuorum, roundAt } from '../core/statement.ts'

/** Why a row that was owed when the node ended cannot be written today. */
export type OwedFault = 'network' | 'pair' | 'source' | 'round' | 'content' | 'quorum'

/**
 * A row from the outbox by today's rules of the network: without signatures of signers that are no longer allowed, the
 * proposer's first, or what is against it.
 */
export function judgeOwed(
  { attestation: { id, statement, signatures }, lastSignedAtMs }: PriceRow,
  rules: { readonly constants: NetworkConstants; readonly digest: (statement: PriceStatement) => StatementId },
): PriceRow | OwedFault {
  const { network, pairs, source, intervalMs, signers, minimumSigners } = rules.constants
  const { proposer, round } = statement
  if (statement.network !== network) return 'network'
  if (!pairs.includes(statement.pair)) return 'pair'
  if (statement.source !== source) return 'source'
  if (roundAt(statement.observedAt, intervalMs) !== round) return 'round'
  if (rules.digest(statement) !== id) return 'content'
  const allowed = new Map(
    [...signatures]
      .filter(([signer]) => signers.allows(signer, round))
      // A maximum that was lowered since must not cut it off.
      .toSorted(([a], [b]) => Number(b === proposer) - Number(a === proposer)),
  )
  if (!isQuorum(allowed, statement, minimumSigners)) return 'quorum'
  return { attestation: { id, statement, signatures: allowed }, lastSignedAtMs }
}
