import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TableUnavailableError } from '../../src/core/price-table.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { round } from '../helpers/statements.ts'
import { type WriterAtWork, createWriterAtWork, idsOf } from '../helpers/writer-at-work.ts'

const STAGGER_MS = 500
const GATHER_MS = 20
const rows = Array.from({ length: 6 }, (_, index) => priceRow({ round: round(index) }))
const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = rows
const away = new TableUnavailableError('unreachable', 'The database is away.')

/** A writer that has started and hears; each row's turn is that of its round: 0, 1, 2 … */
async function atWork(
  options: { readonly hearing?: boolean; readonly batchSize?: number } = {},
): Promise<WriterAtWork> {
  const { hearing = true, ...rest } = options
  const work = createWriterAtWork({ ...rest, turnDelayMs: ({ statement }) => statement.round * STAGGER_MS })
  work.writer.start()
  work.writer.setHearing(hearing)
  await work.clock.advance(100)
  work.table.writes.length = 0
  return work
}

describe('a row that is left to others first', () => {
  it('is written at its turn when nobody else has, and not before', async () => {
    const { writer, table, clock } = await atWork()
    writer.enqueue(second)
    await clock.advance(STAGGER_MS)
    assert.deepEqual(table.writes, [])
    await clock.advance(GATHER_MS)
    assert.deepEqual(table.writes, [idsOf([second])])
    assert.deepEqual(table.reads, [])
    assert.equal(clock.pending, 0)
  })

  it('is written at its turn though the wall clock jumps', async () => {
    const { writer, table, clock } = await atWork()
    writer.enqueue(second)
    for (const byMs of [3_600_000, -7_200_000]) {
      clock.jumpWall(byMs)
      await clock.advance(STAGGER_MS / 2)
      assert.deepEqual(table.writes, [])
    }
    await clock.advance(GATHER_MS)
    assert.deepEqual(table.writes, [idsOf([second])])
  })

  it('is let go of without a statement when it is heard of', async () => {
    const { writer, table, clock, outcomes, counters } = await atWork()
    writer.enqueue(second)
    await clock.advance(STAGGER_MS / 2)
    writer.heard(idsOf([second, third]))
    assert.deepEqual(outcomes, [[second.attestation.id, { kind: 'present' }]])
    assert.equal(counters.count('gp_rows_total', { outcome: 'present' }), 1)
    await clock.advance(10 * STAGGER_MS)
    assert.equal(table.asked, 0)
    assert.equal(writer.depth(), 0)
    assert.equal(clock.pending, 0)
  })

  it('is let go of when it was heard of before it came', async () => {
    const { writer, table, clock, outcomes } = await atWork()
    writer.heard(idsOf([third]))
    writer.enqueue(third)
    assert.deepEqual(outcomes, [], 'whoever hands a row over is not called meanwhile')
    await clock.advance(GATHER_MS)
    assert.deepEqual(outcomes, [[third.attestation.id, { kind: 'present' }]])
    assert.equal(table.asked, 0)
  })

  it('holds up no row whose turn comes earlier', async () => {
    const { writer, table, clock } = await atWork()
    writer.enqueue(third)
    await clock.advance(100)
    writer.enqueue(first)
    await clock.advance(GATHER_MS)
    assert.deepEqual(table.writes, [idsOf([first])])
    await clock.advance(2 * STAGGER_MS - 100)
    assert.deepEqual(table.writes, [idsOf([first]), idsOf([third])])
  })

  it('shares a write with those whose turns come with it', async () => {
    const { writer, table, clock } = await atWork()
    writer.enqueue(third)
    await clock.advance(STAGGER_MS)
    writer.enqueue(second)
    await clock.advance(STAGGER_MS + GATHER_MS)
    assert.deepEqual(table.writes, [idsOf([third, second])])
  })

  it('has the outcome of its write, whatever is heard of it meanwhile', async () => {
    const { writer, table, clock, outcomes } = await atWork()
    const gate = Promise.withResolvers<void>()
    table.gate = gate.promise
    writer.enqueue(first)
    await clock.advance(GATHER_MS)
    writer.heard(idsOf([first]))
    gate.resolve()
    await clock.settle()
    assert.deepEqual(outcomes, [[first.attestation.id, { kind: 'written' }]])
  })

  it('is not written again when its write failed and it is heard of', async () => {
    const { writer, table, clock, outcomes } = await atWork()
    const gate = Promise.withResolvers<void>()
    table.gate = gate.promise
    table.fault = away
    writer.enqueue(first)
    await clock.advance(GATHER_MS)
    writer.heard(idsOf([first]))
    gate.resolve()
    await clock.settle()
    table.fault = undefined
    await clock.advance(60_000)
    assert.deepEqual(outcomes, [[first.attestation.id, { kind: 'present' }]])
    assert.equal(table.writes.flat().length, 1)
    assert.equal(writer.fault(), undefined)
  })
})

