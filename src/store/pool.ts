import { Pool, type PoolClient, type QueryResultRow } from 'pg'
import type { Logger } from '../core/logger.ts'
import { connectionOptions } from './connection.ts'

// Rounds are minutes apart, and an idle connection costs the database some megabytes.
const IDLE_TIMEOUT_MS = 30_000
const STATEMENT_TIMEOUT_MS = 30_000
// For a server that is gone without a word: longer than the server's own limit, which explains itself better.
const ANSWER_SHARE = 1.25

/** Connections to the database of the prices, each made when it is needed. */
export interface ConnectionPool {
  /** One statement, and its rows. */
  query<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<R[]>
  /** How many statements wait for a connection. */
  readonly waiting: number
  /** Ends all connections, also one whose answer is waited for. */
  close(): Promise<void>
}

export interface PoolOptions {
  /** Postgres URL. */
  readonly url: string
  /** How many connections at most. */
  readonly size: number
  /** How long a connection is waited for, be it for one that is free, milliseconds. @default that of the URL */
  readonly connectTimeoutMs?: number
  /** How long the server may take for a statement, milliseconds. @default 30000 */
  readonly statementTimeoutMs?: number
}

export function createPool(
  { logger }: { readonly logger: Logger },
  { url, size, connectTimeoutMs, statementTimeoutMs = STATEMENT_TIMEOUT_MS }: PoolOptions,
): ConnectionPool {
  const pool = new Pool({
    ...connectionOptions(url),
    ...(connectTimeoutMs !== undefined && { connectionTimeoutMillis: connectTimeoutMs }),
    max: size,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs * ANSWER_SHARE,
  })
  const busy = new Set<PoolClient>()
  pool.on('acquire', (client) => busy.add(client))
  pool.on('release', (_error, client) => busy.delete(client))
  const onBroken = (error: Error): void => logger.debug('a connection to the database broke', { error })
  pool.on('error', onBroken)
  // A client that is checked out reports to itself; without a listener its error would end the process.
  pool.on('connect', (client) => client.on('error', onBroken))
  return {
    async query<R extends QueryResultRow>(text: string, values: readonly unknown[]) {
      const { rows } = await pool.query<R>(text, [...values])
      return rows
    },
    get waiting() {
      return pool.waitingCount
    },
    close() {
      const ended = pool.end()
      // Whoever asked has given up by now; the pool alone would wait for a server that does not answer.
      for (const client of busy) void client.end()
      return ended
    },
  }
}
