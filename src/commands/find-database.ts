import { DEFAULT_DATA_DIR } from '../cluster/cluster-plan.ts'
import { requireVariables } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import { findConnections } from '../store/connection-file.ts'
import { namedDatabase } from './database-url.ts'
import type { DatabaseFlags } from './database-flags.ts'
import { CommandError } from './failure.ts'

/**
 * Asks the database that `flags` or GP_DATABASEURL name, else the one that was started last in this directory and still
 * runs.
 *
 * @param ask - is handed the URL of a Postgres; it may be called again with another when one cannot be reached
 * @throws {CommandError} when there is no database, what `ask` throws otherwise
 */
export async function askDatabase<T>(flags: DatabaseFlags, ask: (url: string) => Promise<T>): Promise<T> {
  const named = flags.dataDir === undefined ? namedDatabase(flags) : undefined
  if (named !== undefined) return ask(named.reveal())
  const found = await findConnections(directoriesOf(flags))
  for (const { url } of found) {
    try {
      return await ask(url.reveal())
    } catch (error) {
      // What was started there may have ended without a word; then another may be running.
      if (!(error instanceof TableUnavailableError) || error.code !== 'unreachable') throw error
    }
  }
  const where = directoriesOf(flags).join(' or ')
  throw new CommandError(
    found.length === 0
      ? `no database is running for ${where}: start one with npm start, or name one with --database URL or GP_DATABASEURL`
      : `the database of ${found.map(({ file }) => file).join(', ')} does not run any more: npm start starts it again`,
  )
}

function directoriesOf({ dataDir }: DatabaseFlags): readonly string[] {
  if (dataDir !== undefined) return [dataDir]
  return [requireVariables(surroundings(), ['dataDir']).dataDir, DEFAULT_DATA_DIR]
}
