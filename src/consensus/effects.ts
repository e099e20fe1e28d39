import type { Address } from '../core/address.ts'
import type { PriceRow, WriteOutcome } from '../core/price-table.ts'
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
  /** The quiet period is over: write the row. */
  | { readonly kind: 'commit'; readonly row: PriceRow }
  /** For logs and counters. */
  | { readonly kind: 'moved'; readonly id: StatementId; readonly to: Phase; readonly attestation: Attestation }

/**
 * The life of a statement. `committed`, `disputed` and `parked` are its three ends in the table; what is at one of them
 * stays as a tombstone until the collect window ends.
 */
export type Phase = 'collecting' | 'quorum' | 'closed' | 'committed' | 'disputed' | 'parked' | 'expired'

/** Why a signature was not added. */
export type NotAdded = 'stale' | 'early' | 'settled' | 'late' | 'slot-full'
