import type { EngineEffect, EngineEvent } from '../consensus/effects.ts'
import type { Address } from '../core/address.ts'
import type { Logger } from '../core/logger.ts'
import type { Round, StatementId } from '../core/statement.ts'
import type { SignedStatus } from '../core/status.ts'

export interface ProposalFault {
  readonly pair: string
  readonly round: Round
  readonly reason: string
}

/** Told of what happens to a node, for those who look on; nothing in it depends on them. */
export interface NodeListener {
  /** The engine took an event, and what it wanted done has begun. */
  handled(event: EngineEvent, effects: readonly EngineEffect[]): void
  /** This node proposes no price of a pair in a round, or has none yet; `reason` without a full stop. */
  notProposed(fault: ProposalFault): void
  /** A signature came from a signer when the set of its statement had closed, and was not verified; told more than once. */
  signedLate(id: StatementId, signer: Address): void
  /** A status was checked and taken; `listed`: whether its signer is in the signer set. */
  heard(signed: SignedStatus, options: { readonly listed: boolean }): void
}

/** A listener whose faults are its own: they are logged, and go no further. */
export function createListening({
  logger,
}: {
  readonly logger: Logger
}): NodeListener & { add(listener: Partial<NodeListener>): void } {
  const listeners: Partial<NodeListener>[] = []
  const tell = (say: (listener: Partial<NodeListener>) => void): void => {
    for (const listener of listeners) {
      try {
        say(listener)
      } catch (error) {
        logger.error('what happens could not be shown: please report this', { error })
      }
    }
  }
  return {
    add: (listener) => void listeners.push(listener),
    handled: (event, effects) => tell((listener) => listener.handled?.(event, effects)),
    notProposed: (fault) => tell((listener) => listener.notProposed?.(fault)),
    signedLate: (id, signer) => tell((listener) => listener.signedLate?.(id, signer)),
    heard: (signed, options) => tell((listener) => listener.heard?.(signed, options)),
  }
}
