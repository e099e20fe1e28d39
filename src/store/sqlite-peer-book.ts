import type { DatabaseSync, StatementSync } from 'node:sqlite'

/** Peers and their addresses, kept over restarts. */
export class SqlitePeerBook {
  readonly #load: StatementSync
  readonly #remember: StatementSync
  readonly #forget: StatementSync

  constructor(database: DatabaseSync) {
    this.#load = database.prepare('SELECT peer_id, addresses FROM peers')
    this.#remember = database.prepare(
      'INSERT INTO peers (peer_id, addresses) VALUES (?, ?) ON CONFLICT (peer_id) DO UPDATE SET addresses = excluded.addresses',
    )
    this.#forget = database.prepare('DELETE FROM peers WHERE peer_id = ?')
  }

  load(): { readonly peerId: string; readonly addresses: readonly string[] }[] {
    const rows = this.#load.all() as { peer_id: string; addresses: string }[]
    return rows.map((row) => ({ peerId: row.peer_id, addresses: JSON.parse(row.addresses) as string[] }))
  }

  remember({ peerId, addresses }: { readonly peerId: string; readonly addresses: readonly string[] }): void {
    this.#remember.run(peerId, JSON.stringify(addresses))
  }

  forget(peerId: string): void {
    this.#forget.run(peerId)
  }
}
