import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Day } from '../../src/core/history.ts'
import { DAY_MS, dayAt, partsOf, rootOf } from '../../src/core/history-tree.ts'
import { historyVectors } from '../helpers/history-vectors.ts'

describe('the tree of committed history', () => {
  for (const { what, days, root } of historyVectors.ranges) {
    it(`has the root of the vectors: ${what}`, () => {
      assert.equal(rootOf(days), root)
      assert.equal(rootOf(days.toReversed()), root)
    })
  }

  it('has days of UTC, whatever time zone the process is in', () => {
    assert.equal(dayAt(Date.UTC(2025, 0, 1)), 20_089)
    assert.equal(dayAt(Date.UTC(2025, 0, 1) - 1), 20_088)
  })
})

describe('the parts of a range', () => {
  it('are its whole days, and the day within which it ends', () => {
    assert.deepEqual(partsOf({ fromDay: day(3), untilMs: 5 * DAY_MS + 1 }), { from: 3, until: 5, cut: 5 })
  })

  it('are whole days alone when it ends with one', () => {
    assert.deepEqual(partsOf({ fromDay: day(3), untilMs: 5 * DAY_MS }), { from: 3, until: 5, cut: undefined })
  })

  it('are part of one day when it ends within its first', () => {
    assert.deepEqual(partsOf({ fromDay: day(3), untilMs: 3 * DAY_MS + 7 }), { from: 3, until: 3, cut: 3 })
  })

  it('are nothing when it ends before it begins', () => {
    assert.deepEqual(partsOf({ fromDay: day(3), untilMs: 2 * DAY_MS + 7 }), { from: 3, until: 3, cut: undefined })
  })
})

function day(number: number): Day {
  return number as Day
}
