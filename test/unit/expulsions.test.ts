import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Expulsions } from '../../src/gossip/expulsions.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'

const MINUTE_MS = 60_000
const CAUSE = { reason: 'flood', why: 'it sends too much' }

interface ExpulsionsAtWork {
  readonly expulsions: Expulsions
  readonly clock: ManualClock
  readonly logger: RecordingLogger
  readonly counters: RecordingCounters
  readonly hungUp: string[]
}

function createExpulsions(): ExpulsionsAtWork {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const counters = new RecordingCounters()
  const hungUp: string[] = []
  const expulsions = new Expulsions({ clock, counters, logger, hangUp: (peerId) => void hungUp.push(peerId) })
  return { expulsions, clock, logger, counters, hungUp }
}

describe('a peer that is expelled', () => {
  it('is kept out twice as long every time, four hours at most', () => {
    const { expulsions, clock, hungUp } = createExpulsions()
    const minutes: number[] = []
    for (let times = 0; times < 7; times++) {
      expulsions.expel('flooder', CAUSE)
      let minute = 0
      for (; expulsions.isExpelled('flooder'); minute++) clock.compute(MINUTE_MS)
      minutes.push(minute)
    }
    assert.deepEqual(minutes, [10, 20, 40, 80, 160, 240, 240])
    assert.equal(hungUp.length, 7)
  })

  it('is not expelled once more meanwhile', () => {
    const { expulsions, clock, hungUp, counters } = createExpulsions()
    expulsions.expel('flooder', CAUSE)
    expulsions.expel('flooder', CAUSE)
    assert.deepEqual(hungUp, ['flooder'])
    assert.equal(counters.count('gp_peers_expelled_total', { reason: 'flood' }), 1)
    clock.compute(10 * MINUTE_MS)
    assert.equal(expulsions.isExpelled('flooder'), false)
  })

  it('is remembered until 4,096 others were expelled after it', () => {
    const { expulsions, clock } = createExpulsions()
    expulsions.expel('first', CAUSE)
    expulsions.expel('second', CAUSE)
    clock.compute(10 * MINUTE_MS)
    expulsions.expel('first', CAUSE)
    for (let peer = 0; peer < 4_095; peer++) expulsions.expel(`sybil ${peer}`, CAUSE)
    assert.equal(expulsions.isExpelled('first'), true, 'the latest 4,096, and it is the first of them')
    expulsions.expel('one more', CAUSE)
    assert.equal(expulsions.isExpelled('first'), false)
    assert.equal(expulsions.isExpelled('sybil 0'), true)
  })
})

describe('the log of expulsions', () => {
  it('has a line in ten seconds, with those that were left out since the line before', () => {
    const { expulsions, clock, logger } = createExpulsions()
    const said = (): string[] => logger.at('warn').splice(0)
    for (const peer of ['a', 'b', 'c']) expulsions.expel(peer, CAUSE)
    assert.deepEqual(said(), ['peer a is expelled for 10 min: it sends too much'])
    clock.compute(9_999)
    expulsions.expel('d', CAUSE)
    assert.equal(logger.lines.length, 1)
    clock.compute(1)
    expulsions.expel('e', CAUSE)
    assert.deepEqual(
      said().at(-1),
      'peer e is expelled for 10 min: it sends too much; 3 more were expelled since the last line',
    )
    expulsions.expel('f', CAUSE)
    assert.equal(logger.lines.length, 2)
    clock.compute(10_000)
    expulsions.expel('g', CAUSE)
    assert.deepEqual(
      said().at(-1),
      'peer g is expelled for 10 min: it sends too much; 1 more were expelled since the last line',
    )
    clock.compute(10_000)
    expulsions.expel('h', CAUSE)
    assert.deepEqual(said().at(-1), 'peer h is expelled for 10 min: it sends too much')
  })
})
