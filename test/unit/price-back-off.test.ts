import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createBackOff } from '../../src/price/back-off.ts'

const waits = (random: number): number[] => {
  const backOff = createBackOff({ random: () => random }, { firstMs: 1_000, longestMs: 30_000 })
  return Array.from({ length: 7 }, () => backOff.next())
}

describe('back-off', () => {
  it('waits double up to the longest', () => {
    assert.deepEqual(
      waits(0.999_999).map((ms) => Math.round(ms)),
      [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
    )
  })

  it('half of each wait is drawn at random', () => {
    assert.deepEqual(waits(0), [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000])
  })

  it('a first wait is never above the longest', () => {
    const backOff = createBackOff({ random: () => 0.5 }, { firstMs: 1_000, longestMs: 100 })
    assert.equal(backOff.next(), 75)
  })
})
