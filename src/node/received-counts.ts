import type { Address } from '../core/address.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { Attestation } from '../core/statement.ts'
import { REPORT_SIGNERS_LIMIT, type ReceivedCount } from '../core/status.ts'

/** Signers that are counted: in an open network keys are free, and who says nothing any more makes room. */
const COUNTED_LIMIT = 1_024

/** What came of each signer from others, since it began to count. */
export class ReceivedCounts {
  readonly #own: Address
  readonly #counts = new RecentMap<Address, ReceivedCount>({ limit: COUNTED_LIMIT })

  /** @param own - this node's signer: what it signed itself it need not be told */
  constructor(own: Address) {
    this.#own = own
  }

  /** @param attestation - as an inbox hands it on: with those signatures alone that were not held before */
  add({ statement, signatures }: Attestation): void {
    for (const signer of signatures.keys()) {
      if (signer === this.#own) continue
      const before = this.#counts.get(signer) ?? { signer, statements: 0, signatures: 0 }
      // A statement comes with its proposer's signature, so once that is new the statement is.
      const statements = before.statements + (signer === statement.proposer ? 1 : 0)
      this.#counts.set(signer, { signer, statements, signatures: before.signatures + 1 })
    }
  }

  /** In ascending order of signer; those of whom most came when there are more than a report takes. */
  most(): readonly ReceivedCount[] {
    return [...this.#counts.values()]
      .toSorted((a, b) => b.statements + b.signatures - (a.statements + a.signatures))
      .slice(0, REPORT_SIGNERS_LIMIT)
      .toSorted((a, b) => (a.signer < b.signer ? -1 : 1))
  }
}
