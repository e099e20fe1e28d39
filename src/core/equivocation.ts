import type { Address } from './address.ts'
import { type Secp256k1, recoverSigner } from './signature.ts'
import type { Slot } from './sign-once.ts'
import type { PriceStatement, Signature, StatementId } from './statement.ts'

/** A statement with one signature over it. */
export interface SignedStatement {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly signature: Signature
}

/** Two statements of one slot that one signer signed. An honest signer signs one, whatever happens. */
export interface Equivocation {
  readonly signer: Address
  readonly slot: Slot
  /** In ascending order of their ids, so that all nodes say the same. */
  readonly statements: readonly [SignedStatement, SignedStatement]
}

/** What `signer` did by signing two statements of one slot; in which order they are given does not matter. */
export function createEquivocation(signer: Address, signed: readonly [SignedStatement, SignedStatement]): Equivocation {
  const [a, b] = signed
  const { network, pair, round, proposer } = a.statement
  return { signer, slot: { network, pair, round, proposer }, statements: a.id < b.id ? [a, b] : [b, a] }
}

/** The signer is the proposer of both statements, and did not merely co-sign them. */
export function isByProposer({ signer, slot }: Equivocation): boolean {
  return signer === slot.proposer
}

/** Why an equivocation proves nothing. */
export type EquivocationFault = 'same-statement' | 'other-slot' | 'wrong-id' | 'bad-signature' | 'other-signer'

/**
 * What is wrong with an equivocation that somebody else claims; undefined when its signer did sign both statements. It
 * relies on nothing but the statements and the signatures.
 */
export function equivocationFault(
  components: { readonly curve: Secp256k1; readonly digest: (statement: PriceStatement) => StatementId },
  { signer, slot, statements }: Equivocation,
): EquivocationFault | undefined {
  for (const { id, statement, signature } of statements) {
    if (!isOf(slot, statement)) return 'other-slot'
    if (components.digest(statement) !== id) return 'wrong-id'
    const recovered = recoverSigner(components.curve, { id, signature })
    if ('fault' in recovered) return 'bad-signature'
    if (recovered.signer !== signer) return 'other-signer'
  }
  return statements[0].id === statements[1].id ? 'same-statement' : undefined
}

function isOf(slot: Slot, { network, pair, round, proposer }: PriceStatement): boolean {
  return network === slot.network && pair === slot.pair && round === slot.round && proposer === slot.proposer
}
