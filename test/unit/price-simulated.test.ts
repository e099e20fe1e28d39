import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { isPriceFault, parsePrice } from '../../src/core/price.ts'
import { simulatedRates } from '../../src/price/simulated-prices.ts'

const START_MS = Date.UTC(2025, 0, 1)
const DAY_MS = 86_400_000

const rate = (base: string, quote: string, timeMs: number, seed: string | number = 'walk'): number =>
  Number(simulatedRates(base, { seed, timeMs })[quote])

const PAIRS = [
  ['ETH', 'USD'],
  ['BTC', 'USD'],
  ['SOL', 'EUR'],
  ['ETH', 'BTC'],
  ['DOGE', 'GBP'],
  ['FOO', 'USD'],
] as const

describe('simulated prices', () => {
  it('the same seed, base and second give the same texts', () => {
    // Written down once: another machine or another version must not see other prices.
    const { USD, EUR, BTC } = simulatedRates('ETH', { seed: 'walk', timeMs: START_MS })
    assert.deepEqual({ USD, EUR, BTC }, { USD: '3003.06', EUR: '2776.75', BTC: '0.0490595' })
  })

  it('a price stands still for a second', () => {
    assert.deepEqual(
      simulatedRates('ETH', { seed: 'walk', timeMs: START_MS + 999 }),
      simulatedRates('ETH', { seed: 'walk', timeMs: START_MS }),
    )
  })

  it('a number and its text are the same seed, other seeds are other walks', () => {
    assert.equal(rate('ETH', 'USD', START_MS, 7), rate('ETH', 'USD', START_MS, '7'))
    const prices = new Set(Array.from({ length: 20 }, (_, seed) => rate('ETH', 'USD', START_MS, seed)))
    assert.ok(prices.size > 15)
  })

  for (const [base, quote] of PAIRS) {
    it(`${base}-${quote} moves, by at most 0.02 % a second`, () => {
      let moved = 0
      let previous = rate(base, quote, START_MS)
      for (let second = 1; second <= 3 * 3_600; second++) {
        const next = rate(base, quote, START_MS + second * 1_000)
        const step = Math.abs(next / previous - 1)
        assert.ok(step <= 0.000_2, `${step} at second ${second}`)
        if (step > 0) moved++
        previous = next
      }
      assert.ok(moved > 1_000, `moved in ${moved} seconds`)
    })
  }

  it('ETH stays near 3000 dollars and yet moves by more than a percent, over a year', () => {
    const prices = Array.from({ length: 365 * 24 }, (_, hour) => rate('ETH', 'USD', START_MS + (hour * DAY_MS) / 24))
    const [lowest, highest] = [Math.min(...prices), Math.max(...prices)]
    assert.ok(lowest > 2_840 && highest < 3_160, `${lowest} to ${highest}`)
    assert.ok(highest / lowest > 1.02)
  })

  it('the usual pairs have two or three decimals', () => {
    for (const base of ['ETH', 'BTC', 'SOL']) {
      for (const quote of ['USD', 'EUR', 'GBP']) {
        assert.match(simulatedRates(base, { seed: 1, timeMs: START_MS })[quote] ?? '', /^\d+\.\d{2,3}$/)
      }
    }
  })

  it('prices agree with each other', () => {
    const direct = rate('ETH', 'USD', START_MS)
    const around = rate('ETH', 'EUR', START_MS) * rate('EUR', 'USD', START_MS)
    assert.ok(Math.abs(around / direct - 1) < 0.000_05)
  })

  it('every rate of every base at any time of this century is a sound price', () => {
    const base = fc.stringMatching(/^[A-Z0-9]{1,16}$/)
    const timeMs = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) })
    fc.assert(
      fc.property(base, timeMs, fc.string(), (anyBase, at, seed) => {
        for (const text of Object.values(simulatedRates(anyBase, { seed, timeMs: at }))) {
          assert.ok(!isPriceFault(parsePrice(text)), text)
        }
      }),
    )
  })
})
