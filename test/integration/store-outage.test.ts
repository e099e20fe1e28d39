import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { describe, it, type TestContext } from 'node:test'
import { createPostgresPriceTable, type PostgresPriceTable } from '../../src/store/postgres-price-table.ts'
import { defer } from '../helpers/defer.ts'
import { createTestDatabase, startOwnPostgres } from '../helpers/postgres.ts'
import { query } from '../helpers/postgres-server.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { kindsOf, tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { INTERVAL_MS } from '../helpers/statements.ts'
import { until } from '../helpers/until.ts'

/** A table at `url`, closed when the test ends, with the logger it writes to. */
function tableAt(t: TestContext, url: string): { table: PostgresPriceTable; logger: RecordingLogger } {
  const logger = new RecordingLogger()
  const table = createPostgresPriceTable(
    { logger, counters: new RecordingCounters() },
    { url, network: 'test-network', intervalMs: INTERVAL_MS },
  )
  defer(t, () => table.close())
  return { table, logger }
}

describe('a database that cannot be asked', () => {
  const SECRET = 'a-secret-that-nobody-sees'

  /** Writing fails with `code`, and no word of it holds the password. */
  async function failsWith(t: TestContext, change: (url: URL) => void, code: string, says: RegExp): Promise<void> {
    const database = await createTestDatabase(t)
    const url = new URL(database.url)
    url.password = SECRET
    change(url)
    const { table, logger } = tableAt(t, url.href)
    for (const attempt of [() => table.write([priceRow()]), () => table.newest(1)]) {
      await assert.rejects(attempt, (error: Error & { code: string }) => {
        assert.equal(error.name, 'TableUnavailableError')
        assert.equal(error.code, code)
        assert.match(error.message, says)
        assert.doesNotMatch(inspect(error, { depth: 10 }), new RegExp(SECRET))
        return true
      })
    }
    assert.doesNotMatch(inspect(logger.lines, { depth: 10 }), new RegExp(SECRET))
  }

  it('wrong password: the message says so', (t) => failsWith(t, () => undefined, 'wrong-password', /refuses this user/))

  it('nobody listens: the message says so', (t) =>
    failsWith(t, (url) => (url.port = '1'), 'unreachable', /127\.0\.0\.1:1\/.* cannot be reached .*ECONNREFUSED/))

  it('unknown host: the message says so', (t) =>
    failsWith(
      t,
      (url) => (url.hostname = 'nowhere.invalid'),
      'unreachable',
      /nowhere\.invalid:\d+\/.* cannot be reached/,
    ))

  it('missing database: the message says so', async (t) => {
    const { url } = await createTestDatabase(t)
    const { table } = tableAt(t, url.replace(/[^/]*$/, 'no_such_database'))
    await assert.rejects(table.write([priceRow()]), { code: 'no-database', message: /no_such_database: create it/ })
  })

  it('tables missing for a reader: the message names the command', async (t) => {
    const database = await createTestDatabase(t, { migrated: false })
    await assert.rejects(tableOf(database).newest(1), { code: 'not-migrated', message: /`gossip-price migrate`/ })
  })

  it('a table that was closed says so instead of connecting again', async (t) => {
    const database = await createTestDatabase(t)
    const table = tableOf(database)
    await table.write([priceRow()])
    await table.close()
    await table.close()
    await assert.rejects(table.write([priceRow()]), { code: 'other', message: /are closed/ })
  })
})

describe('a server that ends and comes back', () => {
  it('costs a failed write, and nothing but that', async (t) => {
    const server = await startOwnPostgres(t)
    const { table } = tableAt(t, server.url)
    const rows = [priceRow(), priceRow({ pair: 'BTC-USD' })]
    await table.write(rows.slice(0, 1))
    await server.stop()
    await assert.rejects(table.write(rows), { name: 'TableUnavailableError', code: 'unreachable' })
    await server.start()
    assert.deepEqual(kindsOf(await table.write(rows), rows), ['present', 'written'])
  })

  it('while a statement runs, does not end the process', async (t) => {
    const server = await startOwnPostgres(t)
    const { table } = tableAt(t, server.url)
    await table.write([priceRow()])
    const blocker = query(server.url, 'BEGIN; LOCK networks IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60)')
    const ended = assert.rejects(blocker, { code: '57P01' })
    const waits = (event: string): Promise<boolean> =>
      query(server.url, 'SELECT FROM pg_stat_activity WHERE wait_event = $1', [event]).then(({ length }) => length > 0)
    await until(() => waits('PgSleep'), 'the lock is held')
    const blocked = assert.rejects(table.write([priceRow({ pair: 'BTC-USD' })]), { code: 'unreachable' })
    await until(() => waits('relation'), 'the write waits for the lock')
    // Before the one that holds the lock: whose session ends first, when the server stops, is anybody's guess.
    await query(server.url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'relation'")
    await blocked
    await server.stop()
    await ended
  })
})
