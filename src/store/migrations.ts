import { readdir } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Client, DatabaseError } from 'pg'
import type { Logger } from '../core/logger.ts'
import { connectionOptions } from './connection.ts'
import { asUnavailable, describeDatabase, notMigrated } from './database-fault.ts'

// The same from src/store and from dist/store.
const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url))
const SCHEMA = 'public'
const MIGRATIONS_TABLE = 'pgmigrations'

const APPLIED_MIGRATIONS = `SELECT name FROM ${SCHEMA}.${MIGRATIONS_TABLE}`
const MAY_CREATE = `SELECT has_schema_privilege('${SCHEMA}', 'CREATE') AS may`

const UNDEFINED_TABLE = '42P01'
const INSUFFICIENT_PRIVILEGE = '42501'

// Whoever holds a lock for longer than this, another migration included, hangs; better to say so and to try again.
const LOCK_TIMEOUT_MS = 60_000

/**
 * Sees to it that the schema is at least the one this version knows, and migrates where it is not. A role that may not
 * do so is well served when somebody else has. Any number of processes may call this at once: one migrates, the others
 * wait for it. All that is pending is applied, or nothing.
 *
 * @param options - `url`: of a Postgres, 15 or newer
 * @returns names of the migrations that this call applied
 * @throws {TableUnavailableError} not-migrated, naming the command to run, when the role lacks the right to migrate
 */
export async function migrate(
  { logger }: { readonly logger: Logger },
  { url }: { readonly url: string },
): Promise<readonly string[]> {
  const database = describeDatabase(url)
  const client = new Client({ ...connectionOptions(url), lock_timeout: LOCK_TIMEOUT_MS })
  // A connection that breaks between two statements says so here, and to the next statement.
  client.on('error', (error) => logger.debug('the connection for migrating broke', { error }))
  try {
    await client.connect()
    if (await isCurrent(client)) return []
    const { rows } = await client.query<{ may: boolean }>(MAY_CREATE)
    if (rows[0]?.may !== true) throw notMigrated(database)
    const applied = await applyPending(client, logger)
    if (applied.length > 0) logger.info('migrated the database', { database, applied })
    return applied
  } catch (error) {
    if (error instanceof DatabaseError && error.code === INSUFFICIENT_PRIVILEGE) {
      throw notMigrated(database, { cause: error })
    }
    throw asUnavailable(error, database)
  } finally {
    await client.end()
  }
}

/** Whether every migration of this version is applied; a newer version may have applied more. */
async function isCurrent(client: Client): Promise<boolean> {
  const applied = await appliedMigrations(client)
  return (await knownMigrations()).every((name) => applied.has(name))
}

async function knownMigrations(): Promise<readonly string[]> {
  const files = await readdir(MIGRATIONS)
  return files.map((file) => basename(file, extname(file)))
}

async function appliedMigrations(client: Client): Promise<ReadonlySet<string>> {
  try {
    const { rows } = await client.query<{ name: string }>(APPLIED_MIGRATIONS)
    return new Set(rows.map(({ name }) => name))
  } catch (error) {
    if (error instanceof DatabaseError && error.code === UNDEFINED_TABLE) return new Set()
    throw error
  }
}

async function applyPending(client: Client, logger: Logger): Promise<readonly string[]> {
  // Loaded when it is needed: a node on a database that is up to date does without its weight.
  const { runner } = await import('node-pg-migrate')
  const say = (message: string): void => logger.debug(message)
  const applied = await runner({
    dbClient: client,
    dir: MIGRATIONS,
    schema: SCHEMA,
    migrationsTable: MIGRATIONS_TABLE,
    direction: 'up',
    singleTransaction: true,
    advisoryLockMode: 'wait',
    logger: { debug: say, info: say, warn: say, error: say },
  })
  return applied.map(({ name }) => name)
}
