import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { inspect } from 'node:util'
import { formatPrice } from '../../src/core/price.ts'
import type { Sighting } from '../../src/price/base-lookout.ts'
import { type ObservationLog, createObservationLog } from '../../src/price/observation-log.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { ScriptedFeed, failing, hanging, held, observationOf, priced } from '../helpers/scripted-feed.ts'

const NOW_MS = Date.UTC(2025, 0, 1, 12)
const MINUTE_MS = 60_000

const priceOf = (sighting: Sighting | undefined): string => {
  assert.ok(sighting !== undefined && 'price' in sighting, inspect(sighting))
  return formatPrice(sighting.price)
}
const reasonOf = (sighting: Sighting): string => {
  assert.ok('reason' in sighting)
  return sighting.reason
}

describe('the observation log', () => {
  let clock: ManualClock
  let feed: ScriptedFeed
  let logger: RecordingLogger
  let log: ObservationLog

  beforeEach(() => {
    clock = new ManualClock({ wallMs: NOW_MS, monoMs: 0 })
    feed = new ScriptedFeed(clock)
    logger = new RecordingLogger()
    log = createObservationLog({ feed, clock, logger, random: () => 0 }, { pairs: ['ETH-USD', 'ETH-EUR', 'BTC-USD'] })
  })

  /** Asks as the co-sign policy does. */
  const near = (pair = 'ETH-USD', observedAtMs = NOW_MS): Promise<Sighting> =>
    log.near(pair, { observedAtMs, withinMs: MINUTE_MS, untilMs: observedAtMs + MINUTE_MS })
  const nearest = (observedAtMs: number, withinMs = MINUTE_MS) => log.nearest('ETH-USD', { observedAtMs, withinMs })
  const askedAt = (): number[] => feed.calls.map(({ atMs }) => atMs)

  describe('what it remembers', () => {
    it('the observation closest in time is found, before or after', () => {
      log.add(observationOf('ETH-USD', '1', NOW_MS - 50_000))
      log.add(observationOf('ETH-USD', '2', NOW_MS - 20_000))
      log.add(observationOf('ETH-USD', '3', NOW_MS))
      assert.equal(priceOf(nearest(NOW_MS - 40_000)), '1')
      assert.equal(priceOf(nearest(NOW_MS - 30_000)), '2')
      assert.equal(priceOf(nearest(NOW_MS - 9_000)), '3')
    })

    it('an observation at the very edge is found, one beyond it is not', () => {
      log.add(observationOf('ETH-USD', '1', NOW_MS))
      assert.equal(priceOf(nearest(NOW_MS + MINUTE_MS)), '1')
      assert.equal(nearest(NOW_MS + MINUTE_MS + 1), undefined)
      assert.equal(nearest(NOW_MS - MINUTE_MS - 1), undefined)
    })

    it('pairs are kept apart', () => {
      log.add(observationOf('ETH-EUR', '1', NOW_MS))
      assert.equal(nearest(NOW_MS), undefined)
    })

    it('what is older than three minutes is forgotten', async () => {
      log.add(observationOf('ETH-USD', '1', NOW_MS))
      await clock.advance(3 * MINUTE_MS)
      log.add(observationOf('ETH-USD', '2', clock.now().wallMs))
      assert.equal(priceOf(nearest(NOW_MS)), '1')
      await clock.advance(1)
      log.add(observationOf('ETH-USD', '3', clock.now().wallMs))
      assert.equal(nearest(NOW_MS), undefined)
    })

    it('no more than 128 observations of a pair are kept', () => {
      for (let i = 0; i < 200; i++) log.add(observationOf('ETH-USD', '1', NOW_MS + i))
      assert.equal(nearest(NOW_MS + 71, 0), undefined)
      assert.equal(priceOf(nearest(NOW_MS + 72, 0)), '1')
    })
  })

  describe('what it looks up', () => {
    it('what is remembered is not asked for', async () => {
      log.add(observationOf('ETH-USD', '3000', NOW_MS - 59_000))
      assert.equal(priceOf(await near()), '3000')
      assert.deepEqual(feed.calls, [])
    })

    it('what is not remembered is asked for at once, then remembered', async () => {
      assert.equal(priceOf(await near()), '3021.455')
      assert.equal(priceOf(await near()), '3021.455')
      assert.deepEqual(askedAt(), [0])
    })

    it('one request per base currency serves all that wait', async () => {
      const slow = held(priced())
      feed.next(slow.step)
      const waiting = [near(), near(), near('ETH-EUR'), near('ETH-USD', NOW_MS - 5_000)]
      await clock.settle()
      const other = near('BTC-USD')
      await clock.settle()
      slow.release()
      assert.deepEqual((await Promise.all([...waiting, other])).map(priceOf), Array(5).fill('3021.455'))
      assert.deepEqual(
        feed.calls.map(({ base, quotes }) => [base, quotes]),
        [
          ['ETH', ['USD', 'EUR']],
          ['BTC', ['USD']],
        ],
      )
    })

    it('an observation that somebody else makes serves those that wait', async () => {
      feed.always = hanging()
      const waiting = near()
      await clock.settle()
      log.add(observationOf('ETH-USD', '3000', NOW_MS + 100))
      assert.equal(priceOf(await waiting), '3000')
      await log.stop()
    })

    it('an observation outside the stretch asked about serves nobody', async () => {
      const waiting = log.near('ETH-USD', { observedAtMs: NOW_MS - 59_000, withinMs: 58_000, untilMs: NOW_MS + 1_000 })
      await clock.advance(1_000)
      assert.match(reasonOf(await waiting), /no answer for ETH-USD in time/)
    })

    it('a pair that is not ours is answered at once, and nobody is asked', async () => {
      assert.match(reasonOf(await near('ETH-GBP')), /ETH-GBP is not among the pairs/)
      assert.deepEqual(feed.calls, [])
    })

    it('when there is no time left nobody is asked', async () => {
      assert.match(reasonOf(await near('ETH-USD', NOW_MS - MINUTE_MS)), /no time left/)
      assert.deepEqual(feed.calls, [])
    })
  })

  describe('when the feed is down', () => {
    it('it is tried again with back-off until it answers', async () => {
      feed.next(failing(), failing())
      const waiting = near()
      await clock.advance(10_000)
      assert.equal(priceOf(await waiting), '3021.455')
      assert.deepEqual(askedAt(), [0, 2_000, 4_000])
    })

    it('a pair whose rate is unsound is tried again, and the others are served', async () => {
      feed.next(priced({ without: ['USD'] }))
      const [usd, eur] = [near('ETH-USD'), near('ETH-EUR')]
      await clock.settle()
      assert.equal(priceOf(await eur), '3021.455')
      await clock.advance(2_000)
      assert.equal(priceOf(await usd), '3021.455')
    })

    it('at the end of the window the answer is the last reason, and asking ends', async () => {
      feed.always = failing('timeout')
      const waiting = near()
      await clock.advance(MINUTE_MS - 1)
      let answered = false
      void waiting.finally(() => (answered = true))
      await clock.settle()
      assert.equal(answered, false)
      await clock.advance(1)
      assert.match(reasonOf(await waiting), /the source is timeout/)
      const attempts = feed.calls.length
      assert.ok(attempts >= 6, `${attempts} attempts`)
      await clock.advance(10 * MINUTE_MS)
      assert.equal(feed.calls.length, attempts)
      assert.equal(clock.pending, 0)
    })

    it('the reason of an unsound pair is its own', async () => {
      feed.always = priced({ without: ['USD'] })
      const waiting = near()
      await clock.advance(MINUTE_MS)
      assert.equal(reasonOf(await waiting), 'the source gave no USD')
    })

    it('a reason of long ago is not given again', async () => {
      feed.always = failing('timeout')
      const first = near()
      await clock.advance(MINUTE_MS)
      await first
      feed.always = hanging()
      const second = near('ETH-USD', NOW_MS + MINUTE_MS)
      await clock.advance(MINUTE_MS)
      assert.match(reasonOf(await second), /no answer for ETH-USD in time/)
      await log.stop()
    })

    it('a request that outlasts the window does not hold up the answer', async () => {
      feed.always = hanging()
      const waiting = near()
      await clock.advance(MINUTE_MS)
      assert.match(reasonOf(await waiting), /no answer for ETH-USD in time/)
      await log.stop()
    })

    it('who comes after all others have given up does not wait for their back-off', async () => {
      feed.always = failing()
      void near('ETH-USD', NOW_MS - 31_000)
      await clock.advance(29_500)
      assert.ok((askedAt().at(-1) ?? 0) < 25_000)
      feed.always = priced()
      assert.equal(priceOf(await near()), '3021.455')
      assert.equal(askedAt().at(-1), 29_500)
    })

    it('what a feed should never throw is an error in the log, and tried again', async () => {
      feed.next(() => Promise.reject(new TypeError('a bug')))
      const waiting = near()
      await clock.advance(2_000)
      assert.equal(priceOf(await waiting), '3021.455')
      assert.equal(logger.at('error').length, 1)
    })
  })

  describe('what it spares the feed', () => {
    it('never asks sooner than the feed allows', async () => {
      feed.next(failing('rate-limited', 45_000))
      const waiting = near()
      await clock.advance(44_999)
      assert.deepEqual(askedAt(), [0])
      await clock.advance(1)
      assert.equal(priceOf(await waiting), '3021.455')
      assert.deepEqual(askedAt(), [0, 45_000])
    })

    it('remembers that when those who waited have gone', async () => {
      feed.next(failing('rate-limited', 90_000))
      const first = near()
      await clock.advance(MINUTE_MS)
      assert.match(reasonOf(await first), /rate-limited/)
      const second = near('ETH-USD', NOW_MS + MINUTE_MS)
      await clock.advance(29_999)
      assert.deepEqual(askedAt(), [0])
      await clock.advance(1)
      assert.equal(priceOf(await second), '3021.455')
    })

    it('asks for a base currency once in two seconds at most, whatever is asked of it', async () => {
      for (let i = 0; i < 100; i++) {
        void log.near('ETH-USD', { observedAtMs: NOW_MS + i * 100, withinMs: 1, untilMs: NOW_MS + i * 100 + 500 })
        await clock.advance(100)
      }
      const gaps = askedAt().map((ms, index) => ms - (askedAt()[index - 1] ?? -2_000))
      assert.ok(feed.calls.length > 1)
      assert.ok(
        gaps.every((gap) => gap >= 2_000),
        gaps.join(),
      )
      await log.stop()
    })
  })

  describe('stopping', () => {
    it('answers all who wait, ends the request and leaves no timer', async () => {
      feed.always = hanging()
      const waiting = near()
      await clock.settle()
      await log.stop()
      await log.stop()
      assert.match(reasonOf(await waiting), /this node is stopping/)
      assert.equal(feed.calls[0]?.signal.aborted, true)
      assert.equal(clock.pending, 0)
    })

    it('ends a back-off', async () => {
      feed.always = failing()
      const waiting = near()
      await clock.settle()
      await log.stop()
      assert.match(reasonOf(await waiting), /this node is stopping/)
      assert.equal(clock.pending, 0)
    })

    it('asks nobody afterwards', async () => {
      await log.stop()
      assert.match(reasonOf(await near()), /this node is stopping/)
      assert.deepEqual(feed.calls, [])
    })
  })
})
