import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HistoryDays } from '../../src/core/history-days.ts'
import type { Day, HistoryDay } from '../../src/core/history.ts'
import { DAY_MS, type DayStretch } from '../../src/core/history-tree.ts'

/** Reads what is unknown of `wanted` from `table`, and returns which stretches that were. */
async function readAll(days: HistoryDays, wanted: DayStretch, table: readonly HistoryDay[] = []): Promise<unknown[]> {
  const stretches = days.unknown(wanted)
  for (const { from, until } of stretches) {
    await days.read({ from, until }, async () => table.filter(({ day }) => day >= from && day < until))
  }
  return stretches.map(({ from, until }) => [from, until])
}

describe('days of a history', () => {
  it('are read once', async () => {
    const days = new HistoryDays()
    assert.deepEqual(await readAll(days, stretch(3, 9), [leaf(4), leaf(7)]), [[3, 9]])
    assert.deepEqual(await readAll(days, stretch(3, 9)), [])
    assert.deepEqual(days.within(stretch(3, 9)), [leaf(4), leaf(7)])
    assert.deepEqual(days.within(stretch(5, 7)), [])
  })

  it('are read where they were touched, and no others', async () => {
    const days = new HistoryDays()
    await readAll(days, stretch(0, 20), [leaf(3), leaf(4), leaf(9)])
    days.touch(3 * DAY_MS + 1, 3 * DAY_MS + 2)
    days.touch(4 * DAY_MS, 5 * DAY_MS)
    days.touch(9 * DAY_MS - 1, 9 * DAY_MS)
    assert.deepEqual(await readAll(days, stretch(0, 20), [leaf(4, 'a'), leaf(9)]), [
      [3, 5],
      [8, 9],
    ])
    assert.deepEqual(days.within(stretch(0, 20)), [leaf(4, 'a'), leaf(9)])
  })

  it('are read beyond what is known, so that it stays one stretch', async () => {
    const days = new HistoryDays()
    await readAll(days, stretch(10, 12), [leaf(11)])
    assert.deepEqual(await readAll(days, stretch(20, 22), [leaf(15), leaf(21)]), [[12, 22]])
    assert.deepEqual(await readAll(days, stretch(2, 4), [leaf(2)]), [[2, 10]])
    assert.deepEqual(
      days.within(stretch(0, 30)).map(({ day }) => day),
      [2, 11, 15, 21],
    )
  })

  it('are read again when they are touched while they are read', async () => {
    const days = new HistoryDays()
    await days.read(stretch(0, 9), async () => {
      days.touch(5 * DAY_MS, 5 * DAY_MS + 1)
      return [leaf(5)]
    })
    assert.deepEqual(days.unknown(stretch(0, 9)), [{ from: 5, until: 6 }])
  })

  it('are all unknown when they are forgotten while they are read', async () => {
    const days = new HistoryDays()
    await days.read(stretch(0, 9), async () => {
      days.forget()
      return [leaf(5)]
    })
    assert.deepEqual(days.unknown(stretch(0, 9)), [{ from: 0, until: 9 }])
  })

  it('stay to be read when that fails', async () => {
    const days = new HistoryDays()
    await readAll(days, stretch(0, 9))
    days.touch(5 * DAY_MS, 6 * DAY_MS)
    await assert.rejects(days.read(stretch(5, 6), () => Promise.reject(new Error('away'))))
    assert.deepEqual(days.unknown(stretch(0, 9)), [{ from: 5, until: 6 }])
  })

  it('are not counted where numbers end', () => {
    const days = new HistoryDays()
    days.touch(9.2e18 * 600_000, 9.2e18 * 600_000 + 600_000)
    assert.deepEqual(days.unknown(stretch(0, 9)), [{ from: 0, until: 9 }])
  })

  it('of no stretch are never read', () => {
    assert.deepEqual(new HistoryDays().unknown(stretch(5, 5)), [])
    assert.deepEqual(new HistoryDays().unknown(stretch(5, 2)), [])
  })
})

function stretch(from: number, until: number): DayStretch {
  return { from: from as Day, until: until as Day }
}

function leaf(day: number, mark = '0'): HistoryDay {
  return { day: day as Day, hash: `0x${mark}${day}`, leaves: 1 }
}
