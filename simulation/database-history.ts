import { createHash } from 'node:crypto'
import { type Hex, fromHex, toHex } from '../src/core/hex.ts'
import type { Day, HistoryDay, HistoryLeaf, HistoryRange, PriceHistory } from '../src/core/history.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import { type StatementId, slotOf } from '../src/core/statement.ts'
import { DayLeaves, type Entry } from './day-leaves.ts'

const DAY_MS = 86_400_000

/** What a database holds, as the Merkle tree that docs/protocol.md describes. */
export class DatabaseHistory implements PriceHistory {
  readonly #days = new Map<Day, DayLeaves>()
  readonly #entries = new Map<StatementId, Entry>()
  readonly #disputed = new Set<string>()
  /** Of stretches that nothing was added to since. */
  #answers = new Map<string, { readonly days: readonly HistoryDay[]; readonly untilMs: number }>()

  /** Is told of every row and of every statement that lost its slot. */
  add(row: PriceRow, { isEquivocation }: { readonly isEquivocation: boolean }): void {
    const { id, statement } = row.attestation
    const { observedAt } = statement
    const slot = slotOf(statement)
    if (isEquivocation) {
      this.#disputed.add(slot)
      for (const leaves of this.#days.values()) leaves.dispute(slot)
      this.#answers.clear()
    }
    const entry = { id, observedAt, slot, row }
    const day = Math.floor(observedAt / DAY_MS) as Day
    const leaves = this.#days.get(day) ?? new DayLeaves()
    this.#days.set(day, leaves)
    leaves.add(entry, { isDisputed: this.#disputed.has(slot) })
    this.#entries.set(id, entry)
    for (const [key, { untilMs }] of this.#answers) if (untilMs > observedAt) this.#answers.delete(key)
  }

  async root(range: HistoryRange): Promise<Hex> {
    const root = createHash('sha256')
    for (const { day, hash: ofDay } of this.#daysOf(range)) {
      const number = Buffer.alloc(4)
      number.writeUInt32BE(day)
      root.update(number).update(fromHex(ofDay))
    }
    return toHex(root.digest())
  }

  async days(range: HistoryRange): Promise<readonly HistoryDay[]> {
    return this.#daysOf(range)
  }

  async leaves(
    day: Day,
    range: HistoryRange,
    { after, limit }: { readonly after?: StatementId | undefined; readonly limit: number },
  ): Promise<readonly HistoryLeaf[]> {
    if (!isInRange(day, range)) return []
    const entries = this.#days.get(day)?.until(range.untilMs) ?? []
    return entries
      .filter(({ id }) => after === undefined || id > after)
      .slice(0, limit)
      .map(({ id, slot }) => ({ id, disputed: this.#disputed.has(slot) }))
  }

  async attestations(ids: readonly StatementId[]): ReturnType<PriceHistory['attestations']> {
    return ids.flatMap((id) => this.#entries.get(id)?.row.attestation ?? [])
  }

  #daysOf(range: HistoryRange): readonly HistoryDay[] {
    const key = `${range.fromDay} ${range.untilMs}`
    const known = this.#answers.get(key)
    if (known !== undefined) return known.days
    const days = [...this.#days.keys()]
      .toSorted((a, b) => a - b)
      .flatMap((day) => {
        if (!isInRange(day, range)) return []
        const found = this.#days.get(day)?.hashUntil(range.untilMs)
        return found === undefined || found.leaves === 0 ? [] : [{ day, ...found }]
      })
    if (this.#answers.size >= ANSWERS_LIMIT) this.#answers = new Map()
    this.#answers.set(key, { days, untilMs: range.untilMs })
    return days
  }
}

const ANSWERS_LIMIT = 16

function isInRange(day: Day, { fromDay, untilMs }: HistoryRange): boolean {
  return day >= fromDay && day * DAY_MS < untilMs
}