describe('a writer that cannot hear', () => {
  it('reads once, for all rows that wait, before it writes one that was left to others', async () => {
    const { writer, table, clock, outcomes } = await atWork({ hearing: false })
    for (const row of rows.slice(1)) writer.enqueue(row)
    table.rows.add(second.attestation.id).add(third.attestation.id)
    await clock.advance(STAGGER_MS + GATHER_MS)
    assert.deepEqual(table.reads, [idsOf(rows.slice(1))])
    assert.deepEqual(table.writes, [])
    assert.deepEqual(
      outcomes.map(([id]) => id),
      idsOf([second, third]),
    )
    await clock.advance(2 * STAGGER_MS)
    assert.equal(table.reads.length, 2)
    assert.deepEqual(table.writes, [idsOf(rows.slice(3, 4))])
  })

  it('writes what is its own before all others without a read', async () => {
    const { writer, table, clock } = await atWork({ hearing: false })
    writer.enqueue(first)
    await clock.advance(GATHER_MS)
    assert.deepEqual([table.reads, table.writes], [[], [idsOf([first])]])
  })

  it('reads once when it hears again, at once, and writes the rest at its turn', async () => {
    const { writer, table, clock, outcomes } = await atWork()
    for (const row of [second, third]) writer.enqueue(row)
    writer.setHearing(false)
    await clock.advance(100)
    table.rows.add(second.attestation.id)
    writer.setHearing(true)
    await clock.settle()
    assert.deepEqual(table.reads, [idsOf([second, third])])
    assert.deepEqual(outcomes, [[second.attestation.id, { kind: 'present' }]])
    await clock.advance(2 * STAGGER_MS - 100 + GATHER_MS)
    assert.deepEqual([table.reads.length, table.writes], [1, [idsOf([third])]])
  })

  it('reads nothing when it hears again and nothing waits', async () => {
    const { writer, table, clock } = await atWork({ hearing: false })
    writer.setHearing(true)
    await clock.advance(60_000)
    assert.equal(table.asked, 0)
    assert.equal(clock.pending, 0)
  })
})

describe('after an outage', () => {
  it('one read shows what others wrote meanwhile, and turns count from then', async () => {
    const { writer, table, clock, outcomes } = await atWork()
    table.fault = away
    for (const row of rows) writer.enqueue(row)
    await clock.advance(60_000)
    const { writes, reads } = table
    writes.length = 0
    assert.deepEqual(outcomes, [])
    table.fault = undefined
    table.rows.add(second.attestation.id)
    const failed = reads.length
    while (reads.length === failed) await clock.advance(1)
    assert.deepEqual(reads.slice(failed), [idsOf(rows)])
    await clock.advance(GATHER_MS)
    assert.deepEqual(writes, [idsOf([first])])
    assert.equal(writer.fault(), undefined)
    await clock.advance(2 * STAGGER_MS - GATHER_MS)
    assert.equal(writes.length, 1)
    await clock.advance(GATHER_MS)
    assert.deepEqual(writes.slice(1), [idsOf([third])])
    assert.deepEqual(outcomes[0], [second.attestation.id, { kind: 'present' }])
    assert.equal(reads.length, failed + 1)
  })

  it('it is over when others have written all', async () => {
    const { writer, table, clock, logger } = await atWork()
    table.fault = away
    writer.enqueue(first)
    await clock.advance(60_000)
    table.fault = undefined
    table.rows.add(first.attestation.id)
    await clock.advance(15_000)
    assert.equal(writer.depth(), 0)
    assert.equal(writer.fault(), undefined)
    assert.deepEqual(logger.at('info'), ['the table takes rows again'])
    assert.equal(clock.pending, 0)
  })

  it('it is not over before a write has succeeded, however often reads do', async () => {
    const { writer, table, clock, logger } = await atWork()
    table.present = async () => new Set()
    table.fault = new TableUnavailableError('no-permission', 'The role lacks a right.')
    writer.enqueue(first)
    await clock.advance(10 * 60_000)
    assert.deepEqual(logger.at('info'), [])
    assert.equal(writer.fault(), 'The role lacks a right.')
    const warnings = logger.at('warn').length
    assert.ok(warnings <= 11, `${warnings} warnings in ten minutes`)
    table.fault = undefined
    await clock.advance(60_000)
    assert.equal(writer.depth(), 0)
  })
})

describe('whatever waits for its turn', () => {
  it('is written at once on stop', async () => {
    const { writer, table, clock } = await atWork({ batchSize: 4 })
    for (const row of rows) writer.enqueue(row)
    await clock.advance(GATHER_MS)
    await writer.stop()
    assert.deepEqual(table.writes, [idsOf([first]), idsOf(rows.slice(1, 5)), idsOf(rows.slice(5))])
    assert.deepEqual(table.reads, [])
    assert.equal(clock.pending, 0)
  })

  it('is written at once on stop when the table has come back and its turn has not', async () => {
    const { writer, table, clock } = await atWork()
    table.fault = away
    for (const row of [second, third]) writer.enqueue(row)
    await clock.advance(10_000)
    table.fault = undefined
    const { reads } = table
    const failed = reads.length
    while (reads.length === failed) await clock.advance(1)
    await writer.stop()
    assert.equal(writer.depth(), 0)
  })

  it('is written at once by flush', async () => {
    const { writer, table, clock } = await atWork()
    writer.enqueue(third)
    await clock.advance(100)
    const before = clock.now().monoMs
    await writer.flush(new AbortController().signal)
    assert.equal(clock.now().monoMs, before)
    assert.deepEqual(table.writes, [idsOf([third])])
    writer.enqueue(second)
    await clock.advance(STAGGER_MS)
    assert.equal(table.writes.length, 1, 'the next row waits for its turn again')
  })
})
