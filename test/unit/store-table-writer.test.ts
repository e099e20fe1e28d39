import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TableUnavailableError } from '../../src/core/price-table.ts'
import { IntervalMismatchError } from '../../src/store/interval-mismatch-error.ts'
import { createTableWriter } from '../../src/store/table-writer.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { round } from '../helpers/statements.ts'
import { createWriterAtWork, idsOf } from '../helpers/writer-at-work.ts'

const MINUTE_MS = 60_000

const rows = Array.from({ length: 6 }, (_, index) => priceRow({ round: round(index) }))
const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = rows
const away = (reason = 'The database is away.'): TableUnavailableError =>
  new TableUnavailableError('unreachable', reason)

describe('a table writer', () => {
  it('writes rows that come together in one go, and tells what became of each', async () => {
    const { writer, table, clock, outcomes, counters } = createWriterAtWork()
    writer.start()
    for (const row of [first, second, first]) writer.enqueue(row)
    assert.equal(writer.depth(), 2)
    await clock.advance(100)
    assert.deepEqual(table.writes, [idsOf([first, second])])
    assert.deepEqual(outcomes, [
      [first.attestation.id, { kind: 'written' }],
      [second.attestation.id, { kind: 'written' }],
    ])
    assert.equal(writer.depth(), 0)
    assert.equal(counters.count('gp_rows_total', { outcome: 'written' }), 2)
    assert.equal(clock.pending, 0)
  })

  it('counts a conflict when another writer was first, and none when it only hears of a row', async () => {
    const { writer, table, clock, counters } = createWriterAtWork({ turnDelayMs: () => 50 })
    table.outcomes.set(first.attestation.id, { kind: 'present' })
    table.outcomes.set(second.attestation.id, { kind: 'slot-taken' })
    writer.start()
    writer.setHearing(true)
    for (const row of [first, second, third]) writer.enqueue(row)
    writer.heard([third.attestation.id])
    await clock.advance(1_000)
    assert.deepEqual(table.writes.flat(), idsOf([first, second]))
    assert.equal(counters.count('gp_rows_total', { outcome: 'present' }), 2)
    assert.equal(counters.count('gp_commit_conflicts_total', { outcome: 'present' }), 1)
    assert.equal(counters.count('gp_commit_conflicts_total', { outcome: 'slot-taken' }), 1)
  })

  it('knows how long a row is owed that an earlier process left', async () => {
    const { writer, clock } = createWriterAtWork()
    assert.equal(writer.oldestMs(), undefined)
    await clock.advance(MINUTE_MS)
    const { wallMs } = clock.now()
    writer.enqueue({ ...first, lastSignedAtMs: wallMs - 30_000 })
    assert.equal(writer.oldestMs(), 0)
    writer.enqueue({ ...second, lastSignedAtMs: wallMs - 60 * MINUTE_MS })
    // A clock that was set back meanwhile makes no row younger than none.
    writer.enqueue({ ...third, lastSignedAtMs: wallMs + MINUTE_MS })
    await clock.advance(MINUTE_MS)
    assert.equal(writer.oldestMs(), 61 * MINUTE_MS)
  })

  it('writes no more than a batch at once, in the order in which rows came', async () => {
    const { writer, table, clock } = createWriterAtWork({ batchSize: 4 })
    for (const row of rows) writer.enqueue(row)
    writer.start()
    await clock.advance(100)
    assert.deepEqual(table.writes, [idsOf(rows.slice(0, 4)), idsOf(rows.slice(4))])
  })

  it('writes nothing before it is started', async () => {
    const { writer, table, clock } = createWriterAtWork()
    writer.enqueue(first)
    await clock.advance(MINUTE_MS)
    assert.deepEqual(table.writes, [])
    writer.start()
    writer.start()
    await clock.advance(100)
    assert.deepEqual(table.writes, [idsOf([first])])
  })

  it('asks the table at the start whether it could, so that a wrong password is told before a row is due', async () => {
    const { writer, table, clock, logger } = createWriterAtWork()
    table.fault = new TableUnavailableError('wrong-password', 'The password is wrong.')
    writer.start()
    await clock.advance(100)
    assert.deepEqual(table.writes, [[]])
    assert.equal(logger.at('warn').length, 1)
    table.fault = undefined
    await clock.advance(MINUTE_MS)
    assert.equal(writer.fault(), undefined)
    assert.equal(table.writes.length, 2)
  })

  it('takes rows while it writes, and writes them next', async () => {
    const { writer, table, clock } = createWriterAtWork()
    const gate = Promise.withResolvers<void>()
    table.gate = gate.promise
    writer.start()
    writer.enqueue(first)
    await clock.advance(100)
    writer.enqueue(second)
    writer.enqueue(first)
    assert.equal(writer.depth(), 2)
    gate.resolve()
    await clock.advance(100)
    assert.deepEqual(table.writes, [idsOf([first]), idsOf([second])])
  })

  it('reports a refused row as an error and lets go of it', async () => {
    const { writer, table, clock, outcomes, logger } = createWriterAtWork()
    table.outcomes.set(first.attestation.id, { kind: 'refused', reason: 'price_range' })
    writer.start()
    for (const row of [first, second]) writer.enqueue(row)
    await clock.advance(MINUTE_MS)
    assert.equal(table.writes.length, 1)
    assert.deepEqual(
      outcomes.map(([, { kind }]) => kind),
      ['refused', 'written'],
    )
    assert.equal(logger.at('error').length, 1)
    assert.equal(logger.lines.find(({ level }) => level === 'error')?.facts['reason'], 'price_range')
  })

  it('survives those who follow it', async () => {
    const { table, clock, logger, counters, fatal } = createWriterAtWork()
    const writer = createTableWriter({
      table,
      clock,
      logger,
      counters,
      random: () => 0,
      onFatal: (error) => fatal.push(error),
      onOutcome: () => {
        throw new Error('a follower fails')
      },
    })
    writer.start()
    for (const row of [first, second]) writer.enqueue(row)
    await clock.advance(100)
    assert.equal(writer.depth(), 0)
    assert.equal(logger.at('error').length, 2)
  })
})

