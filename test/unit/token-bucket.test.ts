import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { TokenBucket, TokenBuckets } from '../../src/gossip/token-bucket.ts'

const setting = fc.record({
  capacity: fc.integer({ min: 1, max: 1_000 }),
  refillPerSecond: fc.double({ min: 0, max: 100, noNaN: true }),
})
/** Long waits and no wait at all are both common in a burst. */
const waitMs = fc.oneof(fc.constant(0), fc.nat({ max: 50 }), fc.nat({ max: 100_000 }))
const takes = fc.array(fc.record({ waitMs, amount: fc.nat({ max: 400 }) }), { maxLength: 60 })
const startMs = fc.nat({ max: 1_000_000_000 })
/** What rounding may add to sums of this size. */
const ROUNDING = 1e-6

describe('a token bucket', () => {
  it('grants in no span of time more than its capacity and what flows in meanwhile', () => {
    fc.assert(
      fc.property(setting, startMs, takes, (bucketSetting, start, steps) => {
        const { capacity, refillPerSecond } = bucketSetting
        const bucket = new TokenBucket(bucketSetting, start)
        const granted: { readonly atMs: number; readonly amount: number }[] = []
        let nowMs = start
        for (const step of steps) {
          nowMs += step.waitMs
          if (bucket.take(step.amount, nowMs)) granted.push({ atMs: nowMs, amount: step.amount })
        }
        for (const [index, { atMs: fromMs }] of granted.entries()) {
          let sum = 0
          for (const { atMs, amount } of granted.slice(index)) {
            sum += amount
            const most = capacity + (refillPerSecond * (atMs - fromMs)) / 1_000
            assert.ok(sum <= most + ROUNDING, `${sum} in ${atMs - fromMs} ms, at most ${most}`)
          }
        }
      }),
    )
  })

  it('is never in debt by taking, holds at most its capacity, and a refusal costs nothing', () => {
    fc.assert(
      fc.property(setting, startMs, takes, (bucketSetting, start, steps) => {
        const bucket = new TokenBucket(bucketSetting, start)
        let nowMs = start
        for (const step of steps) {
          nowMs += step.waitMs
          const before = bucket.available(nowMs)
          const taken = bucket.take(step.amount, nowMs)
          assert.equal(taken, step.amount <= before)
          assert.equal(bucket.available(nowMs), taken ? before - step.amount : before)
          assert.ok(bucket.available(nowMs) >= 0 && before <= bucketSetting.capacity)
        }
      }),
    )
  })

  it('grants all that flows in, however often it is asked', () => {
    const bucket = new TokenBucket({ capacity: 10, refillPerSecond: 3 }, 0)
    assert.ok(bucket.take(10, 0))
    for (let nowMs = 0; nowMs <= 2_000; nowMs += 7) assert.equal(bucket.take(6, nowMs), false)
    assert.ok(bucket.take(6, 2_001))
  })

  it('goes into debt by what was used up already, and pays it back first', () => {
    const bucket = new TokenBucket({ capacity: 10, refillPerSecond: 1 }, 0)
    bucket.charge(25, 0)
    assert.equal(bucket.available(0), -15)
    assert.equal(bucket.take(0, 0), false)
    assert.equal(bucket.take(1, 15_000), false)
    assert.ok(bucket.take(1, 16_000))
  })

  it('gains and loses nothing by a clock that stands still or goes back', () => {
    const bucket = new TokenBucket({ capacity: 2, refillPerSecond: 1 }, 10_000)
    assert.ok(bucket.take(2, 10_000))
    assert.equal(bucket.take(1, 5_000), false)
    assert.equal(bucket.available(5_000), 0)
    assert.equal(bucket.take(1, 10_000), false)
    assert.ok(bucket.take(1, 11_000))
  })

  it('grants no amount that is no amount', () => {
    const bucket = new TokenBucket({ capacity: 2, refillPerSecond: 1 }, 0)
    for (const amount of [-1, Number.NaN]) {
      assert.equal(bucket.take(amount, 0), false)
      bucket.charge(amount, 0)
      assert.equal(bucket.available(0), 2)
    }
  })

  it('is not made to hold nothing', () => {
    for (const capacity of [0, -1, Number.NaN]) {
      assert.throws(() => new TokenBucket({ capacity, refillPerSecond: 1 }, 0), RangeError)
    }
    for (const refillPerSecond of [-1, Number.NaN]) {
      assert.throws(() => new TokenBucket({ capacity: 1, refillPerSecond }, 0), RangeError)
    }
  })
})

