import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { editDistance, nearest } from '../../src/config/nearest.ts'
import { VARIABLE_NAMES } from '../../src/config/variables.ts'

describe('a misspelt name', () => {
  for (const [text, meant] of [
    ['GP_BOOTSTRAPADRR', 'GP_BOOTSTRAPADDR'],
    ['GP_BOOTSTRAP_ADDR', 'GP_BOOTSTRAPADDR'],
    ['GP_DATABASE_URL', 'GP_DATABASEURL'],
    ['GP_MINIMUM_SIGNER_COUNT', 'GP_MINIMUMSIGNERCOUNT'],
    ['GP_SIGNER', 'GP_SIGNERS'],
    ['GP_loglevel', 'GP_LOGLEVEL'],
    ['GP_XYZZY_PLUGH', undefined],
  ] as const) {
    it(`${text} suggests ${meant ?? 'nothing'}`, () => {
      assert.equal(nearest(text, VARIABLE_NAMES), meant)
    })
  }

  it('is as far away as the letters that are put in, taken out or replaced', () => {
    assert.deepEqual(
      [editDistance('kitten', 'sitting'), editDistance('', 'abc'), editDistance('abc', ''), editDistance('a', 'a')],
      [3, 3, 3, 0],
    )
  })
})