describe('while the table is away', () => {
  it('rows wait, attempts come at growing intervals up to 15 s, and all is written when it is back', async () => {
    const { writer, table, clock, outcomes } = createWriterAtWork()
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    const attemptsAt: number[] = []
    const startedMs = clock.now().monoMs
    for (let elapsed = 0; elapsed < 90_000; elapsed += 10) {
      const before = table.asked
      await clock.advance(10)
      if (table.asked > before) attemptsAt.push(clock.now().monoMs - startedMs)
    }
    const gaps = attemptsAt.slice(1).map((at, index) => at - (attemptsAt[index] ?? 0))
    assert.deepEqual(gaps, [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 15_000])
    assert.deepEqual(outcomes, [])
    writer.enqueue(second)
    table.fault = undefined
    await clock.advance(15_000)
    assert.deepEqual(table.writes.at(-1), idsOf([first, second]))
    assert.equal(outcomes.length, 2)
    assert.equal(clock.pending, 0)
  })

  it('half of each interval is drawn at random', async () => {
    const { writer, table, clock } = createWriterAtWork({ random: () => 0 })
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    await clock.advance(20)
    assert.equal(clock.nextInMs, 250)
    await clock.advance(250)
    assert.equal(clock.nextInMs, 500)
  })

  it('the interval starts small again after every success', async () => {
    const { writer, table, clock } = createWriterAtWork()
    writer.start()
    for (const row of [first, second]) {
      table.fault = away()
      writer.enqueue(row)
      await clock.advance(MINUTE_MS)
      table.fault = undefined
      await clock.advance(MINUTE_MS)
    }
    table.fault = away()
    writer.enqueue(third)
    await clock.advance(20)
    assert.equal(clock.nextInMs, 500)
  })

  it('the operator hears of it once, is reminded each minute, and hears when it is over', async () => {
    const { writer, table, clock, logger, counters } = createWriterAtWork()
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    await clock.advance(MINUTE_MS / 2)
    assert.deepEqual(logger.at('warn'), ['The database is away. Rows wait until then.'])
    assert.equal(writer.fault(), 'The database is away.')
    await clock.advance(5 * MINUTE_MS)
    const reminders = logger.at('warn').length - 1
    assert.ok(reminders >= 4 && reminders <= 5, `${reminders} reminders in five minutes`)
    assert.ok(counters.count('gp_table_failures_total', { code: 'unreachable' }) > 20)
    assert.deepEqual(logger.at('info'), [])
    table.fault = undefined
    await clock.advance(15_000)
    assert.deepEqual(logger.at('info'), ['the table takes rows again'])
    assert.equal(writer.fault(), undefined)
  })

  it('another reason is news', async () => {
    const { writer, table, clock, logger } = createWriterAtWork()
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    await clock.advance(100)
    table.fault = away('The password is wrong.')
    await clock.advance(1_000)
    assert.equal(logger.at('warn').length, 2)
  })

  it('an error that nobody foresaw is an error in the log, and tried again all the same', async () => {
    const { writer, table, clock, logger, outcomes } = createWriterAtWork()
    table.fault = new TypeError('a mistake of ours')
    writer.start()
    writer.enqueue(first)
    await clock.advance(100)
    assert.equal(logger.at('error').length, 1)
    table.fault = undefined
    await clock.advance(1_000)
    assert.equal(outcomes.length, 1)
  })
})

