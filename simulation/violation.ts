/** What is checked, by the name under which it is reported. */
export const INVARIANTS = {
  'signed-once': 'an honest signer signs one statement of a slot, also over crashes',
  'sound-row': 'a row has a quorum of distinct allowed signers over exactly its content',
  'one-row-a-slot': 'a slot has one row, unless dishonest signers can bring two statements of it to quorum',
  'begun-once': 'what the table has answered for does not begin again while its collect window is open',
  'not-before-quiet': 'no row is written before its quiet period is over',
  'not-too-late': 'a row is written as soon as the design allows',
  'nothing-lost': 'what an honest node has kept at quorum is in the table in the end',
  'same-pending': 'honest nodes hold the same pending statements once the network is healed',
  'same-history': 'honest nodes with tables of their own have the same history once the network is healed',
  'newest-status': 'of a signer the newest status counts, and one at most in half an interval',
  'bounded-memory': 'a node holds no more statements than there are places for',
  'no-mistake': 'no node fails by a mistake of ours',
} as const

export type Invariant = keyof typeof INVARIANTS

/** Something that must not be. The message says where: node, round, id. */
export class Violation extends Error {
  override readonly name = 'Violation'
  readonly invariant: Invariant

  constructor(invariant: Invariant, message: string, options?: ErrorOptions) {
    super(message, options)
    this.invariant = invariant
  }
}
