import type { ClientConfig } from 'pg'

/** What every connection to the database of the prices has in common. */
export function connectionOptions(url: string): ClientConfig {
  return {
    connectionString: url,
    application_name: 'gossip-price',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  }
}

const CONNECT_TIMEOUT_MS = 10_000
