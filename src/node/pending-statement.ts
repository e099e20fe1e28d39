import type { HeldRefusal, PendingStatement } from '../api/node-view.ts'
import type { Phase } from '../consensus/effects.ts'
import type { HeldStatement } from '../consensus/holdings.ts'
import type { SetEnds } from '../consensus/statement-entry.ts'
import type { Address } from '../core/address.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import type { Attestation, PriceStatement } from '../core/statement.ts'
import { refusalPhrase } from './refusal-phrase.ts'
import type { StatementWatch } from './statement-watch.ts'

export interface PendingComponents {
  readonly watch: Pick<StatementWatch, 'signedAtMs'>
  readonly constants: NetworkConstants
}

export interface ShownStatement extends Attestation, Partial<SetEnds> {
  readonly phase: Phase
  readonly refusals: ReadonlyMap<Address, SignedRefusal>
}

/** A statement as it is shown. */
export function pendingStatement(
  { watch, constants }: PendingComponents,
  { id, statement, phase, signatures, refusals, quietEndsInMs, closesInMs }: ShownStatement | HeldStatement,
): PendingStatement {
  return {
    id,
    statement,
    phase,
    signers: Array.from(signatures.keys(), (signer) => ({ signer, atMs: watch.signedAtMs(id, signer) })),
    missing: constants.signers.signersAt(statement.round).filter((signer) => !signatures.has(signer)),
    refusals: Array.from(refusals.values(), (signed) => heldRefusal(signed, statement)),
    minimum: constants.minimumSigners,
    maximum: constants.maximumSigners,
    quietEndsInMs,
    closesInMs,
  }
}

export function heldRefusal({ signer, refusal }: SignedRefusal, statement: PriceStatement): HeldRefusal {
  const sentence = `${signer} refused: it ${refusalPhrase(refusal, statement)}.`
  return { signer, reason: refusal.reason, sentence }
}
