import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type TestContext, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import type { Clock } from '../../src/core/clock.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { PRICES_WRITTEN_SINCE } from '../../src/store/follow-sql.ts'
import { PriceFollower } from '../../src/store/price-follower.ts'
import { defer } from '../helpers/defer.ts'
import { startCommand } from '../helpers/child-process.ts'
import { type TestDatabase, createTestDatabase } from '../helpers/postgres.ts'
import { startMuteServer } from '../helpers/mute-server.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { type ProvableRow, prove } from '../helpers/row-proof.ts'
import { OBSERVED_AT } from '../helpers/statements.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'
import { startTransactionPooler } from '../helpers/transaction-pooler.ts'
import { until } from '../helpers/until.ts'

const ROWS = Array.from({ length: 6 }, (_, index) => priceRow({ observedAt: OBSERVED_AT + index * 600_000 }))
const IDS = ROWS.map(({ attestation }) => attestation.id)

async function followerOn(
  database: TestDatabase,
  options: { newest: number; network?: string; url?: string; probeTimeoutMs?: number; remembered?: number },
) {
  let laterMs = 0
  const now: Clock['now'] = () => ({ ...systemClock.now(), monoMs: systemClock.now().monoMs + laterMs })
  const told: string[] = []
  const logger = new RecordingLogger()
  const follower = new PriceFollower(
    {
      clock: { ...systemClock, now },
      random: () => 0.5,
      logger,
      onRows: (rows) => told.push(...rows.map(({ attestation }) => attestation.id)),
    },
    { url: database.url, ...options },
  )
  database.defer(() => follower.stop())
  const untilTold = (count: number) => until(() => told.length >= count, `${count} rows were told of`)
  return { follower, told, logger, untilTold, pass: (ms: number) => (laterMs += ms) }
}

describe('following the table', () => {
  it('tells of the newest rows first, the oldest of them first, and then of each that comes, once', async (t) => {
    const database = await createTestDatabase(t)
    const table = tableOf(database)
    await table.write(ROWS.slice(0, 3))
    const { follower, told, untilTold } = await followerOn(database, { newest: 2 })
    await follower.start()
    assert.deepEqual(told, IDS.slice(1, 3))
    await table.write(ROWS.slice(2, 4))
    await untilTold(3)
    await table.write(ROWS.slice(4))
    await untilTold(5)
    assert.deepEqual(told, IDS.slice(1))
  })

  it('tells of what was written while the connection was lost, and not again of what was there', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write(ROWS.slice(0, 2))
    const { follower, told, logger, untilTold } = await followerOn(database, { newest: 1 })
    await follower.start()
    // Nobody is told of this one: as if the notification had come while nobody listened.
    await database.query('ALTER TABLE prices DISABLE TRIGGER prices_committed')
    await tableOf(database).write(ROWS.slice(2, 3))
    await database.query('ALTER TABLE prices ENABLE TRIGGER prices_committed')
    await database.endOthers()
    await untilTold(2)
    await tableOf(database).write(ROWS.slice(3, 4))
    await untilTold(3)
    assert.deepEqual(told, IDS.slice(1, 4))
    assert.equal(logger.at('warn').length, 1)
    assert.match(logger.at('warn')[0] ?? '', /the connection to .* is lost/)
  })

  it('tells of nothing again that was told of long before, be it forgotten', async (t) => {
    const database = await createTestDatabase(t)
    const { follower, told, untilTold, pass } = await followerOn(database, { newest: 1, remembered: 1 })
    await follower.start()
    await tableOf(database).write(ROWS.slice(0, 3))
    await untilTold(3)
    await database.query('ALTER TABLE prices DISABLE TRIGGER USER')
    await database.query(`UPDATE prices SET created_time = created_time - interval '60 s'`)
    await database.query(`
      ALTER TABLE prices ENABLE TRIGGER USER, ALTER COLUMN created_time SET DEFAULT now() + interval '90 s'`)
    pass(90_000)
    await tableOf(database).write(ROWS.slice(3, 4))
    await untilTold(4)
    await database.endOthers()
    await tableOf(database).write(ROWS.slice(4, 5))
    await untilTold(5)
    assert.deepEqual(told, IDS.slice(0, 5))
  })

  it('tells of what was written long before it could hear of it: what came last is as old as what it missed', async (t) => {
    const database = await createTestDatabase(t)
    const { follower, told, untilTold, pass } = await followerOn(database, { newest: 1 })
    await follower.start()
    await database.query('ALTER TABLE prices DISABLE TRIGGER USER')
    await tableOf(database).write(ROWS.slice(0, 2))
    await database.query('ALTER TABLE prices ENABLE TRIGGER USER')
    // The process was stopped for minutes; of two notifications that wait for it one still comes.
    pass(300_000)
    const payload = JSON.stringify({ network: 'test-network', ids: IDS.slice(0, 1) })
    await database.query(`SELECT pg_notify('price_committed', $1)`, [payload])
    await untilTold(1)
    await database.endOthers()
    await untilTold(2)
    assert.deepEqual(told, IDS.slice(0, 2))
  })

  it('is not led astray by a row of a time to come', async (t) => {
    const database = await createTestDatabase(t)
    const { follower, told, untilTold } = await followerOn(database, { newest: 1 })
    await follower.start()
    await database.query(`ALTER TABLE prices ALTER COLUMN created_time SET DEFAULT 'infinity'`)
    await tableOf(database).write(ROWS.slice(0, 1))
    await untilTold(1)
    await database.query('ALTER TABLE prices ALTER COLUMN created_time SET DEFAULT now(), DISABLE TRIGGER USER')
    await tableOf(database).write(ROWS.slice(1, 2))
    await database.query('ALTER TABLE prices ENABLE TRIGGER USER')
    await database.endOthers()
    await untilTold(2)
    assert.deepEqual(told, IDS.slice(0, 2))
  })

  it('tells of what is committed while it looks at what is there', async (t) => {
    const database = await createTestDatabase(t)
    const [first, second] = [ROWS.slice(0, 1), ROWS.slice(1, 2)]
    await tableOf(database).write(first)
    const { follower, told, untilTold } = await followerOn(database, { newest: 1 })
    const query = Reflect.get(Client.prototype, 'query') as (text: string, ...values: unknown[]) => Promise<unknown>
    t.mock.method(Client.prototype, 'query', async function (this: Client, text: string, ...values: unknown[]) {
      if (text === PRICES_WRITTEN_SINCE) {
        t.mock.restoreAll()
        await tableOf(database).write(second)
      }
      return query.call(this, text, ...values)
    })
    await follower.start()
    await untilTold(2)
    assert.deepEqual(told, IDS.slice(0, 2))
  })

  it('ends at once while the database is away', async (t) => {
    const database = await createTestDatabase(t)
    const server = await startMuteServer(t, database.url)
    const { follower } = await followerOn(database, { newest: 1, url: server.url })
    await follower.start()
    server.fallSilent()
    await server.tried
    const before = performance.now()
    await follower.stop()
    assert.ok(performance.now() - before < 5_000)
  })

  it('tells of one network only, and believes the table rather than the notification', async (t) => {
    const database = await createTestDatabase(t)
    const { follower, told, untilTold } = await followerOn(database, { newest: 5, network: 'test-network' })
    await follower.start()
    const foreign = priceRow({ network: 'another' })
    await tableOf(database, { network: 'another' }).write([foreign])
    const ids = [`0x${'0'.repeat(64)}`, foreign.attestation.id]
    await database.query(`SELECT pg_notify('price_committed', $1)`, [JSON.stringify({ network: 'test-network', ids })])
    await database.query(`SELECT pg_notify('price_committed', 'no JSON')`)
    await tableOf(database).write(ROWS.slice(0, 1))
    await untilTold(1)
    assert.deepEqual(told, IDS.slice(0, 1))
  })

  it('passes over a row that is none, with a warning, and goes on', async (t) => {
    const database = await createTestDatabase(t)
    const { follower, told, logger, untilTold } = await followerOn(database, { newest: 5 })
    await follower.start()
    await database.query('ALTER TABLE prices DROP CONSTRAINT sign_data_format, DROP CONSTRAINT signer_count_exact')
    await database.query('ALTER TABLE prices DROP CONSTRAINT first_signer_signed')
    const bad = ROWS[0] ?? assert.fail()
    await database.query(`
      CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.sign_data = '7'; RETURN NEW; END $$;
      CREATE TRIGGER spoil BEFORE INSERT ON prices FOR EACH ROW WHEN (NEW.id = '${bad.attestation.id}')
        EXECUTE FUNCTION spoil()`)
    await tableOf(database).write(ROWS.slice(0, 2))
    await untilTold(1)
    assert.deepEqual(told, IDS.slice(1, 2))
    assert.match(
      logger.at('warn').join('\n'),
      /^the row 0x[0-9a-f]{64} of the table is no price: gossip-price verify says/,
    )
  })

  it('says so when nothing can be heard', async (t) => {
    const database = await createTestDatabase(t)
    const url = await startTransactionPooler(t, database.url)
    const { follower } = await followerOn(database, { newest: 1, url, probeTimeoutMs: 200 })
    await assert.rejects(follower.start(), /takes LISTEN and passes no notifications on/)
    const { follower: nowhere } = await followerOn(database, { newest: 1, url: 'postgres://u:p@127.0.0.1:1/prices' })
    await assert.rejects(nowhere.start(), { code: 'unreachable' })
  })
})

