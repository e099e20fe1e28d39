import type { DatabaseSync } from 'node:sqlite'

/** All that `write` does or nothing of it; on the disk when this returns. */
export function inTransaction(database: DatabaseSync, write: () => void): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    write()
    database.exec('COMMIT')
  } catch (error) {
    // SQLite has rolled some failures back by itself, a full disk among them.
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
