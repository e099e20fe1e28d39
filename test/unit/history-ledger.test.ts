import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromHex } from '../../src/core/hex.ts'
import type { Day, HistoryDay } from '../../src/core/history.ts'
import { HistoryLedger } from '../../src/core/history-ledger.ts'
import { DAY_MS, dayAt, startOf } from '../../src/core/history-tree.ts'
import { historyVectors } from '../helpers/history-vectors.ts'

const { leaves, ranges } = historyVectors
const FIRST = dayAt(Math.min(...leaves.map(({ observedAt }) => observedAt)))
const LAST = dayAt(Math.max(...leaves.map(({ observedAt }) => observedAt)))
const BEYOND_MS = startOf(LAST) + 2 * DAY_MS
const DAYS = new Map<Day, HistoryDay>()
// Of all ranges the longest part of each day that any of them has.
for (const day of ranges.flatMap((range) => range.days)) {
  if ((DAYS.get(day.day)?.leaves ?? 0) < day.leaves) DAYS.set(day.day, day)
}

/** All that the vectors have, seen with the leaves of `leavesFrom` on; undisputed ones added after instead if so wished. */
function ledgerOf(leavesFrom: Day, { added = false } = {}): HistoryLedger {
  const recent = leaves.filter(({ observedAt }) => dayAt(observedAt) >= leavesFrom)
  const seen = recent.filter(({ disputed }) => disputed || !added)
  const ledger = new HistoryLedger(
    { fromDay: 0 as Day, leavesFrom, untilMs: BEYOND_MS },
    {
      days: [...DAYS.values()].filter(({ day }) => day < leavesFrom),
      leaves: seen.map(({ id, observedAt, disputed }) => ({
        leaf: Uint8Array.of(...fromHex(id), disputed ? 1 : 0),
        observedAtMs: observedAt,
      })),
      newestMs: undefined,
      reads: 1,
    },
  )
  for (const { id, observedAt } of recent) assert.ok(ledger.add(id, observedAt))
  return ledger
}

describe('the ledger of committed history', () => {
  for (const added of [false, true]) {
    it(`has the roots of the vectors, when leaves were ${added ? 'added since' : 'seen, and heard of again'}`, () => {
      for (let from = FIRST; from <= LAST; from = (from + 1) as Day) {
        const ledger = ledgerOf(from, { added })
        for (const { what, range, root } of ranges) {
          const isKnown = range.untilMs >= startOf(from)
          assert.equal(ledger.root(range), isKnown ? root : undefined, `${what}, leaves from day ${from}`)
          assert.equal(ledger.root(range), isKnown ? root : undefined, `${what}, again`)
        }
      }
    })
  }

  it('changes its root for a row within the range, and for none beyond it or before it', () => {
    const ledger = ledgerOf(FIRST)
    const range = { fromDay: LAST, untilMs: startOf(LAST) + DAY_MS }
    const before = ledger.root(range)
    assert.ok(ledger.add(`0x${'11'.repeat(32)}` as never, range.untilMs))
    assert.ok(ledger.add(`0x${'22'.repeat(32)}` as never, startOf(LAST) - 1))
    assert.equal(ledger.root(range), before)
    assert.ok(ledger.add(`0x${'33'.repeat(32)}` as never, range.untilMs - 1))
    assert.notEqual(ledger.root(range), before)
  })

  it('cannot add to a day of which it knows but the hash, nor tell of days before those that it saw', () => {
    const sight = { days: [], leaves: [], newestMs: undefined, reads: 1 }
    const ledger = new HistoryLedger({ fromDay: FIRST, leavesFrom: LAST, untilMs: BEYOND_MS }, sight)
    const id = `0x${'11'.repeat(32)}` as never
    assert.equal(ledger.add(id, startOf(LAST) - 1), false)
    assert.equal(ledger.add(id, startOf(FIRST) - 1), true)
    assert.equal(ledger.root({ fromDay: (FIRST - 1) as Day, untilMs: BEYOND_MS }), undefined)
    assert.equal(ledger.root({ fromDay: FIRST, untilMs: startOf(LAST) - 1 }), undefined)
  })
})
