import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { Client } from 'pg'
import { systemClock } from '../../src/node/system-clock.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { isRunning } from '../../src/store/embedded/operating-system.ts'
import { migrate } from '../../src/store/migrations.ts'
import { RecordingLogger } from './recorders.ts'

/** Names, in the environment, the server that the test run has started for all its files. */
export const SERVER_URL = 'TEST_POSTGRES_URL'

/** A migrated database that takes no connections; databases for tests are copies of it. */
export const TEMPLATE = 'prices_template'

export interface TestServer {
  /** URL of its maintenance database. */
  readonly url: string
  /** Ends the server and removes its data. */
  stop(): Promise<void>
}

/** A Postgres in a temporary directory of its own, with the template in it. */
export async function startTestServer(): Promise<TestServer> {
  await removeAbandoned()
  const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`))
  const logger = new RecordingLogger()
  const postgres = await startEmbeddedPostgres({ logger, clock: systemClock }, { directory, database: TEMPLATE })
  await migrate({ logger }, { url: postgres.url })
  const url = urlOf(postgres.url, 'postgres')
  await query(url, `ALTER DATABASE ${TEMPLATE} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false`)
  return {
    url,
    async stop() {
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const PREFIX = 'gossip-price-tests-'

/** A run that was killed leaves its data behind, some 50 MB; the process id in the name tells whether it was. */
async function removeAbandoned(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    if (!name.startsWith(PREFIX) || isRunning(Number.parseInt(name.slice(PREFIX.length), 10))) continue
    await rm(join(tmpdir(), name), { recursive: true, force: true })
  }
}

/** The URL of another database on the same server. */
export function urlOf(url: string, database: string): string {
  const other = new URL(url)
  other.pathname = `/${database}`
  return other.href
}

/** One statement on a connection of its own. */
export async function query<R extends object>(url: string, text: string, values: unknown[] = []): Promise<R[]> {
  const client = new Client({ connectionString: url })
  // A server that ends says so to the statement that runs; without a listener it would end the process as well.
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query(text, values)
    return rows as R[]
  } finally {
    await client.end()
  }
}
