import type { Attestation, PriceStatement, Round, StatementId } from './statement.ts'

/** What one signer has signed, on a disk of its own. It outlives the process, and is there before a signature leaves. */
export interface SignOnceMemory {
  /**
   * From when on this memory is complete, milliseconds since the Unix epoch: rounds that began earlier may have been
   * signed by this key from another disk. 0 when key and memory were made together.
   */
  readonly completeFromMs: number
  /** What this signer signed in the slot of a statement; undefined when nothing is remembered. */
  signedIn(slot: Slot): StatementId | undefined
  /** Rounds up to this one are not signed any more for the proposer and pair; −1 when there is no such mark. */
  lowWaterMark(slot: Omit<Slot, 'round'>): Round
  /**
   * Remembers statements with the signatures held over them, this signer's among them. All or none; on the disk when it
   * returns.
   *
   * @throws when the disk does not take it: then no signature may leave
   */
  remember(attestations: readonly Attestation[]): void
  /** What was signed in this round or later, to be sent again after a restart. */
  since(network: string, round: Round): Attestation[]
  /** Forgets rounds before this one, and raises the low-water marks to them. */
  forgetBefore(network: string, round: Round): void
}

export type Slot = Pick<PriceStatement, 'network' | 'pair' | 'round' | 'proposer'>
