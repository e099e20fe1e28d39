import { Client, DatabaseError } from 'pg'
import { EmbeddedPostgresError } from './embedded-postgres-error.ts'
import { SUPERUSER } from './data-folder.ts'

const DUPLICATE_DATABASE = '42P04'
/** What somebody else who makes the same database at the same moment is told. */
const UNIQUE_VIOLATION = '23505'
const WRONG_PASSWORD = '28P01'

export interface ServerAddress {
  readonly port: number
  readonly password: string
}

/** The URL of a database on the server. The password needs no escaping: it is hexadecimal. */
export function databaseUrl({ port, password }: ServerAddress, database: string): string {
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`
}

/**
 * Makes the database where it is missing.
 *
 * @throws {EmbeddedPostgresError} password-lost, when the server has another one
 * @throws what `pg` throws, when the server is not there or is ending
 */
export async function ensureDatabase(address: ServerAddress, database: string): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl(address, 'postgres'),
    connectionTimeoutMillis: 5_000,
    ssl: false,
  })
  client.on('error', () => {
    // The query that is running, or the next one, fails with the same reason.
  })
  try {
    await client.connect()
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [database])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(database)}`)
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error
    if (error.code === DUPLICATE_DATABASE || error.code === UNIQUE_VIOLATION) return
    if (error.code !== WRONG_PASSWORD) throw error
    throw new EmbeddedPostgresError(
      'password-lost',
      `The Postgres on port ${address.port} does not take the password kept beside its data: put the right one back.`,
      { cause: error },
    )
  } finally {
    await client.end()
  }
}
