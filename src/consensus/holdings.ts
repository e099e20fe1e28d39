import type { Address } from '../core/address.ts'
import type { Instant } from '../core/clock.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import type { Attestation, PriceStatement, Round, SignatureSet, StatementId } from '../core/statement.ts'
import type { NotAdded, Phase } from './effects.ts'
import type { SetEnds } from './statement-entry.ts'

/** The engine as the inbox asks it: what is known already, and what would still be taken. */
export interface Holdings {
  /** Signatures held over a statement; undefined when the statement is not held. */
  signaturesOf(id: StatementId): SignatureSet | undefined
  /** Signatures that came too late for the set of a statement and are kept beside it; undefined when it is not held. */
  setAsideOf(id: StatementId): SignatureSet | undefined
  /** Who refused to sign a statement; undefined when the statement is not held. */
  refusalsOf(id: StatementId): ReadonlyMap<Address, SignedRefusal> | undefined
  /** How many refusals more of a statement are kept; 0 when the statement is not held. */
  roomForRefusals(id: StatementId): number
  /** Whether the set of a statement is held and takes one more signature. */
  isOpen(id: StatementId): boolean
  /** Why a signature over this statement would not be added now; undefined when it would. */
  notAdded(id: StatementId, statement: PriceStatement, now: Instant): NotAdded | undefined
  /** How many statements of its slot are held. */
  heldInSlot(statement: PriceStatement): number
  /**
   * Whether two statements of its slot were held at once. Signatures over either are then worth having after its set has
   * closed, too: whoever signed both shows it by them.
   */
  isContested(statement: PriceStatement): boolean
  /** Whether anything of a signer would be kept in a round. */
  takesSigner(round: Round, signer: Address): boolean
  /** Of whom anything is held in a round or in the one before. */
  signersAround(round: Round): readonly Address[]
}

/** All that the engine holds, as those may ask who publish, watch and show it. */
export interface PoolView extends Holdings {
  phaseOf(id: StatementId): Phase | undefined
  /** What is held of a statement, to be published; undefined when it is not held. */
  attestationOf(id: StatementId): Attestation | undefined
  /** What is held of rounds that are still being collected, but for what the table refused; in no order. */
  pending(now: Instant): Iterable<PendingStatement>
  /** All that is held of one statement; undefined when it is not held. What it shows changes with the engine. */
  heldOf(id: StatementId, now: Instant): HeldStatement | undefined
  /** Every statement that is held, in no order. */
  heldIds(): Iterable<StatementId>
  census(): Census
}

/** A statement whose round is still being collected. */
export interface PendingStatement {
  readonly id: StatementId
  readonly phase: Phase
  readonly signatures: SignatureSet
}

/** All that is held of a statement, for those who watch. */
export interface HeldStatement extends Attestation, SetEnds {
  readonly phase: Phase
  readonly setAside: SignatureSet
  readonly refusals: ReadonlyMap<Address, SignedRefusal>
}

/** How many statements are held, by phase. */
export type Census = Readonly<Record<Phase, number>>
