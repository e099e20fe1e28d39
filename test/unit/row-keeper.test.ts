import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RETRY_MS, RowKeeper } from '../../src/consensus/row-keeper.ts'
import type { PriceRow } from '../../src/core/price-table.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { OutboxInMemory } from '../helpers/outbox-in-memory.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { alice, bob, carol, dave, round } from '../helpers/statements.ts'

const rows = Array.from({ length: 3 }, (_, index) => priceRow({ round: round(index) }))
const [first = assert.fail(), second = assert.fail(), third = assert.fail()] = rows
const grown = priceRow({ round: round(0) }, [alice, bob, carol, dave])
const idOf = ({ attestation }: PriceRow) => attestation.id
const MINUTE_MS = 60_000

function createKeeper() {
  const parts = {
    outbox: new OutboxInMemory(),
    clock: new ManualClock(),
    logger: new RecordingLogger(),
    counters: new RecordingCounters(),
  }
  return { ...parts, keeper: new RowKeeper(parts) }
}

const FULL = new Error('database or disk is full')

describe('rows to be kept', () => {
  it('that come in one turn share one write, with what is let go of', async () => {
    const { keeper, outbox, clock } = createKeeper()
    for (const row of [first, second, grown]) keeper.keep(row)
    keeper.settle(idOf(third), { kind: 'present' })
    assert.deepEqual(outbox.writes, [])
    await clock.advance(0)
    assert.deepEqual(outbox.writes, [{ keep: [grown, second], release: [idOf(third)], park: new Map() }])
    assert.equal(clock.pending, 0)
  })

  it('are on the disk at once when they must be, and nothing is written twice', async () => {
    const { keeper, outbox, clock } = createKeeper()
    keeper.flush()
    keeper.keep(first)
    keeper.flush()
    assert.deepEqual(outbox.waiting(), [first])
    keeper.flush()
    await clock.advance(MINUTE_MS)
    assert.equal(outbox.writes.length, 1)
    keeper.keep(grown)
    await clock.advance(0)
    assert.deepEqual(outbox.waiting(), [grown])
  })
})

describe('what the table has answered for', () => {
  for (const kind of ['written', 'present', 'slot-taken'] as const) {
    it(`leaves the disk: ${kind}`, async () => {
      const { keeper, outbox, clock } = createKeeper()
      keeper.keep(first)
      await clock.advance(0)
      keeper.settle(idOf(first), { kind })
      await clock.advance(0)
      assert.deepEqual([outbox.waiting(), outbox.parked()], [[], 0])
    })
  }

  it('is not written after all when the answer comes first', async () => {
    const { keeper, outbox, clock } = createKeeper()
    keeper.keep(first)
    keeper.settle(idOf(first), { kind: 'written' })
    await clock.advance(0)
    assert.deepEqual(outbox.writes, [{ keep: [], release: [idOf(first)], park: new Map() }])
  })

  it('is kept again when it comes again', async () => {
    const { keeper, outbox, clock } = createKeeper()
    keeper.settle(idOf(first), { kind: 'present' })
    keeper.keep(first)
    await clock.advance(0)
    assert.deepEqual(outbox.waiting(), [first])
  })

  it('stays apart with the reason when it is refused, and is counted', async () => {
    const { keeper, outbox, clock, counters } = createKeeper()
    keeper.keep(first)
    keeper.settle(idOf(first), { kind: 'refused', reason: 'price_range' })
    await clock.advance(0)
    assert.deepEqual(outbox.waiting(), [])
    assert.deepEqual([...outbox.reasons], [[idOf(first), 'price_range']])
    assert.equal(counters.count('gp_outbox_parked_total'), 1)
  })
})

describe('a disk that takes nothing', () => {
  it('is an error that says what to do, counted, and tried again until it takes everything', async () => {
    const { keeper, outbox, clock, logger, counters } = createKeeper()
    outbox.refuses = FULL
    keeper.keep(first)
    keeper.flush()
    assert.match(
      logger.at('error').join('\n'),
      /^rows that wait .+ memory alone: .+; free some space or mend GP_DATADIR/,
    )
    assert.equal(counters.count('gp_outbox_failures_total'), 1)
    await clock.advance(RETRY_MS - 1)
    assert.equal(counters.count('gp_outbox_failures_total'), 1)
    await clock.advance(1)
    assert.equal(counters.count('gp_outbox_failures_total'), 2)
    assert.equal(logger.at('error').length, 1)
    outbox.refuses = undefined
    await clock.advance(RETRY_MS)
    assert.deepEqual(outbox.waiting(), [first])
    assert.deepEqual(logger.at('info'), ['the disk takes rows again'])
    assert.equal(clock.pending, 0)
  })

  it('is asked again with whatever comes next, and not by those who only wait', async () => {
    const { keeper, outbox, clock, counters } = createKeeper()
    outbox.refuses = FULL
    keeper.keep(first)
    keeper.flush()
    keeper.flush()
    assert.equal(counters.count('gp_outbox_failures_total'), 1)
    outbox.refuses = undefined
    keeper.keep(second)
    await clock.advance(0)
    assert.deepEqual(outbox.waiting(), [first, second])
    assert.equal(clock.pending, 0)
  })

  it('is told of once a minute', async () => {
    const { keeper, outbox, clock, logger } = createKeeper()
    outbox.refuses = FULL
    keeper.keep(first)
    await clock.advance(3 * MINUTE_MS)
    assert.equal(logger.at('error').length, 4)
  })

  it('has nothing to take once the table has the row', async () => {
    const { keeper, outbox, clock } = createKeeper()
    outbox.refuses = FULL
    keeper.keep(first)
    keeper.flush()
    keeper.settle(idOf(first), { kind: 'written' })
    outbox.refuses = undefined
    await clock.advance(RETRY_MS)
    assert.deepEqual(outbox.waiting(), [])
  })
})

describe('stopping', () => {
  it('writes what is left, once, and leaves no timer', () => {
    const { keeper, outbox, clock, logger } = createKeeper()
    keeper.keep(first)
    keeper.stop()
    keeper.stop()
    assert.deepEqual(outbox.waiting(), [first])
    assert.equal(outbox.writes.length, 1)
    assert.equal(clock.pending, 0)
    assert.deepEqual(logger.lines, [])
  })

  it('tries a disk that took nothing once more, and says what is lost', () => {
    const { keeper, outbox, clock, logger } = createKeeper()
    outbox.refuses = FULL
    keeper.keep(first)
    keeper.flush()
    keeper.stop()
    assert.match(logger.at('error').at(-1) ?? '', /^stopped with rows that are neither in the table nor on the disk/)
    assert.equal(clock.pending, 0)
  })
})