describe('token buckets by key', () => {
  const one = { capacity: 2, refillPerSecond: 1 }

  it('every key has a bucket of its own, full at first', () => {
    const buckets = new TokenBuckets<string>({ ...one, limit: 10 })
    assert.ok(buckets.take('a', 2, 0))
    assert.equal(buckets.take('a', 1, 0), false)
    assert.ok(buckets.take('b', 2, 0))
    buckets.charge('c', 3, 0)
    assert.deepEqual(
      ['a', 'b', 'c', 'd'].map((key) => buckets.available(key, 0)),
      [0, 0, -1, 2],
    )
    assert.equal(buckets.size, 3)
  })

  it('the full bucket that was used longest ago goes first', () => {
    const buckets = new TokenBuckets<string>({ ...one, limit: 3 })
    buckets.charge('in debt', 100, 0)
    assert.ok(buckets.take('full', 1, 0))
    assert.ok(buckets.take('full too', 1, 0))
    assert.ok(buckets.take('new', 2, 5_000))
    assert.equal(buckets.available('in debt', 5_000), -93)
    // One is left that is full: the next newcomer takes its place, not that of the one before.
    assert.ok(buckets.take('newer', 2, 5_000))
    assert.deepEqual(
      ['in debt', 'new', 'newer'].map((key) => buckets.available(key, 5_000)),
      [-93, 0, 0],
    )
  })

  it('when none is full, the one used longest ago goes, and its key has what a new key has', () => {
    const buckets = new TokenBuckets<string>({ ...one, limit: 2 })
    assert.ok(buckets.take('a', 2, 0))
    assert.ok(buckets.take('b', 2, 0))
    assert.equal(buckets.take('a', 1, 1), false)
    assert.ok(buckets.take('c', 2, 1))
    assert.ok(buckets.available('a', 1) < 1, 'it was used last')
    assert.equal(buckets.available('b', 1), 2)
  })

  it('there are never more than the limit, and whoever makes keys gets for each at most what one bucket grants', () => {
    const use = fc.record({ key: fc.nat({ max: 20 }), waitMs, amount: fc.nat({ max: 400 }) })
    fc.assert(
      fc.property(
        setting,
        fc.integer({ min: 1, max: 8 }),
        fc.array(use, { maxLength: 100 }),
        (bucketSetting, limit, uses) => {
          const { capacity, refillPerSecond } = bucketSetting
          const buckets = new TokenBuckets<number>({ ...bucketSetting, limit })
          let nowMs = 0
          let granted = 0
          let comings = 0
          for (const { key, waitMs: wait, amount } of uses) {
            nowMs += wait
            const before = buckets.available(key, nowMs)
            assert.ok(before <= capacity)
            if (before === capacity) comings += 1
            if (buckets.take(key, amount, nowMs)) granted += amount
            assert.ok(buckets.size <= limit)
          }
          const most = comings * capacity + (limit * refillPerSecond * nowMs) / 1_000
          assert.ok(granted <= most + ROUNDING, `${granted}, at most ${most}`)
        },
      ),
    )
  })

  it('what other keys do makes no bucket emptier', () => {
    const buckets = new TokenBuckets<string>({ ...one, limit: 4 })
    assert.ok(buckets.take('honest', 1, 0))
    for (let number = 0; number < 100; number++) buckets.charge(`flood ${number}`, 50, 0)
    assert.ok(buckets.available('honest', 0) >= 1)
    assert.equal(buckets.size, 4)
  })
})
