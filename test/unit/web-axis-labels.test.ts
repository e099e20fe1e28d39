import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { priceLabels } from '../../src/web/browser/axis-labels.ts'

const labelled = (step: number): string[] => priceLabels([3_037 + step, 3_037 + 2 * step], step)

describe('the labels of prices at a chart', () => {
  it('have the places that their steps need, and no more', () => {
    assert.deepEqual(labelled(0.25), ['3,037.25', '3,037.50'])
    assert.deepEqual(labelled(2.5), ['3,039.5', '3,042.0'])
    assert.deepEqual(labelled(0.5), ['3,037.5', '3,038.0'])
    assert.deepEqual(labelled(0.1), ['3,037.1', '3,037.2'])
    assert.deepEqual(labelled(1), ['3,038', '3,039'])
    assert.deepEqual(labelled(20), ['3,057', '3,077'])
  })

  it('are told apart however small their steps are', () => {
    assert.deepEqual(priceLabels([0.000_000_25, 0.000_000_5], 0.000_000_25), ['0.00000025', '0.00000050'])
    assert.deepEqual(priceLabels([0.3], 0.1 + 0.2), ['0.3'])
    assert.deepEqual(priceLabels([1e-18, 2e-18], 1e-18), ['0.000000000000000001', '0.000000000000000002'])
  })
})
