import type { PriceRow } from '../core/price-table.ts'
import type { StatementId } from '../core/statement.ts'

interface WaitingRow {
  readonly row: PriceRow
  readonly delayMs: number
  readonly owedSinceMs: number
  turnAtMs: number
}

/** Rows in the order in which they came, each with the time of its turn. Times are of the monotonic clock. */
export class WaitingRows {
  readonly #rows = new Map<StatementId, WaitingRow>()

  get size(): number {
    return this.#rows.size
  }

  has(id: StatementId): boolean {
    return this.#rows.has(id)
  }

  ids(): readonly StatementId[] {
    return [...this.#rows.keys()]
  }

  /**
   * @param turn - `delayMs`: how long from now the row is left to others, 0 when it is this node's before all others;
   * `owedSinceMs`: when it was complete
   */
  add(
    row: PriceRow,
    { delayMs, nowMs, owedSinceMs }: { readonly delayMs: number; readonly nowMs: number; readonly owedSinceMs: number },
  ): void {
    this.#rows.set(row.attestation.id, { row, delayMs, owedSinceMs, turnAtMs: nowMs + delayMs })
  }

  delete(id: StatementId): void {
    this.#rows.delete(id)
  }

  /** Whether a row was left to nobody else. */
  isOurs(id: StatementId): boolean {
    return this.#rows.get(id)?.delayMs === 0
  }

  /** Since when the oldest of them is owed; undefined when nothing waits. */
  oldestAtMs(): number | undefined {
    let oldest: number | undefined
    for (const { owedSinceMs } of this.#rows.values()) oldest = Math.min(oldest ?? owedSinceMs, owedSinceMs)
    return oldest
  }

  /** Infinity when nothing waits. */
  nextTurnAtMs(): number {
    let next = Number.POSITIVE_INFINITY
    for (const { turnAtMs } of this.#rows.values()) next = Math.min(next, turnAtMs)
    return next
  }

  /** The first `limit` rows whose turn has come by `nowMs`. */
  due(nowMs: number, limit: number): readonly PriceRow[] {
    const due: PriceRow[] = []
    for (const { row, turnAtMs } of this.#rows.values()) {
      if (due.length === limit) break
      if (turnAtMs <= nowMs) due.push(row)
    }
    return due
  }

  /** Every row waits for its turn anew. */
  restartTurns(nowMs: number): void {
    for (const waiting of this.#rows.values()) waiting.turnAtMs = nowMs + waiting.delayMs
  }
}
