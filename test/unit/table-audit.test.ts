import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { loadSecp256k1 } from '../../src/core/load-secp256k1.ts'
import { TableUnavailableError } from '../../src/core/price-table.ts'
import type { RawRow } from '../../src/core/raw-row.ts'
import type { FalseRow } from '../../src/core/row-fault.ts'
import { TableAudit, type TableAuditOptions } from '../../src/verify/audit.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { attestFast, rawRow } from '../helpers/raw-rows.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { RowsInMemory } from '../helpers/rows-in-memory.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, statement } from '../helpers/statements.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let made = 0
function trueRow(changes: Partial<RawRow> = {}): RawRow {
  const observedAt = OBSERVED_AT + INTERVAL_MS * made++
  return rawRow(attestFast(statement({ observedAt }), alice, bob, carol), changes)
}

function falseRow(changes: Partial<RawRow> = {}): RawRow {
  return trueRow({ price: '1.000000000000000000', ...changes })
}

function auditOf(
  t: TestContext,
  source: RowsInMemory,
  { announces = false, ...options }: TableAuditOptions & { announces?: boolean } = {},
) {
  const clock = new ManualClock()
  const found: FalseRow[] = []
  const logger = new RecordingLogger()
  const audit = new TableAudit(
    {
      clock,
      random: () => 0,
      logger,
      curve: loadSecp256k1().curve,
      source,
      onFalse: (each) => found.push(each),
      announce: announces ? ({ alarm }) => (alarm ? 'alarm' : 'look') : undefined,
    },
    options,
  )
  t.after(async () => {
    await audit.stop()
    assert.equal(clock.pending, 0)
  })
  return { audit, clock, found, logger, codes: () => found.map(({ faults }) => faults[0]?.code) }
}

/** Blocks of which each has so many rows. */
function rowsInBlocks(count: number, each: number): RowsInMemory {
  const source = new RowsInMemory()
  for (let block = 0; block < count; block++) source.add(...Array.from({ length: each }, () => trueRow()))
  return source
}

