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

function auditOf(t: TestContext, source: RowsInMemory, options: TableAuditOptions = {}) {
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

  it('looks at what was added before it goes on, also in a block that had room', async (t) => {
    const source = new RowsInMemory()
    source.add(falseRow())
    for (let block = 0; block < 99; block++) source.add(...Array.from({ length: 10 }, () => trueRow()))
    const { audit, clock, found } = auditOf(t, source, { rowsPerSecond: 20, lookEveryMs: MINUTE_MS })
    const places = (): string[] => found.map(({ row }) => row.place)
    audit.start()
    await clock.advance(1_000)
    source.fill(falseRow({ place: '(99,11)' }))
    source.add(falseRow())
    await clock.advance(20_000)
    assert.deepEqual(places(), ['(100,1)', '(99,11)'])
    assert.ok(audit.judged < 500)
    await clock.advance(MINUTE_MS)
    source.fill(falseRow({ place: '(100,2)' }))
    await clock.advance(2 * MINUTE_MS)
    assert.deepEqual(places().slice(2), ['(0,1)', '(100,2)'])
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

  it('goes on where another one was, and begins anew with another table', async (t) => {
    const source = rowsInBlocks(64, 1)
    const first = auditOf(t, source, { rowsPerSecond: 10 })
    first.audit.start()
    await first.clock.advance(3_900)
    await first.audit.stop()
    assert.equal(first.audit.judged, 32 + 8)
    const resume = JSON.parse(JSON.stringify(first.audit.position))
    const second = auditOf(t, source, { rowsPerSecond: 10, resume })
    second.audit.start()
    await second.clock.advance(MINUTE_MS)
    assert.equal(second.audit.judged, 32)
    source.clear()
    source.add(trueRow(), trueRow())
    const third = auditOf(t, source, { resume })
    third.audit.start()
    await third.clock.advance(1_000)
    assert.equal(third.audit.judged, 2)
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

  it('costs an idle database a few statements an hour', async (t) => {
    const source = rowsInBlocks(2, 10)
    const { audit, clock } = auditOf(t, source)
    audit.start()
    await clock.advance(HOUR_MS)
    source.asked.length = 0
    await clock.advance(HOUR_MS)
    assert.ok(source.asked.length <= 18, `${source.asked.length} statements`)
  })
})
