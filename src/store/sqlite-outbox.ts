import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Outbox, OutboxChanges } from '../core/outbox.ts'
import type { PriceRow } from '../core/price-table.ts'
import type { StatementId } from '../core/statement.ts'
import { ATTESTATION_COLUMNS, type AttestationRecord, attestationOf, attestationValues } from './sqlite-attestation.ts'
import { inTransaction } from './sqlite-transaction.ts'

type OutboxRecord = AttestationRecord & { readonly last_signed_at: number }

/** The outbox of a node, in its SQLite file. */
export class SqliteOutbox implements Outbox {
  readonly #database: DatabaseSync
  readonly #waiting: StatementSync
  readonly #parked: StatementSync
  readonly #keep: StatementSync
  readonly #release: StatementSync
  readonly #park: StatementSync

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#waiting = database.prepare(
      `SELECT ${ATTESTATION_COLUMNS}, last_signed_at FROM outbox WHERE parked IS NULL ORDER BY observed_at, id`,
    )
    this.#parked = database.prepare('SELECT count(*) AS parked FROM outbox WHERE parked IS NOT NULL')
    this.#keep = database.prepare(
      `INSERT INTO outbox (${ATTESTATION_COLUMNS}, last_signed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET signatures = excluded.signatures, last_signed_at = excluded.last_signed_at`,
    )
    this.#release = database.prepare('DELETE FROM outbox WHERE id = ?')
    this.#park = database.prepare('UPDATE outbox SET parked = ? WHERE id = ?')
  }

  /** A row that cannot be read is parked: it must not keep the node from starting. */
  waiting(): PriceRow[] {
    const rows: PriceRow[] = []
    const park = new Map<StatementId, string>()
    for (const record of this.#waiting.all() as unknown as OutboxRecord[]) {
      try {
        rows.push({ attestation: attestationOf(record), lastSignedAtMs: record.last_signed_at })
      } catch (error) {
        park.set(record.id, `it cannot be read: ${String(error)}`)
      }
    }
    if (park.size > 0) this.write({ keep: [], release: [], park })
    return rows
  }

  parked(): number {
    return (this.#parked.get() as { parked: number }).parked
  }

  write({ keep, release, park }: OutboxChanges): void {
    inTransaction(this.#database, () => {
      for (const { attestation, lastSignedAtMs } of keep) {
        this.#keep.run(...attestationValues(attestation), Math.floor(lastSignedAtMs))
      }
      for (const id of release) this.#release.run(id)
      for (const [id, reason] of park) this.#park.run(reason, id)
    })
  }
}
