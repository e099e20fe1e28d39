import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { DeadlineQueue } from '../../src/consensus/deadline-queue.ts'

const keys = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const key = fc.constantFrom(...keys)
const atMs = fc.nat({ max: 30 })
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('schedule' as const), key, atMs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('take' as const), atMs }) },
)

describe('a deadline queue', () => {
  it('gives keys in order of their deadlines, each at the earliest that was asked for, and none that was cancelled', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const queue = new DeadlineQueue<string>()
        const expected = new Map<string, number>()
        const earliestMs = () => (expected.size === 0 ? undefined : Math.min(...expected.values()))
        const takeDue = (nowMs: number): boolean => {
          const dueMs = earliestMs()
          const taken = queue.takeDue(nowMs)
          if (dueMs === undefined || dueMs > nowMs) {
            assert.equal(taken, undefined)
            return false
          }
          assert.ok(taken !== undefined)
          assert.equal(expected.get(taken), dueMs)
          expected.delete(taken)
          return true
        }

        for (const one of steps) {
          if (one.kind === 'schedule') {
            queue.schedule(one.key, one.atMs)
            expected.set(one.key, Math.min(one.atMs, expected.get(one.key) ?? one.atMs))
          } else if (one.kind === 'cancel') {
            queue.cancel(one.key)
            expected.delete(one.key)
          } else {
            takeDue(one.atMs)
          }
          assert.equal(queue.nextAtMs(), earliestMs())
        }
        while (takeDue(Number.POSITIVE_INFINITY)) assert.equal(queue.nextAtMs(), earliestMs())
        assert.equal(queue.nextAtMs(), undefined)
      }),
      { numRuns: 2_000 },
    )
  })
})
