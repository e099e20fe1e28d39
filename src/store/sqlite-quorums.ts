import type { DatabaseSync } from 'node:sqlite'
import type { QuorumFrom } from '../core/quorum-history.ts'
import { inTransaction } from './sqlite-transaction.ts'

/** How many signers made a quorum of a network, and since when, as this node was told at its starts. */
export class SqliteQuorums {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    this.#database = database
  }

  /** In ascending order of time. */
  load(network: string): readonly QuorumFrom[] {
    const rows = this.#database
      .prepare('SELECT from_ms, minimum FROM quorums WHERE network = ? ORDER BY from_ms')
      .all(network) as { from_ms: number; minimum: number }[]
    return rows.map(({ from_ms: fromMs, minimum }) => ({ fromMs, minimum }))
  }

  /** Takes the place of what was there about the network. */
  replace(network: string, history: readonly QuorumFrom[]): void {
    const insert = this.#database.prepare('INSERT INTO quorums (network, from_ms, minimum) VALUES (?, ?, ?)')
    inTransaction(this.#database, () => {
      this.#database.prepare('DELETE FROM quorums WHERE network = ?').run(network)
      for (const { fromMs, minimum } of history) insert.run(network, Math.round(fromMs), minimum)
    })
  }
}