async function commandOn(t: TestContext, database: TestDatabase, ...args: string[]) {
  const directory = await temporaryDirectory(t)
  return startCommand(t, ['prices', '--follow', ...args], { directory, env: { GP_DATABASEURL: database.url } })
}

describe('gossip-price prices --follow', () => {
  it('prints rows as they come, under one heading, and ends with 0 at Ctrl-C', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write(ROWS.slice(0, 2))
    const command = await commandOn(t, database, '--limit', '1')
    await command.printed(/3021\.455/)
    await tableOf(database).write(ROWS.slice(2, 4))
    await command.printed(/3021\.455/, 3)
    command.send('SIGINT')
    assert.equal(await command.ended, 0)
    assert.equal(command.lines.length, 4)
    assert.match(command.lines[0] ?? '', /^observed +pair +price/)
    const columns = command.lines.map((line) => line.search(/pair|ETH-USD/))
    assert.equal(new Set(columns).size, 1)
  })

  it('ends quietly when nobody reads any more', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write(ROWS.slice(0, 1))
    const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
    const args = [main, 'prices', '--follow', '--json', '--database', database.url]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    defer(t, () => child.kill('SIGKILL'))
    let said = ''
    child.stderr.on('data', (chunk) => (said += String(chunk)))
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const exit = once(child, 'exit')
    await tableOf(database).write(ROWS.slice(1, 2))
    assert.deepEqual([await exit, said], [[0, null], ''])
  })

  it('prints a line of JSON for each that a stranger can prove, and waits for the first', async (t) => {
    const database = await createTestDatabase(t)
    const command = await commandOn(t, database, '--json')
    await command.printed(/^no prices yet: waiting for the first$/)
    await tableOf(database).write(ROWS.slice(0, 1))
    const [line] = await command.printed(/^\{.*$/)
    await prove(JSON.parse(line?.[0] ?? '') as ProvableRow)
    command.send('SIGTERM')
    assert.equal(await command.ended, 0)
  })
})
