import { createHash } from 'node:crypto'
import { type Hex, fromHex } from '../../src/core/hex.ts'
import type { Day, HistoryDay, HistoryLeaf, HistoryRange, PriceHistory } from '../../src/core/history.ts'
import { dayAt, startOf } from '../../src/core/history-tree.ts'
import { type PriceRow, type PriceTable, TableUnavailableError, type WriteOutcome } from '../../src/core/price-table.ts'
import { type Attestation, type StatementId, slotOf } from '../../src/core/statement.ts'

/** A table of committed prices and its history, in memory. */
export class HistoryInMemory implements PriceTable, PriceHistory {
  /** While it is set, the table cannot be asked. */
  isDown = false
  /** Rows that it will never take. */
  readonly refuses = new Set<StatementId>()
  readonly #rows = new Map<StatementId, Attestation>()
  readonly #slots = new Map<string, StatementId[]>()

  get ids(): readonly StatementId[] {
    return [...this.#rows.keys()].toSorted()
  }

  /** Whether another statement of its slot is there, too. */
  isDisputed({ statement }: Attestation): boolean {
    return (this.#slots.get(slotOf(statement)) ?? []).length > 1
  }

  async write(rows: readonly PriceRow[]): Promise<ReadonlyMap<StatementId, WriteOutcome>> {
    this.#check()
    return new Map(rows.map(({ attestation }) => [attestation.id, this.#write(attestation)]))
  }

  async present(ids: readonly StatementId[]): Promise<ReadonlySet<StatementId>> {
    this.#check()
    return new Set(ids.filter((id) => this.#rows.has(id)))
  }

  async root(range: HistoryRange): Promise<Hex> {
    const hash = createHash('sha256')
    for (const { day, hash: own } of await this.days(range)) {
      const number = Buffer.alloc(4)
      number.writeUInt32BE(day)
      hash.update(number).update(fromHex(own))
    }
    return `0x${hash.digest('hex')}`
  }

  async days(range: HistoryRange): Promise<readonly HistoryDay[]> {
    this.#check()
    const days = Map.groupBy(this.#within(range), dayOf)
    return [...days]
      .toSorted(([a], [b]) => a - b)
      .map(([day, attestations]) => {
        const leaves = this.#leavesOf(attestations)
        const hash = createHash('sha256')
        for (const { id, disputed } of leaves) hash.update(fromHex(id)).update(Uint8Array.of(disputed ? 1 : 0))
        return { day, hash: `0x${hash.digest('hex')}`, leaves: leaves.length }
      })
  }

  async leaves(
    day: Day,
    range: HistoryRange,
    { after, limit }: { readonly after?: StatementId | undefined; readonly limit: number },
  ): Promise<readonly HistoryLeaf[]> {
    this.#check()
    const leaves = this.#leavesOf(this.#within(range).filter((attestation) => dayOf(attestation) === day))
    return leaves.filter(({ id }) => after === undefined || id > after).slice(0, limit)
  }

  async attestations(ids: readonly StatementId[]): Promise<readonly Attestation[]> {
    this.#check()
    return ids.map((id) => this.#rows.get(id)).filter((attestation) => attestation !== undefined)
  }

  /** Takes a row away without a word. */
  remove(id: StatementId): void {
    this.#rows.delete(id)
  }

  #write(attestation: Attestation): WriteOutcome {
    const { id, statement } = attestation
    if (this.refuses.has(id)) return { kind: 'refused', reason: 'it is refused' }
    const slot = this.#slots.get(slotOf(statement)) ?? []
    const [holder] = slot
    if (holder === id) return { kind: 'present' }
    if (!slot.includes(id)) this.#slots.set(slotOf(statement), [...slot, id])
    this.#rows.set(id, attestation)
    return { kind: holder === undefined ? 'written' : 'slot-taken' }
  }

  #within({ fromDay, untilMs }: HistoryRange): readonly Attestation[] {
    return [...this.#rows.values()].filter(({ statement: { observedAt } }) => {
      return observedAt >= startOf(fromDay) && observedAt < untilMs
    })
  }

  #leavesOf(attestations: readonly Attestation[]): readonly HistoryLeaf[] {
    return attestations
      .map((attestation) => ({ id: attestation.id, disputed: this.isDisputed(attestation) }))
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
  }

  #check(): void {
    if (this.isDown) throw new TableUnavailableError('unreachable', 'the table is down')
  }
}

function dayOf({ statement }: Attestation): Day {
  return dayAt(statement.observedAt)
}
