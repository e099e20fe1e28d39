import type { Address } from '../core/address.ts'
import type { Equivocation } from '../core/equivocation.ts'
import type { PriceRow, WriteOutcome } from '../core/price-table.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import type { Attestation, PriceStatement, Signature, StatementId } from '../core/statement.ts'

/** What happens to the engine. */
export type EngineEvent =
  /**
   * An attestation whose signatures were all checked. `reemit`: its message could not be forwarded as it was, so what
   * it held of value must go out again, clean.
   */
  | { readonly kind: 'received'; readonly attestation: Attestation; readonly reemit: boolean }
  /** This node signed: its own proposal, or somebody else's statement. The signature is on disk already. */
  | {
      readonly kind: 'signed'
      readonly id: StatementId
      readonly statement: PriceStatement
      readonly signer: Address
      readonly signature: Signature
    }
  /** What this node had signed before it was restarted. */
  | { readonly kind: 'restored'; readonly attestation: Attestation }
  /** A quorum that was owed to the table when this node ended. Quorum never expires: it is taken whatever its age. */
  | { readonly kind: 'owed'; readonly row: PriceRow }
  /** A signer does not vouch for a statement; its notice was checked, or is this node's own. */
  | { readonly kind: 'refused'; readonly refusal: SignedRefusal }
  /** What became of a row that was handed out by a `commit` effect. */
  | { readonly kind: 'outcome'; readonly id: StatementId; readonly outcome: WriteOutcome }
  /** Time has passed. */
  | { readonly kind: 'tick' }

/** What the engine wants done. */
export type EngineEffect =
  /** Ask the co-sign policy whether to sign this statement. Asked once for each statement. */
  | { readonly kind: 'consider'; readonly id: StatementId; readonly statement: PriceStatement }
  /** Send what is held of this statement; `attempt` makes repeated bytes differ. */
  | { readonly kind: 'publish'; readonly id: StatementId; readonly attempt: number }
  /**
   * A quorum was reached, or has grown: it must be on the disk before it is published or its row is written. Comes
   * before those effects.
   */
  | { readonly kind: 'keep'; readonly row: PriceRow }
  /** The quiet period is over: write the row. */
  | { readonly kind: 'commit'; readonly row: PriceRow }
  /** A signer signed two statements of one slot. Once for each slot and signer. */
  | { readonly kind: 'equivocation'; readonly equivocation: Equivocation }
  /** A refusal is kept with the statement. Once for each statement and signer. */
  | { readonly kind: 'refused'; readonly id: StatementId; readonly refusal: SignedRefusal }
  /** For logs and counters; `refusals` are those kept at that moment. */
  | {
      readonly kind: 'moved'
      readonly id: StatementId
      readonly to: Phase
      readonly attestation: Attestation
      readonly refusals: ReadonlyMap<Address, SignedRefusal>
    }

/**
 * The life of a statement. `committed`, `disputed` and `parked` are its three ends in the table; what is at one of them
 * stays as a tombstone until the collect window ends.
 */
export type Phase = 'collecting' | 'quorum' | 'closed' | 'committed' | 'disputed' | 'parked' | 'expired'

/** Why a signature was not added. */
export type NotAdded = 'stale' | 'early' | 'settled' | 'late' | 'slot-full' | 'round-full'
