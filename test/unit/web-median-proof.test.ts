import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Price } from '../../src/web/browser/api-shapes.ts'
import { type MedianProof, medianProof } from '../../src/web/browser/median-proof.ts'
import type { RowCheck } from '../../src/web/browser/row-checker.ts'
import { DashboardWorld } from '../helpers/dashboard-world.ts'

const world = new DashboardWorld({ rounds: 1 })
const [newest] = world.rows
assert.ok(newest)
const round = world.round('ETH-USD', newest.statement.round)
const prices = world.rows.map((row) => world.price(row))

function judged({ id }: Price, isTrue: boolean): RowCheck {
  const row = world.rows.find((known) => known.id === id)
  assert.ok(row)
  return { kind: 'judged', row: world.proved(row), verdict: { isTrue, digest: id, faults: [], signers: [] } }
}

const proofOf = (
  shown: readonly Price[],
  { check = (price: Price): RowCheck => judged(price, true), median = round.median } = {},
): MedianProof => medianProof({ ...round, median }, { prices: shown, check })

describe('the proof of a median', () => {
  it('holds when it is that of all rows of its round, and each of them is true', () => {
    assert.equal(proofOf(prices), 'true')
  })

  it('is not there while a row is missing, or not checked yet', () => {
    assert.equal(proofOf(prices.slice(1)), undefined)
    assert.equal(proofOf(prices, { check: () => ({ kind: 'waiting' }) }), undefined)
  })

  it('fails for one false row, and for a median that is not theirs', () => {
    assert.equal(proofOf(prices, { check: (price) => judged(price, price.id !== prices[2]?.id) }), 'false')
    assert.equal(proofOf(prices, { median: '3999.5' }), 'false')
  })

  it('is about nothing but prices', () => {
    assert.equal(proofOf(prices, { median: 'high' }), undefined)
    const [first, ...others] = prices as [Price, ...Price[]]
    assert.equal(proofOf([{ ...first, price: 'high' }, ...others]), undefined)
  })
})
