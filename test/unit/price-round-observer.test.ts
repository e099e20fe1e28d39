import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { Observation } from '../../src/core/price-feed.ts'
import { type Round, roundAt } from '../../src/core/statement.ts'
import { type RoundObserver, createRoundObserver } from '../../src/price/round-observer.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { ScriptedFeed, failing, hanging, held, observationOf, priced } from '../helpers/scripted-feed.ts'

const INTERVAL_MS = 600_000
/** The node starts 100 s into a round. */
const START_MS = Date.UTC(2025, 0, 1) + 100_000
const ROUND = roundAt(START_MS, INTERVAL_MS)

describe('the round observer', () => {
  let clock: ManualClock
  let feed: ScriptedFeed
  let logger: RecordingLogger
  let counters: RecordingCounters
  let proposed: { readonly observation: Observation; readonly round: Round }[]

  let fault: (() => never) | undefined

  beforeEach(() => {
    fault = undefined
    clock = new ManualClock({ wallMs: START_MS, monoMs: 0 })
    feed = new ScriptedFeed(clock)
    logger = new RecordingLogger()
    counters = new RecordingCounters()
    proposed = []
  })

  function createObserver(
    options: { pairs?: readonly string[]; intervalMs?: number; random?: number } = {},
  ): RoundObserver {
    return createRoundObserver(
      {
        feed,
        clock,
        logger,
        counters,
        random: () => options.random ?? 0,
        onObservation: (observation, round) => {
          proposed.push({ observation, round })
          fault?.()
        },
      },
      { pairs: options.pairs ?? ['ETH-USD'], intervalMs: options.intervalMs ?? INTERVAL_MS },
    )
  }

  async function started(options: Parameters<typeof createObserver>[0] = {}): Promise<RoundObserver> {
    const observer = createObserver(options)
    observer.start()
    await clock.settle()
    return observer
  }

  const askedAt = (): number[] => feed.calls.map(({ atMs }) => atMs)
  const rounds = (): number[] => proposed.map(({ round }) => round - ROUND)

  describe('when all is well', () => {
    it('asks at start-up and at the start of each round, and proposes once each', async () => {
      const observer = await started()
      assert.deepEqual(askedAt(), [0])
      await clock.advance(499_999)
      assert.deepEqual(askedAt(), [0])
      await clock.advance(1)
      await clock.advance(2 * INTERVAL_MS)
      assert.deepEqual(askedAt(), [0, 500_000, 1_100_000, 1_700_000])
      assert.deepEqual(rounds(), [0, 1, 2, 3])
      assert.deepEqual(
        proposed.map(({ observation }) => roundAt(observation.observedAtMs, INTERVAL_MS) - ROUND),
        [0, 1, 2, 3],
      )
      assert.deepEqual(logger.at('warn'), [])
      await observer.stop()
    })

    it('makes one request per base currency, and one proposal per pair', async () => {
      const observer = await started({ pairs: ['ETH-USD', 'BTC-USD', 'ETH-EUR'] })
      assert.deepEqual(
        feed.calls.map(({ base, quotes }) => [base, quotes]),
        [
          ['ETH', ['USD', 'EUR']],
          ['BTC', ['USD']],
        ],
      )
      assert.deepEqual(
        proposed.map(({ observation }) => observation.pair),
        ['ETH-USD', 'ETH-EUR', 'BTC-USD'],
      )
      await observer.stop()
    })

    it('a start in the last moment of a round asks again at once in the next', async () => {
      clock = new ManualClock({ wallMs: (ROUND + 1) * INTERVAL_MS - 1, monoMs: 0 })
      feed = new ScriptedFeed(clock)
      const observer = await started()
      await clock.advance(1)
      assert.deepEqual(askedAt(), [0, 1])
      assert.deepEqual(rounds(), [0, 1])
      await observer.stop()
    })
  })

  describe('when the feed fails', () => {
    it('tries again in the same round with doubling waits up to 30 s, until it has a price', async () => {
      feed.next(...Array.from({ length: 8 }, () => failing()))
      const observer = await started({ random: 0.999_999_999 })
      await clock.advance(120_000)
      assert.deepEqual(
        askedAt().map((ms) => Math.round(ms / 1_000)),
        [0, 1, 3, 7, 15, 31, 61, 91],
      )
      await clock.advance(1_000)
      assert.deepEqual(rounds(), [0])
      await observer.stop()
    })

    it('waits are drawn at random', async () => {
      feed.next(failing(), failing(), failing())
      const observer = await started({ random: 0 })
      await clock.advance(10_000)
      assert.deepEqual(askedAt(), [0, 500, 1_500, 3_500])
      await observer.stop()
    })

    it('never gives up before the round ends, and the next round begins on time', async () => {
      feed.always = failing()
      const observer = await started({ random: 0.5 })
      await clock.advance(499_999)
      const last = feed.calls.at(-1)
      assert.ok(last !== undefined && last.atMs > 470_000)
      feed.always = priced()
      await clock.advance(1)
      assert.equal(feed.calls.at(-1)?.atMs, 500_000)
      assert.deepEqual(rounds(), [1])
      await observer.stop()
    })

    it('a round of a second still has several attempts', async () => {
      feed.always = failing()
      const observer = await started({ intervalMs: 1_000, random: 0.5 })
      await clock.advance(999)
      assert.ok(feed.calls.length >= 5, `${feed.calls.length} attempts`)
      await observer.stop()
    })

    it('one base currency that fails does not hold up another', async () => {
      feed.next(failing())
      const observer = await started({ pairs: ['ETH-USD', 'BTC-USD'] })
      assert.deepEqual(
        proposed.map(({ observation }) => observation.pair),
        ['BTC-USD'],
      )
      await observer.stop()
    })

    it('sound pairs are handed on at once, and only the others asked for again', async () => {
      feed.next(priced({ without: ['USD'] }))
      const observer = await started({ pairs: ['ETH-USD', 'ETH-EUR'] })
      assert.deepEqual(
        proposed.map(({ observation }) => observation.pair),
        ['ETH-EUR'],
      )
      await clock.advance(1_000)
      assert.deepEqual(
        feed.calls.map(({ quotes }) => quotes),
        [['USD', 'EUR'], ['USD']],
      )
      assert.deepEqual(
        proposed.map(({ observation }) => observation.pair),
        ['ETH-EUR', 'ETH-USD'],
      )
      await observer.stop()
    })

    it('warns with the reason once a round, and says when it has recovered', async () => {
      feed.next(failing('timeout'), failing('timeout'), failing('timeout'))
      const observer = await started()
      await clock.advance(10_000)
      const [warning, ...more] = logger.at('warn')
      assert.equal(warning, `the source is timeout. No price for ETH-USD in round ${ROUND} yet; asking again in 0.5 s`)
      assert.deepEqual(more, [])
      assert.equal(logger.at('debug').length, 2)
      assert.deepEqual(logger.at('info'), ['The price feed answers again for ETH, after 3 failed attempts'])
      feed.next(failing('timeout'))
      await clock.advance(500_000)
      assert.equal(logger.at('info')[1], 'The price feed answers again for ETH, after 1 failed attempt')
      await observer.stop()
    })

    it('warns with the reasons of unsound pairs', async () => {
      feed.next(priced({ without: ['USD'] }))
      const observer = await started({ pairs: ['ETH-USD', 'ETH-EUR'] })
      assert.match(logger.at('warn')[0] ?? '', /^the source gave no USD\. No price for ETH-USD in round/)
      await observer.stop()
    })

    it('warns again in the next round, counts the round that was missed, and recovers there', async () => {
      feed.always = failing()
      const observer = await started()
      await clock.advance(500_000)
      assert.equal(logger.at('warn').length, 2)
      assert.equal(counters.count('gp_rounds_missed_total', { pair: 'ETH-USD' }), 1)
      feed.always = priced()
      await clock.advance(1_000)
      assert.match(logger.at('info').at(-1) ?? '', /answers again for ETH, after \d+ failed attempts/)
      await observer.stop()
    })

    it('what a feed should never throw is an error in the log, and tried again', async () => {
      feed.next(() => Promise.reject(new TypeError('a bug')))
      const observer = await started()
      assert.equal(logger.at('error').length, 1)
      await clock.advance(1_000)
      assert.deepEqual(rounds(), [0])
      await observer.stop()
    })
  })

  it('a fault of who is handed a price is an error in the log, and does not touch the next round', async () => {
    fault = () => assert.fail('the disk is full')
    const observer = await started()
    assert.match(logger.at('error')[0] ?? '', /Observing prices failed in round/)
    fault = undefined
    await clock.advance(500_000)
    assert.deepEqual(rounds(), [0, 1])
    await observer.stop()
  })

  describe('when the feed asks us to wait', () => {
    it('never asks sooner', async () => {
      feed.next(failing('rate-limited', 45_000))
      const observer = await started()
      await clock.advance(44_999)
      assert.deepEqual(askedAt(), [0])
      await clock.advance(1)
      assert.deepEqual(askedAt(), [0, 45_000])
      assert.deepEqual(rounds(), [0])
      await observer.stop()
    })

    it('a short wait does not undercut the back-off', async () => {
      feed.next(failing('rate-limited', 0), failing('rate-limited', 0))
      const observer = await started({ random: 0.5 })
      await clock.advance(3_000)
      assert.deepEqual(askedAt(), [0, 750, 2_250])
      await observer.stop()
    })

    it('a wait that reaches into the next round is kept there too', async () => {
      feed.next(failing('rate-limited', 520_000))
      const observer = await started()
      await clock.advance(519_999)
      assert.deepEqual(askedAt(), [0])
      await clock.advance(1)
      assert.deepEqual(askedAt(), [0, 520_000])
      assert.deepEqual(rounds(), [1])
      await observer.stop()
    })
  })

  describe('when answers are late', () => {
    it('a request is ended with its round, and the next round begins on time', async () => {
      feed.next(hanging())
      const observer = await started()
      await clock.advance(500_000)
      assert.equal(feed.calls[0]?.signal.aborted, true)
      assert.deepEqual(askedAt(), [0, 500_000])
      assert.deepEqual(rounds(), [1])
      await observer.stop()
    })

    it('an answer that arrives after the end of its round is not proposed', async () => {
      const late = held(priced({ price: '1' }))
      feed.next(late.step)
      const observer = await started()
      await clock.advance(500_000)
      late.release()
      await clock.settle()
      assert.deepEqual(
        proposed.map(({ observation }) => observation.price),
        [observationOf('ETH-USD', '3021.455', 0).price],
      )
      assert.equal(counters.count('gp_observations_late_total', { pair: 'ETH-USD' }), 1)
      await observer.stop()
    })

    it('the time of the observation decides the round, even before the timer of the next one has run', async () => {
      const late = held(priced())
      feed.next(late.step)
      const observer = await started()
      clock.jumpWall(INTERVAL_MS)
      late.release()
      await clock.settle()
      assert.deepEqual(proposed, [])
      assert.deepEqual(logger.at('warn'), [])
      await clock.advance(30_000)
      assert.deepEqual(rounds(), [1])
      await observer.stop()
    })
  })

  describe('when the wall clock jumps', () => {
    it('forward into another round, that round is noticed within 30 s', async () => {
      const observer = await started()
      clock.jumpWall(5 * INTERVAL_MS)
      await clock.advance(30_000)
      assert.deepEqual(rounds(), [0, 5])
      await observer.stop()
    })

    it('forward during a back-off, nothing is asked for a round that is over', async () => {
      feed.next(failing())
      const observer = await started()
      clock.jumpWall(5 * INTERVAL_MS)
      await clock.advance(29_999)
      assert.deepEqual(askedAt(), [0])
      await clock.advance(1)
      assert.deepEqual(rounds(), [5])
      await observer.stop()
    })

    it('forward inside a round, the next one still begins on time', async () => {
      const observer = await started()
      clock.jumpWall(100_000)
      await clock.advance(400_000)
      assert.deepEqual(askedAt(), [0, 400_000])
      assert.deepEqual(rounds(), [0, 1])
      await observer.stop()
    })

    it('back into rounds that had a price, they get no second one and an operator is told', async () => {
      const observer = await started()
      await clock.advance(500_000)
      clock.jumpWall(-INTERVAL_MS)
      await clock.advance(2 * INTERVAL_MS)
      assert.deepEqual(rounds(), [0, 1, 2])
      assert.match(logger.at('warn')[0] ?? '', /clock of this machine was set back.*Check its time synchronisation/)
      await observer.stop()
    })
  })

  describe('starting and stopping', () => {
    it('a second start changes nothing', async () => {
      const observer = createObserver()
      observer.start()
      observer.start()
      await clock.advance(500_000)
      assert.deepEqual(askedAt(), [0, 500_000])
      await observer.stop()
    })

    it('a stop ends what is under way, leaves no timer and reports nothing missed', async () => {
      feed.always = hanging()
      const observer = await started()
      await observer.stop()
      await observer.stop()
      assert.equal(feed.calls[0]?.signal.aborted, true)
      assert.equal(clock.pending, 0)
      assert.equal(counters.count('gp_rounds_missed_total', { pair: 'ETH-USD' }), 0)
      assert.deepEqual([...logger.at('warn'), ...logger.at('info')], [])
    })

    it('a stop waits for an answer that is being given', async () => {
      const slow = held(priced())
      feed.next(slow.step)
      const observer = await started()
      let stopped = false
      const stopping = observer.stop().then(() => (stopped = true))
      await clock.settle()
      assert.equal(stopped, false)
      slow.release()
      await stopping
      assert.deepEqual(proposed, [])
    })

    it('a stop during a back-off ends it', async () => {
      feed.always = failing()
      const observer = await started()
      await observer.stop()
      assert.equal(clock.pending, 0)
    })

    it('it can be started again, and proposes nothing twice', async () => {
      const observer = await started()
      await observer.stop()
      observer.start()
      await clock.advance(500_000)
      assert.deepEqual(rounds(), [0, 1])
      await observer.stop()
    })
  })
})
