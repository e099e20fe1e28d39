import type { PriceRow, WriteOutcome } from '../src/core/price-table.ts'
import { type StatementId, slotOf } from '../src/core/statement.ts'
import { DatabaseHistory } from './database-history.ts'

export type StatementName = 'insert' | 'find-holders' | 'insert-equivocations' | 'find-present'

/** What the database tells whoever listens. */
export interface Notice {
  readonly ids: readonly StatementId[]
  /** Sent by a listener that tries whether it hears. */
  readonly mark?: string
}

export interface ListeningSession {
  readonly onNotice: (notice: Notice) => void
  readonly onLost: () => void
}

/** Told of every row that is there from now on. */
export type OnRow = (row: PriceRow, where: 'prices' | 'equivocations', writer: number) => void

/** What one Postgres holds: each statement that it runs is all of it or nothing, and lasts. */
export class Database {
  readonly rows = new Map<StatementId, PriceRow>()
  readonly equivocations = new Map<StatementId, PriceRow>()
  readonly statements: Record<StatementName, number> = {
    insert: 0,
    'find-holders': 0,
    'insert-equivocations': 0,
    'find-present': 0,
  }
  /** Whether it can be asked. */
  isUp = true
  /** How much longer everything takes, milliseconds at most. */
  slownessMs = 0
  /** The part of its answers that do not arrive, since the connection was lost. */
  lostAnswers = 0
  /** How often something began or ceased to be wrong with it. */
  troubles = 0
  /** And when it did last. */
  troubledAtUs = Number.NEGATIVE_INFINITY
  /** The part of its notifications that do not arrive. */
  lostNotices = 0
  readonly history = new DatabaseHistory()
  readonly #slots = new Map<string, StatementId>()
  readonly #listeners = new Set<ListeningSession>()
  readonly #onRow: OnRow

  constructor(onRow: OnRow) {
    this.#onRow = onRow
  }

  /** Ids of the rows that were not there. */
  insert(rows: readonly PriceRow[], writer: number): StatementId[] {
    this.statements.insert += 1
    const inserted: StatementId[] = []
    for (const row of rows) {
      const { id, statement } = row.attestation
      const slot = slotOf(statement)
      if (this.rows.has(id) || this.#slots.has(slot)) continue
      this.rows.set(id, row)
      this.#slots.set(slot, id)
      inserted.push(id)
      this.history.add(row, { isEquivocation: false })
      this.#onRow(row, 'prices', writer)
    }
    if (inserted.length > 0) this.notify({ ids: inserted })
    return inserted
  }

  /** Which statements hold the slots of these. */
  holders(rows: readonly PriceRow[]): ReadonlyMap<StatementId, StatementId> {
    this.statements['find-holders'] += 1
    return new Map(
      rows.flatMap(({ attestation: { id, statement } }) => {
        const holder = this.#slots.get(slotOf(statement))
        return holder === undefined ? [] : [[id, holder]]
      }),
    )
  }

  insertEquivocations(rows: readonly PriceRow[], writer: number): void {
    this.statements['insert-equivocations'] += 1
    for (const row of rows) {
      if (this.equivocations.has(row.attestation.id)) continue
      this.equivocations.set(row.attestation.id, row)
      this.history.add(row, { isEquivocation: true })
      this.#onRow(row, 'equivocations', writer)
    }
  }

  present(ids: readonly StatementId[]): ReadonlySet<StatementId> {
    this.statements['find-present'] += 1
    return new Set(ids.filter((id) => this.rows.has(id)))
  }

  holds(id: StatementId): boolean {
    return this.rows.has(id) || this.equivocations.has(id)
  }

  isDisputed(slot: string): boolean {
    for (const { attestation } of this.equivocations.values()) if (slotOf(attestation.statement) === slot) return true
    return false
  }

  /** @param session - `onLost`: the connection broke */
  listen(session: ListeningSession): () => void {
    this.#listeners.add(session)
    return () => this.#listeners.delete(session)
  }

  /** Every connection that listens breaks. */
  dropListeners(): void {
    // Each takes itself off the list.
    for (const session of this.#listeners) session.onLost()
  }

  notify(notice: Notice): void {
    for (const { onNotice } of this.#listeners) onNotice(notice)
  }
}

export type Outcomes = Map<StatementId, WriteOutcome>
