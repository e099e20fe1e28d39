import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Price, Round } from '../../src/web/browser/api-shapes.ts'
import {
  chartData,
  chartSummary,
  extentOf,
  mergedRounds,
  sparsePoints,
  withPrice,
} from '../../src/web/browser/chart-data.ts'
import { PAGES_AT_MOST, type RangeId, needsOlder, windowOf, zoomed } from '../../src/web/browser/time-range.ts'

const INTERVAL_MS = 600_000
const HOUR = 3_600_000

describe('what the chart draws', () => {
  it('is a column of times, one of each proposer, and the median', () => {
    const data = chartData([roundOf(11, { b: '4', c: '6' }), roundOf(10, { a: '1', b: '2' })])
    assert.deepEqual(data.seconds, [6_000, 6_600])
    assert.deepEqual(data.proposers, ['a', 'b', 'c'])
    assert.deepEqual(data.prices, [
      [1, null],
      [2, 4],
      [null, 6],
    ])
    assert.deepEqual(data.median, [1.5, 5])
  })

  it('has a gap where rounds are missing', () => {
    const data = chartData([roundOf(14, { a: '2' }), roundOf(10, { a: '1' })])
    assert.deepEqual(data.median, [1, null, 2])
    assert.deepEqual(data.prices, [[1, null, 2]])
    assert.deepEqual(data.seconds, [6_000, 7_200, 8_400])
  })

  it('takes in a price of a known round, of a new one, and none twice', () => {
    const rounds = [roundOf(10, { a: '1' })]
    const more = withPrice(rounds, { price: priceOf(10, 'b', '3'), intervalMs: INTERVAL_MS })
    assert.deepEqual(more, [roundOf(10, { a: '1', b: '3' })])
    const next = withPrice(more, { price: priceOf(11, 'a', '7'), intervalMs: INTERVAL_MS })
    assert.deepEqual(
      next.map(({ round }) => round),
      [11, 10],
    )
    assert.equal(withPrice(next, { price: priceOf(11, 'a', '7'), intervalMs: INTERVAL_MS }), next)
  })

  it('leaves a disputed price out', () => {
    const rounds = [roundOf(10, { a: '1' })]
    assert.equal(
      withPrice(rounds, { price: { ...priceOf(10, 'b', '3'), disputed: true }, intervalMs: INTERVAL_MS }),
      rounds,
    )
  })

  it('holds each round once, newest first, in its newer form', () => {
    const merged = mergedRounds(
      [roundOf(11, { a: '2' }), roundOf(10, { a: '1', b: '1' })],
      [roundOf(10, { a: '1' }), roundOf(9, { a: '1' })],
    )
    assert.deepEqual(
      merged.map(({ round, prices }) => [round, prices.length]),
      [
        [11, 1],
        [10, 2],
        [9, 1],
      ],
    )
  })

  it('has room for every price but those far from all medians', () => {
    const rounds = [
      { ...roundOf(2, { a: '100', b: '100.4', c: '99.8' }), median: '100' },
      { ...roundOf(1, { a: '101', b: '9999', c: '101' }), median: '101' },
    ]
    const all = { fromMs: 0, toMs: 1e12 }
    assert.deepEqual(extentOf(chartData(rounds), all), { low: 99.8, high: 101 })
    assert.deepEqual(extentOf(chartData(rounds.slice(0, 1)), all), { low: 99.8, high: 100.4 })
    assert.equal(extentOf(chartData(rounds), { fromMs: 0, toMs: 1 }), undefined)
  })

  it('keeps the outliers where there are more points than room', () => {
    const median = [10, 10, null, 10, 10, 10, 10]
    const column = [10, 13, null, 10, 7, null, 10]
    assert.deepEqual(sparsePoints({ median, column }, { from: 0, to: 6, step: 3 }), [1, 4, 6])
    assert.deepEqual(sparsePoints({ median, column }, { from: 2, to: 3, step: 2 }), [3])
    assert.deepEqual(sparsePoints({ median, column: median.map(() => null) }, { from: 0, to: 6, step: 3 }), [])
  })

  it('is told in words: from, to, lowest and highest', () => {
    const rounds = [roundOf(12, { a: '3' }), roundOf(11, { a: '900' }), roundOf(10, { a: '200' })]
    const all = { fromMs: 0, toMs: 1e12 }
    assert.equal(chartSummary(rounds, all), '3 rounds: median from 200.00 to 3.0000, lowest 3.0000, highest 900.00.')
    assert.equal(chartSummary(rounds, { fromMs: 0, toMs: 1 }), 'No price in this stretch of time.')
  })
})