describe('the audit of a running node', () => {
  it('judges so many rows a second and no more', async (t) => {
    const source = rowsInBlocks(20, 10)
    const { audit, clock } = auditOf(t, source, { rowsPerSecond: 10 })
    audit.start()
    await clock.advance(10_000)
    assert.ok(audit.judged >= 96 && audit.judged <= 108, `${audit.judged} rows in 10 s`)
    await clock.advance(11_000)
    assert.equal(audit.judged, 200)
    const reads = source.asked.filter((what) => what.startsWith('read'))
    assert.equal(reads.length, 1)
  })

  it('finds false rows, the newest first, and tells of each once', async (t) => {
    const source = new RowsInMemory()
    const [oldest] = source.add(falseRow(), trueRow())
    for (let block = 0; block < 40; block++) source.add(trueRow())
    const [older, newest] = source.add(falseRow(), falseRow(), trueRow())
    const { audit, clock, found, logger } = auditOf(t, source, { passEveryMs: HOUR_MS })
    audit.start()
    await clock.advance(3 * HOUR_MS)
    assert.equal(logger.at('error').length, 3)
    assert.match(logger.at('error')[0] ?? '', /^FALSE ROW in table prices: the columns have the digest 0x/)
    assert.deepEqual(
      found.map(({ row }) => row.place),
      [newest?.place, older?.place, oldest?.place],
    )
    assert.ok(audit.judged >= 3 * 45)
  })

  it('finds what is added or changed within a minute, also while it goes through a large table', async (t) => {
    const source = new RowsInMemory()
    source.add(falseRow())
    const [row] = source.add(...Array.from({ length: 10 }, () => trueRow()))
    for (let block = 0; block < 298; block++) source.add(...Array.from({ length: 10 }, () => trueRow()))
    const { audit, clock, found } = auditOf(t, source)
    const places = (): string[] => found.map((each) => each.row.place)
    audit.start()
    await clock.advance(1_000)
    source.fill(falseRow({ place: '(299,11)' }))
    source.add(falseRow())
    source.change(row ?? assert.fail(), { price: '2.000000000000000000' })
    await clock.advance(MINUTE_MS + 20_000)
    assert.deepEqual(places(), ['(1,1)', '(300,1)', '(299,11)'])
    assert.ok(audit.judged < 2_000)
    await clock.advance(2 * MINUTE_MS)
    assert.deepEqual(places().slice(3), ['(0,1)'])
    source.fill(falseRow({ place: '(300,2)' }))
    await clock.advance(MINUTE_MS + 1_000)
    assert.deepEqual(places().slice(4), ['(300,2)'])
  })

  it('judges all that is added, also when that is more than one look takes', async (t) => {
    const source = rowsInBlocks(2, 10)
    const { audit, clock, found } = auditOf(t, source)
    audit.start()
    await clock.advance(10_000)
    source.add(falseRow())
    for (let block = 0; block < 80; block++) source.add(...Array.from({ length: 10 }, () => trueRow()))
    await clock.advance(5 * MINUTE_MS)
    assert.equal(found.length, 1)
  })

  it('reads nothing a second time when a look has found all that was added', async (t) => {
    const source = rowsInBlocks(2, 10)
    const { audit, clock } = auditOf(t, source)
    audit.start()
    await clock.advance(10_000)
    source.asked.length = 0
    source.add(trueRow(), trueRow())
    await clock.advance(MINUTE_MS)
    assert.deepEqual(source.asked, ['changes'])
    assert.equal(audit.judged, 22)
    await clock.advance(10 * MINUTE_MS)
    assert.deepEqual(
      source.asked.filter((what) => what !== 'changes'),
      ['clashes'],
    )
  })

  it('finds equivocations that are false, and rows that clash with others, in each pass', async (t) => {
    const source = new RowsInMemory()
    source.add(trueRow())
    const { audit, clock, codes } = auditOf(t, source, { passEveryMs: HOUR_MS })
    audit.start()
    await clock.advance(MINUTE_MS)
    assert.deepEqual(codes(), [])
    source.add(falseRow({ table: 'equivocations' }))
    source.clashing = [{ row: { table: 'prices', place: '(0,1)', id: null }, code: 'slot-taken' }]
    await clock.advance(2 * HOUR_MS)
    assert.deepEqual(new Set(codes()), new Set(['slot-taken', 'wrong-id']))
  })

  it('judges against the signers that the node trusts', async (t) => {
    const source = new RowsInMemory()
    source.add(trueRow())
    const { audit, clock, codes } = auditOf(t, source, { expected: { network: 'test-network', threshold: 4 } })
    audit.start()
    await clock.advance(MINUTE_MS)
    assert.deepEqual(codes(), ['below-threshold'])
  })

  it('waits while the database is away, and goes on where it was', async (t) => {
    const source = rowsInBlocks(64, 10)
    const { audit, clock, found } = auditOf(t, source, { rowsPerSecond: 10 })
    audit.start()
    await clock.advance(20_000)
    source.away = true
    await clock.advance(HOUR_MS)
    const judged = audit.judged
    assert.equal(judged, 320)
    source.away = false
    await clock.advance(2 * MINUTE_MS)
    assert.equal(audit.judged, 640)
    assert.deepEqual(found, [])
    assert.deepEqual(
      source.asked.filter((what) => what.startsWith('read')),
      ['read prices 32-64', 'read prices 0-32'],
    )
  })

  it('says once what somebody has to mend before it can go on', async (t) => {
    const source = rowsInBlocks(1, 1)
    const { audit, clock, logger } = auditOf(t, source)
    source.away = true
    audit.start()
    await clock.advance(HOUR_MS)
    assert.deepEqual(logger.at('warn'), [])
    source.failure = new TableUnavailableError('no-permission', 'The role lacks a right.')
    await clock.advance(HOUR_MS)
    assert.deepEqual(logger.at('warn'), ['the table is not audited: The role lacks a right.'])
  })

  it('begins anew when the table has become another one', async (t) => {
    const source = rowsInBlocks(5, 1)
    const { audit, clock, found } = auditOf(t, source, { lookEveryMs: MINUTE_MS })
    audit.start()
    await clock.advance(MINUTE_MS)
    source.clear()
    source.add(falseRow())
    source.add(trueRow())
    await clock.advance(2 * MINUTE_MS)
    assert.equal(found.length, 1)
  })

  it('leaves looking to others that look into the same database, but not for long', async (t) => {
    const source = rowsInBlocks(1, 1)
    const { audit, clock } = auditOf(t, source, { announces: true })
    audit.start()
    for (let second = 0; second < 29 * 60; second += 30) {
      await clock.advance(30_000)
      audit.othersLooked({ alarm: false })
    }
    assert.equal(source.announced.length, 3)
    assert.deepEqual(new Set(source.announced), new Set(['look']))
  })

  it('looks soon when there is a reason to, and tells others when it found something', async (t) => {
    const source = rowsInBlocks(1, 1)
    const { audit, clock, found } = auditOf(t, source, { announces: true })
    audit.start()
    await clock.advance(30_000)
    source.fill(falseRow({ place: '(0,2)' }))
    audit.ask()
    await clock.advance(1_000)
    assert.equal(found.length, 1)
    await clock.advance(MINUTE_MS)
    assert.deepEqual(source.announced.slice(0, 3), ['look', 'look', 'alarm'])
    const other = auditOf(t, source, { announces: true })
    other.audit.start()
    await other.clock.advance(30_000)
    source.fill(falseRow({ place: '(0,3)' }))
    other.audit.othersLooked({ alarm: true })
    // What a third one sees is not what this one sees.
    other.audit.othersLooked({ alarm: false })
    await other.clock.advance(11_000)
    assert.equal(other.found.length, 2)
  })

  it('does not flood the log: what is beyond a hundred lines is counted', async (t) => {
    const source = new RowsInMemory()
    for (let block = 0; block < 15; block++) source.add(...Array.from({ length: 10 }, () => falseRow()))
    const { audit, clock, found, logger } = auditOf(t, source)
    audit.start()
    await clock.advance(MINUTE_MS)
    assert.equal(found.length, 150)
    assert.equal(logger.at('error').length, 101)
    assert.match(logger.at('error').at(-1) ?? '', /^FALSE ROWS: 100 were found/)
  })

  it('does not wait for an answer when it is stopped', async (t) => {
    const source = rowsInBlocks(1, 1)
    source.read = () => new Promise(() => undefined)
    const { audit, clock, logger } = auditOf(t, source)
    audit.start()
    await clock.settle()
    await audit.stop()
    assert.deepEqual(logger.lines, [])
  })

  it('asks nothing more after it was stopped, twice or before it began', async (t) => {
    const source = rowsInBlocks(3, 100)
    const { audit, clock } = auditOf(t, source, { rowsPerSecond: 1 })
    audit.start()
    audit.start()
    await clock.advance(10_000)
    await audit.stop()
    await audit.stop()
    const asked = source.asked.length
    await clock.advance(HOUR_MS)
    assert.equal(source.asked.length, asked)
    await auditOf(t, source).audit.stop()
  })

  it('costs an idle database a statement a minute', async (t) => {
    const source = rowsInBlocks(2, 10)
    const { audit, clock } = auditOf(t, source)
    audit.start()
    await clock.advance(HOUR_MS)
    source.asked.length = 0
    await clock.advance(HOUR_MS)
    assert.ok(source.asked.length <= 60, `${source.asked.length} statements`)
  })
})
