import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Offset } from '../../src/consensus/clock-offset.ts'
import { ClockWatch } from '../../src/node/clock-watch.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { signStatus } from '../helpers/notices-at-work.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { alice } from '../helpers/statements.ts'

/** A watch over a clock that is found to be off by what `sees` is given; undefined when too few others are heard. */
function createWatch() {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const counters = new RecordingCounters()
  const found: { offset: Offset | undefined; isNewest: boolean } = { offset: undefined, isNewest: true }
  const offset = { take: () => found.isNewest, offset: () => found.offset }
  const watch = new ClockWatch({ offset, clock, counters, logger })
  const sees = (ms: number | undefined): void => {
    found.offset = ms === undefined ? undefined : { ms, signers: 4 }
    watch.see(signStatus(alice), clock.now())
  }
  return { watch, clock, logger, counters, found, sees }
}

describe('a clock that is off', () => {
  it('is warned of from one second on, in words, and once', () => {
    const { sees, logger, counters } = createWatch()
    for (const ms of [0, -999, -3_200, -3_300, -2_500]) sees(ms)
    assert.deepEqual(logger.at('warn').length, 1)
    assert.match(
      logger.at('warn')[0] ?? '',
      /^the clock of this machine is 3\.2 s behind the median of 4 signers: check its time synchronisation\./,
    )
    assert.equal(logger.lines.at(-1)?.facts?.['clockOffsetMs'], 3_200)
    assert.equal(counters.count('gp_clock_warnings_total'), 1)
  })

  it('is warned of again when that changes much', () => {
    const { sees, logger } = createWatch()
    for (const ms of [1_500, 2_499, 2_500, 3_749, 3_750, 3_600_000, -1_000]) sees(ms)
    assert.deepEqual(
      logger.at('warn').map((line) => /machine is (.*) the median/.exec(line)?.[1]),
      ['1.5 s ahead of', '2.5 s ahead of', '3.8 s ahead of', '60 min ahead of', '1.0 s behind'],
    )
  })

  it('is said to be right again, once, when it is within half a second', () => {
    const { sees, logger } = createWatch()
    for (const ms of [-3_200, -600, -499, 0, -700]) sees(ms)
    assert.deepEqual(logger.at('info'), ['the clock of this machine is right again, by the median of 4 signers'])
    sees(-3_200)
    assert.equal(logger.at('warn').length, 2)
  })

  it('is not taken for right when too few others are heard', () => {
    const { sees, logger, watch } = createWatch()
    for (const ms of [-75_000, undefined, -75_000]) sees(ms)
    assert.equal(logger.lines.length, 1)
    sees(undefined)
    assert.equal(watch.fault(), undefined)
    assert.equal(watch.othersAheadMs(), undefined)
    sees(-3_200)
    assert.equal(watch.othersAheadMs(), 3_200)
  })

  it('is not spoken of because of old statuses', () => {
    const { sees, logger, found } = createWatch()
    found.isNewest = false
    sees(-3_200)
    assert.deepEqual(logger.lines, [])
  })
})

describe('what is observed by a clock that is off', () => {
  for (const [ms, isUseless] of [
    [10_000, false],
    [10_001, true],
    [-60_000, false],
    [-60_001, true],
  ] as const) {
    it(`${isUseless ? 'would not' : 'would'} be signed by others at ${ms} ms`, () => {
      const { watch, sees, logger } = createWatch()
      sees(ms)
      assert.equal(watch.fault() !== undefined, isUseless)
      assert.equal(/proposes nothing/.test(logger.at('warn')[0] ?? ''), isUseless)
    })
  }

  it('is judged by when it was observed', async () => {
    const { watch, sees, clock } = createWatch()
    const observedAtMs = clock.now().wallMs
    sees(-59_000)
    assert.equal(watch.fault(observedAtMs), undefined)
    await clock.advance(1_001)
    assert.match(watch.fault(observedAtMs) ?? '', /is 59\.0 s behind the median of 4 signers: nobody would sign/)
    assert.equal(watch.fault(), undefined)
  })

  it('is warned of when it comes to that, though the clock has hardly changed', () => {
    const { sees, logger } = createWatch()
    for (const ms of [9_900, 10_100, 9_900, 10_100]) sees(ms)
    assert.deepEqual(
      logger.at('warn').map((line) => /proposes nothing/.test(line)),
      [false, true],
    )
  })
})
