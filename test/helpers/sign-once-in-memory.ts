import type { SignOnceMemory, Slot } from '../../src/core/sign-once.ts'
import type { Attestation, Round, StatementId } from '../../src/core/statement.ts'

/** A sign-once memory whose disk can be made to refuse. It remembers nothing longer than the test. */
export class SignOnceInMemory implements SignOnceMemory {
  completeFromMs = 0
  mark = -1 as Round
  /** What `remember` throws, while it is set. */
  refuses: Error | undefined
  /** Every call of `remember` that succeeded. */
  readonly writes: (readonly Attestation[])[] = []

  signedIn({ network, pair, round, proposer }: Slot): StatementId | undefined {
    return this.#all().find(({ statement }) => {
      const same = statement.network === network && statement.pair === pair
      return same && statement.round === round && statement.proposer === proposer
    })?.id
  }

  lowWaterMark(): Round {
    return this.mark
  }

  remember(attestations: readonly Attestation[]): void {
    if (this.refuses !== undefined) throw this.refuses
    this.writes.push(attestations)
  }

  since(network: string, round: Round): Attestation[] {
    return this.#all().filter(({ statement }) => statement.network === network && statement.round >= round)
  }

  forgetBefore(): void {
    throw new Error('not needed by any test')
  }

  #all(): Attestation[] {
    return this.writes.flat()
  }
}
