import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readRetryAfter } from '../../src/price/retry-after.ts'

const NOW_MS = Date.UTC(2025, 0, 1, 12, 0, 0)
const DAY_MS = 86_400_000

describe('Retry-After', () => {
  const cases: readonly [title: string, retryAfter: unknown, date: unknown, expectedMs: number | undefined][] = [
    ['seconds are seconds', '120', undefined, 120_000],
    ['zero seconds is a wait of nothing', '0', undefined, 0],
    ['a date is the time until it', 'Wed, 01 Jan 2025 12:00:30 GMT', undefined, 30_000],
    [
      'a date is read against the date of the answer',
      'Wed, 01 Jan 2025 15:00:30 GMT',
      'Wed, 01 Jan 2025 15:00:00 GMT',
      30_000,
    ],
    ['a date that has passed is a wait of nothing', 'Wed, 01 Jan 2025 11:00:00 GMT', undefined, 0],
    ['no more than a day is believed', '999999999', undefined, DAY_MS],
    ['no date more than a day away is believed', 'Fri, 01 Jan 2125 12:00:00 GMT', undefined, DAY_MS],
    ['a missing header says nothing', undefined, undefined, undefined],
    ['an empty header says nothing', '', undefined, undefined],
    ['a negative number says nothing', '-5', undefined, undefined],
    ['a fraction says nothing', '1.5', undefined, undefined],
    ['words say nothing', 'soon', undefined, undefined],
    ['a date in another spelling says nothing', '2025-01-01T12:00:30Z', undefined, undefined],
    ['a day that does not exist says nothing', 'Xxx, 99 Foo 2025 12:00:30 GMT', undefined, undefined],
  ]
  for (const [title, retryAfter, date, expectedMs] of cases) {
    it(title, () => assert.equal(readRetryAfter({ retryAfter, date }, NOW_MS), expectedMs))
  }
})