describe('the stretch of time that is shown', () => {
  const rounds = [roundOf(1_000, { a: '1' }), roundOf(900, { a: '1' })]
  const nowMs = 1_000 * INTERVAL_MS + 5_000

  const shown = (
    range: RangeId,
    { from = rounds, at = nowMs } = {},
  ): { fromMs: number; toMs: number; widthMs: number } => {
    const { fromMs, toMs } = windowOf(range, { rounds: from, nowMs: at, intervalMs: INTERVAL_MS })
    return { fromMs, toMs, widthMs: toMs - fromMs }
  }

  it('ends now, and is as long as its name says, with a little room on both sides', () => {
    const { fromMs, toMs, widthMs } = shown('6h')
    assert.ok(fromMs < nowMs - 6 * HOUR && toMs > nowMs)
    assert.ok(widthMs > 6 * HOUR && widthMs < 6.5 * HOUR)
  })

  it('reaches no further back than the oldest round', () => {
    for (const range of ['7d', 'all'] as const) {
      const { fromMs, widthMs } = shown(range)
      assert.ok(fromMs < 900 * INTERVAL_MS)
      assert.ok(widthMs < 105 * INTERVAL_MS)
    }
  })

  it('has the width of a few rounds while there are fewer', () => {
    for (const few of [[], rounds.slice(0, 1)])
      for (const range of ['1h', '24h', 'all'] as const) {
        const { fromMs, toMs, widthMs } = shown(range, { from: few })
        assert.ok(fromMs < nowMs && toMs > nowMs)
        assert.ok(widthMs >= 3 * INTERVAL_MS && widthMs < 4 * INTERVAL_MS, `${widthMs}`)
      }
  })

  it('holds the newest round even when the clock of this machine is behind', () => {
    const { fromMs, toMs } = shown('1h', { at: 0 })
    assert.ok(fromMs < 1_000 * INTERVAL_MS && toMs > 1_000 * INTERVAL_MS)
  })

  it('asks for older rounds until it is full, and not for ever', () => {
    assert.equal(needsOlder('6h', { rounds, nowMs, pages: 1 }), false)
    assert.equal(needsOlder('24h', { rounds, nowMs, pages: 1 }), true)
    assert.equal(needsOlder('all', { rounds, nowMs, pages: 1 }), true)
    assert.equal(needsOlder('all', { rounds, nowMs, pages: PAGES_AT_MOST }), false)
  })

  it('zooms around its middle and stays within what there is', () => {
    const outer = { fromMs: 0, toMs: 100 }
    assert.deepEqual(zoomed(outer, { factor: 0.5, outer }), { fromMs: 25, toMs: 75 })
    assert.deepEqual(zoomed({ fromMs: 80, toMs: 100 }, { factor: 2, outer }), { fromMs: 60, toMs: 100 })
    assert.deepEqual(zoomed(outer, { factor: 2, outer }), outer)
  })
})

function roundOf(round: number, byProposer: Readonly<Record<string, string>>): Round {
  const prices = Object.values(byProposer)
  const sum = prices.reduce((total, price) => total + Number(price), 0)
  return {
    pair: 'ETH-USD',
    round,
    startTime: new Date(round * INTERVAL_MS).toISOString(),
    endTime: new Date((round + 1) * INTERVAL_MS).toISOString(),
    median: String(sum / prices.length),
    prices,
    proposers: Object.keys(byProposer),
  }
}

function priceOf(round: number, proposer: string, price: string): Price {
  const time = new Date(round * INTERVAL_MS).toISOString()
  return {
    id: `${round}${proposer}`,
    network: 'n',
    pair: 'ETH-USD',
    price,
    round,
    observedTime: time,
    source: 's',
    proposer,
    signers: [],
    signerCount: 0,
    lastSignedTime: time,
    createdTime: time,
    disputed: false,
  }
}