describe('flush', () => {
  it('tries at once instead of at the next retry, and resolves when nothing waits', async () => {
    const { writer, table, clock } = createWriterAtWork()
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    await clock.advance(10_000)
    table.fault = undefined
    const before = clock.now().monoMs
    await writer.flush(new AbortController().signal)
    assert.equal(clock.now().monoMs, before)
    assert.equal(writer.depth(), 0)
  })

  it('gives up when its signal says so', async () => {
    const { writer, table, clock } = createWriterAtWork()
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    await clock.advance(100)
    const deadline = new AbortController()
    const flushing = writer.flush(deadline.signal)
    await clock.settle()
    deadline.abort()
    await flushing
    assert.equal(writer.depth(), 1)
    await writer.stop()
  })

  it('has nothing to wait for when nothing waits', async () => {
    const { writer } = createWriterAtWork()
    writer.start()
    await writer.flush(new AbortController().signal)
  })
})

describe('stop', () => {
  it('writes what waits first', async () => {
    const { writer, table, clock } = createWriterAtWork({ batchSize: 4 })
    writer.start()
    for (const row of rows) writer.enqueue(row)
    await Promise.all([writer.stop(), writer.stop()])
    assert.equal(table.writes.flat().length, rows.length)
    assert.equal(clock.pending, 0)
  })

  it('waits for the write that runs', async () => {
    const { writer, table, clock } = createWriterAtWork()
    const gate = Promise.withResolvers<void>()
    table.gate = gate.promise
    writer.start()
    writer.enqueue(first)
    await clock.advance(100)
    let stopped = false
    const stopping = writer.stop().then(() => (stopped = true))
    await clock.settle()
    assert.equal(stopped, false)
    gate.resolve()
    await stopping
    assert.equal(writer.depth(), 0)
  })

  it('waits three seconds for a table that does not answer, and tells nobody what that does later', async () => {
    const { writer, table, clock, logger, outcomes } = createWriterAtWork()
    const gate = Promise.withResolvers<void>()
    table.gate = gate.promise
    writer.start()
    writer.enqueue(first)
    await clock.advance(100)
    let stopped = false
    const stopping = writer.stop().then(() => (stopped = true))
    await clock.advance(2_999)
    assert.equal(stopped, false)
    await clock.advance(1)
    await stopping
    assert.match(logger.at('info').at(-1) ?? '', /^stopped with rows that are not in the table; they are on the disk/)
    gate.resolve()
    await clock.advance(MINUTE_MS)
    assert.deepEqual([outcomes, table.asked, clock.pending], [[], 1, 0])
  })

  it('says nothing of a write that fails when it is not waited for any more', async () => {
    const { writer, table, clock, logger } = createWriterAtWork()
    const gate = Promise.withResolvers<void>()
    table.gate = gate.promise
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    await clock.advance(100)
    const stopping = writer.stop()
    await clock.advance(3_000)
    await stopping
    gate.resolve()
    await clock.advance(MINUTE_MS)
    assert.deepEqual(logger.at('warn'), [])
    assert.equal(clock.pending, 0)
  })

  it('does not wait for a table that is away, and says what is left', async () => {
    const { writer, table, clock, logger } = createWriterAtWork()
    table.fault = away()
    writer.start()
    writer.enqueue(first)
    await clock.advance(10_000)
    const attempts = table.asked
    await writer.stop()
    assert.equal(table.asked, attempts)
    assert.match(logger.at('info').at(-1) ?? '', /^stopped with rows that are not in the table; they are on the disk/)
    writer.enqueue(second)
    await clock.advance(MINUTE_MS)
    assert.equal(table.asked, attempts)
    assert.equal(clock.pending, 0)
  })
})

it('a table that must not be written ends the writer, and is reported once', async () => {
  const { writer, table, clock, fatal, outcomes, logger } = createWriterAtWork()
  const mismatch = {
    network: 'test-network',
    intervalMs: 60_000,
    tableIntervalMs: 600_000,
    database: 'postgres@db/prices',
  }
  table.fault = new IntervalMismatchError(mismatch)
  writer.start()
  writer.enqueue(first)
  await clock.advance(MINUTE_MS)
  writer.enqueue(second)
  await clock.advance(MINUTE_MS)
  assert.deepEqual(fatal, [table.fault])
  assert.equal(table.writes.length, 1)
  assert.deepEqual(outcomes, [])
  assert.match(writer.fault() ?? '', /set GP_FETCHPRICEINTERVAL to 600, or choose another GP_NETWORK/)
  assert.equal(logger.at('error').length, 1)
  await writer.stop()
  assert.equal(clock.pending, 0)
})
