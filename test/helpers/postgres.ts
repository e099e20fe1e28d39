import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { after, type TestContext } from 'node:test'
import { systemClock } from '../../src/node/system-clock.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { defer } from './defer.ts'
import { query, SERVER_URL, startTestServer, TEMPLATE, type TestServer, urlOf } from './postgres-server.ts'
import { RecordingLogger } from './recorders.ts'
import { until } from './until.ts'

let ownServer: Promise<TestServer> | undefined

// A file that is run by itself has a server of its own.
after(async () => {
  await (await ownServer)?.stop()
})

async function serverUrl(): Promise<string> {
  const shared = process.env[SERVER_URL]
  if (shared !== undefined) return shared
  ownServer ??= startTestServer()
  return (await ownServer).url
}

export interface TestDatabase {
  readonly url: string
  /** One statement on a connection of its own. */
  query<R extends object>(text: string, values?: unknown[]): Promise<R[]>
  /** Ends the connections to this database that others have, or those of them that did `statement` last. */
  endOthers(statement?: string): Promise<void>
  /** The URL for a role of its own that may log in and nothing else, and its name; it is dropped with the database. */
  createRole(): Promise<{ url: string; role: string }>
  /** Runs `release` after the test, before the database goes; the last deferred first. */
  defer(release: () => unknown): void
}

/**
 * A database with the current schema for one test, gone after it. The test fails when it leaves a connection open.
 *
 * @param options - `migrated`: false for an empty one
 */
export async function createTestDatabase(t: TestContext, options: { migrated?: boolean } = {}): Promise<TestDatabase> {
  const server = await serverUrl()
  const name = `test_${randomBytes(8).toString('hex')}`
  await query(server, `CREATE DATABASE ${name} TEMPLATE ${options.migrated === false ? 'template0' : TEMPLATE}`)
  const url = urlOf(server, name)
  defer(t, async () => {
    try {
      await until(async () => {
        const connections = await query(server, 'SELECT FROM pg_stat_activity WHERE datname = $1', [name])
        return connections.length === 0
      }, 'all connections to the test database are closed')
    } finally {
      await query(server, `DROP DATABASE ${name} WITH (FORCE)`)
    }
  })
  return {
    url,
    query: (text, values) => query(url, text, values),
    defer: (release) => defer(t, release),
    async endOthers(statement) {
      const ended = await query<{ pid: number }>(url, END_OTHERS, [statement])
      await until(async () => {
        const left = await query(url, 'SELECT FROM pg_stat_activity WHERE pid = ANY ($1)', [
          ended.map(({ pid }) => pid),
        ])
        return left.length === 0
      }, 'the connections of others have ended')
    },
    async createRole() {
      const role = `role_${randomBytes(8).toString('hex')}`
      await query(url, `CREATE ROLE ${role} LOGIN PASSWORD '${role}'`)
      defer(t, async () => {
        await query(url, `DROP OWNED BY ${role}`)
        await query(url, `DROP ROLE ${role}`)
      })
      const roleUrl = new URL(url)
      roleUrl.username = role
      roleUrl.password = role
      return { role, url: roleUrl.href }
    },
  }
}

// A test that ended those of other databases would fail whichever file runs beside it: the server is everybody's.
const END_OTHERS = `
SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND query = coalesce($1, query)`

export interface OwnPostgres {
  /** The same for every start. */
  readonly url: string
  start(): Promise<void>
  stop(): Promise<void>
}

/** A server for one test, which may stop it and start it again on the same port; it runs at first, and is gone after. */
export async function startOwnPostgres(t: TestContext): Promise<OwnPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-price-postgres-'))
  const components = { logger: new RecordingLogger(), clock: systemClock }
  let running: EmbeddedPostgres | undefined = await startEmbeddedPostgres(components, { directory, database: 'prices' })
  const { url, port } = running
  const stop = async (): Promise<void> => {
    await running?.stop()
    running = undefined
  }
  defer(t, async () => {
    await stop()
    await rm(directory, { recursive: true, force: true })
  })
  return {
    url,
    stop,
    async start() {
      running ??= await startEmbeddedPostgres(components, { directory, port, database: 'prices' })
    },
  }
}
