import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { PriceRow } from '../../src/core/price-table.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { PriceListener } from '../../src/store/price-listener.ts'
import { LISTEN } from '../../src/store/price-sql.ts'
import { defer } from '../helpers/defer.ts'
import { createTestDatabase, startOwnPostgres } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { price, round } from '../helpers/statements.ts'
import { startTransactionPooler } from '../helpers/transaction-pooler.ts'
import { until } from '../helpers/until.ts'

interface ListenerAtWork {
  readonly listener: PriceListener
  readonly heard: StatementId[]
  readonly disputed: StatementId[]
  /** What it said about its hearing, in order. */
  readonly hearing: boolean[]
  readonly counters: RecordingCounters
  readonly logger: RecordingLogger
}

/** A listener that has started, and is stopped after the test. */
function listenAt(
  t: TestContext,
  url: string,
  options: { probeTimeoutMs?: number; hurry?: number } = {},
): ListenerAtWork {
  const { hurry = 1, ...rest } = options
  const heard: StatementId[] = []
  const disputed: StatementId[] = []
  const hearing: boolean[] = []
  const parts = { counters: new RecordingCounters(), logger: new RecordingLogger() }
  const clock = { ...systemClock, sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms / hurry, signal) }
  const listener = new PriceListener(
    {
      ...parts,
      clock,
      random: () => 1,
      onHeard: (ids) => heard.push(...ids),
      onDisputed: (ids) => disputed.push(...ids),
      onHearing: (now) => hearing.push(now),
    },
    { url, network: 'test-network', ...rest },
  )
  defer(t, () => listener.stop())
  listener.start()
  return { listener, heard, disputed, hearing, ...parts }
}

/** A second statement of the slot of a row. */
const rivalIn = (network: string): PriceRow => priceRow({ network, round: round(0), price: price('1') })

const rows = Array.from({ length: 4 }, (_, index) => priceRow({ round: round(index) }))
const ids = rows.map(({ attestation }) => attestation.id)

describe('a listener', { timeout: 480_000 }, () => {
  it('hears of the rows of its network, whoever writes them, and of no others', async (t) => {
    const database = await createTestDatabase(t)
    const { heard, hearing, counters } = listenAt(t, database.url)
    await until(() => hearing.length > 0, 'it hears')
    await tableOf(database, { network: 'another' }).write([priceRow({ network: 'another' })])
    await tableOf(database).write(rows.slice(0, 2))
    await tableOf(database).write(rows.slice(1, 3))
    await until(() => heard.length >= 3, 'it has heard')
    assert.deepEqual(heard.toSorted(), ids.slice(0, 3).toSorted())
    assert.deepEqual(hearing, [true])
    assert.equal(counters.count('gp_sql_statements_total', { statement: 'listen' }), 1)
    assert.equal(counters.count('gp_sql_statements_total', { statement: 'notify' }), 1)
  })

  it('hears of the statements of its network that lost their slots, and takes them for no rows', async (t) => {
    const database = await createTestDatabase(t)
    const { heard, disputed, hearing } = listenAt(t, database.url)
    await until(() => hearing.length > 0, 'it hears')
    const [row] = rows
    assert.ok(row)
    await tableOf(database, { network: 'another' }).write([
      priceRow({ network: 'another', round: round(0) }),
      rivalIn('another'),
    ])
    await tableOf(database).write([row])
    await tableOf(database).write([rivalIn('test-network')])
    await until(() => disputed.length > 0, 'it has heard')
    assert.deepEqual([heard, disputed], [[row.attestation.id], [rivalIn('test-network').attestation.id]])
  })

  it('says when it has lost its connection, and hears again by itself', async (t) => {
    const database = await createTestDatabase(t)
    const { heard, hearing } = listenAt(t, database.url)
    await until(() => hearing.length > 0, 'it hears')
    await database.endOthers(LISTEN)
    await until(() => hearing.length >= 3, 'it hears again')
    await tableOf(database).write(rows)
    await until(() => heard.length >= rows.length, 'it has heard')
    assert.deepEqual(hearing, [true, false, true])
  })

  it('outlives a server that ends, and one that is not there', async (t) => {
    const server = await startOwnPostgres(t)
    const { hearing } = listenAt(t, server.url)
    await until(() => hearing.length > 0, 'it hears')
    await server.stop()
    await until(() => hearing.length > 1, 'it says that it does not')
    await server.start()
    await until(() => hearing.length > 2, 'it hears again')
    assert.deepEqual(hearing, [true, false, true])
  })

  it('finds out that nothing comes through a pooler, and says so once', async (t) => {
    const database = await createTestDatabase(t)
    const url = await startTransactionPooler(t, database.url)
    const { listener, hearing, logger, counters, heard } = listenAt(t, url, { hurry: 100 })
    const probes = (): number => counters.count('gp_sql_statements_total', { statement: 'notify' })
    await until(() => probes() >= 4, 'it has tried several times')
    await tableOf(database).write(rows)
    assert.deepEqual([hearing, heard], [[], []])
    assert.deepEqual([listener.own, listener.isSettling], [undefined, false])
    assert.equal(logger.at('warn').length, 1)
    assert.match(logger.at('warn')[0] ?? '', /^postgres@.+ passes no notifications on, as poolers do/)
  })

  it('can be stopped at any time, and leaves no connection', async (t) => {
    const database = await createTestDatabase(t)
    const early = listenAt(t, database.url)
    await early.listener.stop()
    early.listener.start()
    assert.deepEqual(early.hearing, [])
    const late = listenAt(t, database.url)
    await until(() => late.hearing.length > 0, 'it hears')
    await Promise.all([late.listener.stop(), late.listener.stop()])
    assert.deepEqual(late.hearing, [true, false])
  })

  it('has a mark while it hears, which those that hear the same database know, and others do not', async (t) => {
    const [database, other] = [await createTestDatabase(t), await createTestDatabase(t)]
    const first = listenAt(t, database.url)
    assert.deepEqual([first.listener.own, first.listener.isSettling], [undefined, true])
    await until(() => first.hearing.length > 0, 'it hears')
    assert.equal(first.listener.isSettling, false)
    const second = listenAt(t, database.url)
    const elsewhere = listenAt(t, other.url)
    await until(() => second.hearing.length > 0 && elsewhere.hearing.length > 0, 'they hear')
    const mark = second.listener.own
    assert.match(mark ?? '', /^0x[0-9a-f]{32}$/)
    assert.ok(mark)
    await until(() => first.listener.hasHeard(mark), 'the first has heard of the second')
    assert.ok(!elsewhere.listener.hasHeard(mark))
    await second.listener.stop()
    assert.equal(second.listener.own, undefined)
  })

  it('has another mark when it connects anew, and has forgotten those that it heard before', async (t) => {
    const database = await createTestDatabase(t)
    const { listener, hearing } = listenAt(t, database.url)
    await until(() => hearing.length > 0, 'it hears')
    const before = listener.own
    assert.ok(before !== undefined && listener.hasHeard(before))
    await database.endOthers(LISTEN)
    await until(() => hearing.length >= 3, 'it hears again')
    assert.ok(listener.own !== undefined && listener.own !== before)
    assert.ok(!listener.hasHeard(before))
  })
})
