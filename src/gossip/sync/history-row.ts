import type { Address } from '../../core/address.ts'
import type { Clock } from '../../core/clock.ts'
import type { NetworkConstants } from '../../core/network.ts'
import {
  type Attestation,
  type PriceStatement,
  type Signature,
  type StatementId,
  isQuorum,
} from '../../core/statement.ts'
import type { RejectCode } from '../../core/verdict.ts'
import { shapeAttestation } from '../attestation-shape.ts'
import type { Recoverer, Recovery } from '../recoverer.ts'
import type { VerificationBudget } from '../verification-budget.ts'
import { SIGNATURES_LIMIT, type WireAttestation } from '../wire.ts'

/** How long to wait when the time for verifying is used up, milliseconds. */
const BUDGET_PAUSE_MS = 100

export interface HistoryJudgeComponents {
  readonly recoverer: Pick<Recoverer, 'recover'>
  readonly digest: (statement: PriceStatement) => StatementId
  readonly clock: Pick<Clock, 'sleep'>
  /** Time for verifying history. */
  readonly budget: VerificationBudget
}

export interface HistoryCase {
  readonly constants: Pick<NetworkConstants, 'network' | 'intervalMs' | 'signers' | 'minimumSigners'>
  /** The ids that were asked for. */
  readonly asked: ReadonlySet<StatementId>
  readonly signal?: AbortSignal | undefined
}

export type HistoryFinding =
  /** With the signatures that count. */
  | { readonly kind: 'quorum'; readonly attestation: Attestation }
  /** Whose signatures counted when it was committed may not count today: nobody is to blame. */
  | { readonly kind: 'no-quorum'; readonly id: StatementId }
  | { readonly kind: 'false'; readonly code: RejectCode | 'not-asked' }

/**
 * Judges a statement of a peer's history by its shape, its id and its signatures. Pair, source and how many signatures
 * a statement may have can have been others in its time; the interval and the signers of a round are what they were.
 *
 * @throws the reason of the signal
 */
export async function judgeHistoryRow(
  components: HistoryJudgeComponents,
  wire: WireAttestation,
  about: HistoryCase,
): Promise<HistoryFinding> {
  const { constants, asked } = about
  const shaped = shapeAttestation(wire, { ...constants, maximumSigners: SIGNATURES_LIMIT })
  if ('fault' in shaped) return { kind: 'false', code: shaped.fault }
  const { statement } = shaped
  const id = components.digest(statement)
  if (!asked.has(id)) return { kind: 'false', code: 'not-asked' }
  const signatures = new Map<Address, Signature>()
  const seen = new Set<Address>()
  for (const signature of shaped.signatures) {
    const recovered = await recoverInTime(components, { id, signature }, about)
    if ('fault' in recovered) return { kind: 'false', code: recovered.fault }
    const { signer } = recovered
    if (seen.size === 0 && signer !== statement.proposer) return { kind: 'false', code: 'proposer-signature' }
    if (seen.has(signer)) return { kind: 'false', code: 'duplicate-signer' }
    seen.add(signer)
    if (constants.signers.allows(signer, statement.round)) signatures.set(signer, signature)
  }
  if (!isQuorum(signatures, statement, constants.minimumSigners)) return { kind: 'no-quorum', id }
  return { kind: 'quorum', attestation: { id, statement, signatures } }
}

async function recoverInTime(
  { recoverer, clock, budget }: HistoryJudgeComponents,
  signed: { readonly id: StatementId; readonly signature: Signature },
  { signal }: HistoryCase,
): Promise<Exclude<Recovery, { readonly fault: 'budget' }>> {
  for (;;) {
    signal?.throwIfAborted()
    const recovered = await recoverer.recover(signed, budget)
    if (!('fault' in recovered)) return recovered
    const { fault } = recovered
    if (fault !== 'budget') return { fault }
    await clock.sleep(BUDGET_PAUSE_MS, signal)
  }
}
