import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Day, HistoryRange } from '../../src/core/history.ts'
import { HistoryLedger } from '../../src/core/history-ledger.ts'
import { DAY_MS, dayAt, rootOf } from '../../src/core/history-tree.ts'
import type { PriceTable } from '../../src/core/price-table.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { PostgresPriceHistory, type PostgresPriceHistoryOptions } from '../../src/store/postgres-price-history.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { createTestDatabase, type TestDatabase } from '../helpers/postgres.ts'
import { describePriceHistory, idOf, manyRows, rivals } from '../helpers/price-history-contract.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { INTERVAL_MS, OBSERVED_AT } from '../helpers/statements.ts'

const ALL: HistoryRange = { fromDay: 0 as Day, untilMs: OBSERVED_AT + 10 * DAY_MS }
const TODAY = dayAt(OBSERVED_AT)

interface HistoryOnDatabase {
  readonly history: PostgresPriceHistory
  /** The table, whose writes the history is told of. */
  readonly table: PriceTable
  /** Statements that were sent since this was asked last. */
  readonly statements: () => readonly string[]
}

function historyOf(
  database: Pick<TestDatabase, 'url' | 'defer'>,
  options: Partial<PostgresPriceHistoryOptions> & { readonly clock?: ManualClock } = {},
): HistoryOnDatabase {
  const { clock = systemClock, ...rest } = options
  let sent: string[] = []
  const counters = {
    add: (_name: string, { statement = '' }: Readonly<Record<string, string>> = {}) => void sent.push(statement),
  }
  const history = new PostgresPriceHistory(
    { clock, counters, logger: new RecordingLogger() },
    { url: database.url, network: 'test-network', intervalMs: INTERVAL_MS, alone: true, ...rest },
  )
  database.defer(() => history.close())
  return {
    history,
    table: history.keepUpWith(tableOf(database, rest)),
    statements: () => {
      const since = sent
      sent = []
      return since
    },
  }
}

describePriceHistory('in Postgres', async (t, options) => historyOf(await createTestDatabase(t), options))

