import type { Outbox, OutboxChanges } from '../../src/core/outbox.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import type { StatementId } from '../../src/core/statement.ts'

/** An outbox whose disk can be made to refuse. It outlives what uses it, and not the test. */
export class OutboxInMemory implements Outbox {
  /** What `write` throws, while it is set. */
  refuses: Error | undefined
  /** Every call of `write` that succeeded. */
  readonly writes: OutboxChanges[] = []
  readonly reasons = new Map<StatementId, string>()
  readonly #rows = new Map<StatementId, PriceRow>()

  waiting(): PriceRow[] {
    return [...this.#rows].flatMap(([id, row]) => (this.reasons.has(id) ? [] : [row]))
  }

  /** How many signatures are held of a row that waits; undefined when none does. */
  signaturesOf(id: StatementId): number | undefined {
    return this.reasons.has(id) ? undefined : this.#rows.get(id)?.attestation.signatures.size
  }

  parked(): number {
    return this.reasons.size
  }

  write({ keep, release, park }: OutboxChanges): void {
    if (this.refuses !== undefined) throw this.refuses
    this.writes.push({ keep, release, park: new Map(park) })
    for (const row of keep) this.#rows.set(row.attestation.id, row)
    for (const id of release) this.#rows.delete(id)
    for (const [id, reason] of park) if (this.#rows.has(id)) this.reasons.set(id, reason)
  }
}
