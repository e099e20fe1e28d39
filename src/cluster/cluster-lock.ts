import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Another cluster runs on this data directory. */
export class ClusterRunningError extends Error {
  override readonly name = 'ClusterRunningError'
}

/**
 * Keeps a data directory for one cluster. The lock is the operating system's, taken through SQLite: it goes with the
 * process, however that ends, so nothing stale is ever left to remove.
 *
 * @returns lets go of it
 * @throws {ClusterRunningError}
 */
export function lockDataDirectory(directory: string): () => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const database = new DatabaseSync(join(directory, 'cluster.lock'))
  try {
    database.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw new ClusterRunningError(
      `a cluster runs on ${directory} already: stop it, or choose another directory with --data-dir`,
      { cause },
    )
  }
  return () => database.close()
}