describe('history in Postgres', { timeout: 300_000 }, () => {
  it('is read by nobody who does not ask, and once by who asks twice', async (t) => {
    const { history, table, statements } = historyOf(await createTestDatabase(t))
    await table.write(manyRows(3))
    history.heard(manyRows(3).map(idOf))
    assert.deepEqual(statements(), [])
    const root = await history.root(ALL)
    assert.deepEqual(statements(), ['history_first', 'history_days'])
    assert.equal(await history.root(ALL), root)
    assert.equal(rootOf(await history.days({ ...ALL, fromDay: TODAY })), root)
    assert.deepEqual(statements(), [])
  })

  it('is read once by many who ask together', async (t) => {
    const { history, statements } = historyOf(await createTestDatabase(t))
    await Promise.all(Array.from({ length: 5 }, () => history.root(ALL)))
    assert.deepEqual(statements(), ['history_first'])
  })

  it('reads a day again that this node wrote to, and no other', async (t) => {
    const { history, table, statements } = historyOf(await createTestDatabase(t))
    await history.root(ALL)
    await table.write(manyRows(3))
    await table.write([priceRow({ observedAt: OBSERVED_AT - 5 * DAY_MS })])
    statements()
    const [days, again] = [await history.days(ALL), await history.days(ALL)]
    assert.deepEqual(statements(), ['history_days', 'history_days'])
    assert.deepEqual(
      days.map(({ day, leaves }) => [day, leaves]),
      [
        [TODAY - 5, 1],
        [TODAY, 3],
      ],
    )
    assert.deepEqual(again, days)
  })

  it('looks up what it hears of in one read, however much that is', async (t) => {
    const database = await createTestDatabase(t)
    const { history, statements } = historyOf(database, { alone: false })
    history.setHearing(true)
    await history.root(ALL)
    statements()
    await tableOf(database).write(manyRows(5))
    for (const row of manyRows(5)) history.heard([idOf(row)])
    assert.equal((await history.days(ALL))[0]?.leaves, 5)
    assert.deepEqual(statements(), ['history_rounds', 'history_days'])
  })

  it('knows of its own rows without looking them up', async (t) => {
    const { history, table, statements } = historyOf(await createTestDatabase(t), { alone: false })
    history.setHearing(true)
    await history.root(ALL)
    statements()
    await table.write(manyRows(5))
    history.heard(manyRows(5).map(idOf))
    assert.equal((await history.days(ALL))[0]?.leaves, 5)
    assert.deepEqual(statements(), ['history_days'])
  })

  it('reads everything again when it may have missed something', async (t) => {
    const database = await createTestDatabase(t)
    const { history } = historyOf(database, { alone: false })
    history.setHearing(true)
    const before = await history.root(ALL)
    history.setHearing(false)
    await tableOf(database).write([priceRow({ observedAt: OBSERVED_AT - 300 * DAY_MS })])
    history.setHearing(true)
    assert.notEqual(await history.root(ALL), before)
  })

  it('of who cannot hear is a few seconds old for the last days, and some minutes for those before', async (t) => {
    const database = await createTestDatabase(t)
    const clock = new ManualClock()
    const { history, statements } = historyOf(database, { alone: false, clock })
    const range = { fromDay: (TODAY - 400) as Day, untilMs: OBSERVED_AT + INTERVAL_MS }
    const table = tableOf(database)
    await history.root(range)
    await table.write([priceRow(), priceRow({ observedAt: OBSERVED_AT - 300 * DAY_MS })])
    await clock.advance(15_000)
    assert.deepEqual(
      (await history.days(range)).map(({ day }) => day),
      [TODAY],
    )
    statements()
    await history.root(range)
    assert.deepEqual(statements(), [])
    await clock.advance(600_000)
    assert.equal((await history.days(range)).length, 2)
  })

  it('is looked at again where somebody holds something else', async (t) => {
    const database = await createTestDatabase(t)
    const { history } = historyOf(database)
    const before = await history.root(ALL)
    await tableOf(database).write([priceRow()])
    assert.equal(await history.root(ALL), before)
    await history.leaves(TODAY, ALL, { limit: 1 })
    assert.notEqual(await history.root(ALL), before)
  })

  it('holds the rows of its network alone', async (t) => {
    const database = await createTestDatabase(t)
    const { history, table } = historyOf(database)
    await table.write(manyRows(2))
    const before = await history.root(ALL)
    const other = priceRow({ network: 'another', observedAt: OBSERVED_AT + 1 })
    const elsewhere = historyOf(database, { network: 'another' })
    await tableOf(database, { network: 'another' }).write([other])
    assert.equal(await historyOf(database).history.root(ALL), before)
    assert.deepEqual(await history.attestations([idOf(other)]), [])
    assert.equal((await elsewhere.history.days(ALL))[0]?.leaves, 1)
  })

  it('counts an id once that is in both tables, and holds its slot as disputed', async (t) => {
    const database = await createTestDatabase(t)
    const { history, table } = historyOf(database)
    const [row] = rivals(1)
    assert.ok(row)
    await table.write([row])
    await database.query('INSERT INTO equivocations SELECT * FROM prices')
    assert.deepEqual(await history.leaves(TODAY, ALL, { limit: 10 }), [{ id: idOf(row), disputed: true }])
    assert.equal((await history.days(ALL))[0]?.leaves, 1)
    assert.equal((await history.attestations([idOf(row)])).length, 1)
  })

  it('is seen in one statement a year, each leaf of the last days by itself, with the roots that are read', async (t) => {
    const database = await createTestDatabase(t)
    const { history, table, statements } = historyOf(database)
    const old = [0, 1, 364, 365, 366, 1_200].map((days) =>
      priceRow({ observedAt: OBSERVED_AT + 5_000 - days * DAY_MS }),
    )
    await table.write([...old, ...rivals(2), priceRow({ observedAt: OBSERVED_AT + DAY_MS / 2 + 123 })])
    await tableOf(database, { network: 'another' }).write([priceRow({ network: 'another' })])
    for (const [fromDay, reads] of [
      [0, 3],
      [TODAY - 365, 2],
      [TODAY - 30, 1],
      [TODAY, 1],
    ] as const) {
      const range = { fromDay: fromDay as Day, leavesFrom: TODAY, untilMs: OBSERVED_AT + DAY_MS }
      statements()
      const sight = await history.see(range)
      assert.deepEqual(
        statements(),
        Array.from({ length: reads }, () => 'root_days'),
      )
      assert.deepEqual([sight.reads, sight.newestMs], [reads, OBSERVED_AT + DAY_MS / 2 + 123])
      for (const ms of [0, 1, 5_000, 5_001, DAY_MS / 2 + 123, DAY_MS / 2 + 124, DAY_MS]) {
        const asked = { fromDay: range.fromDay, untilMs: OBSERVED_AT + ms }
        assert.equal(new HistoryLedger(range, sight).root(asked), await history.root(asked), `${fromDay} ${ms}`)
      }
    }
  })

  it('is seen where there is nothing, or nothing yet of what is looked at', async (t) => {
    const database = await createTestDatabase(t)
    const { history, table, statements } = historyOf(database)
    const range = { fromDay: 0 as Day, leavesFrom: TODAY, untilMs: OBSERVED_AT + DAY_MS }
    assert.deepEqual(await history.see(range), { days: [], leaves: [], newestMs: undefined, reads: 1 })
    await table.write([priceRow({ observedAt: OBSERVED_AT - 3_000 * DAY_MS })])
    statements()
    const sight = await history.see(range)
    assert.deepEqual(statements(), ['root_days', 'root_days'])
    assert.equal(new HistoryLedger(range, sight).root(range), await history.root(range))
  })

  it('is seen whatever time somebody made up who owns the table', async (t) => {
    const database = await createTestDatabase(t)
    const { history, table } = historyOf(database)
    const range = { fromDay: (TODAY - 1) as Day, leavesFrom: TODAY, untilMs: OBSERVED_AT + DAY_MS }
    await database.query('ALTER TABLE prices DROP CONSTRAINT observed_time_exact')
    const times = ['-infinity', 'infinity', '294276-12-31 23:59:59.999999Z']
    const spoiled = manyRows(times.length + 1)
    await table.write(spoiled)
    await database.query('ALTER TABLE prices DISABLE TRIGGER prices_append_only')
    for (const [index, time] of times.entries()) {
      const ids = spoiled.slice(index, index + 1).map(idOf)
      await database.query('UPDATE prices SET observed_time = $2 WHERE id = ANY ($1::text[])', [ids, time])
    }
    const sight = await history.see(range)
    assert.equal(sight.leaves.length, 1)
    assert.equal(new HistoryLedger(range, sight).root(range), await history.root(range))
  })

  it('has the same days whatever time zone the database is in', async (t) => {
    const database = await createTestDatabase(t)
    const { history, table } = historyOf(database)
    await table.write([priceRow({ observedAt: OBSERVED_AT - 1 }), priceRow()])
    const days = await history.days(ALL)
    const [name] = await database.query<{ name: string }>('SELECT current_database() AS name')
    await database.query(`ALTER DATABASE ${name?.name} SET timezone = 'Pacific/Kiritimati'`)
    assert.deepEqual(await historyOf(database).history.days(ALL), days)
    assert.equal(days.length, 2)
  })

  it('is unavailable without its tables, says why, and comes when they do', async (t) => {
    const database = await createTestDatabase(t, { migrated: false })
    const { history, table } = historyOf(database)
    await assert.rejects(history.root(ALL), { name: 'TableUnavailableError', code: 'not-migrated' })
    await table.write([])
    assert.equal(await history.root(ALL), rootOf([]))
  })

  it('sees what a failed write may have left', async (t) => {
    const database = await createTestDatabase(t)
    const { history } = historyOf(database)
    const before = await history.root(ALL)
    const rows = manyRows(1)
    const table = history.keepUpWith({
      present: () => Promise.reject(new Error('unused')),
      async write() {
        await tableOf(database).write(rows)
        throw new Error('the answer did not arrive')
      },
    })
    await assert.rejects(table.write(rows))
    assert.notEqual(await history.root(ALL), before)
  })
})
