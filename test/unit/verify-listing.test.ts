import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { falseRowLines, falseRowsHeading } from '../../src/commands/verify-listing.ts'
import type { FalseRow } from '../../src/core/row-fault.ts'

const ID = `0x${'ab'.repeat(32)}`
const FOUND: FalseRow = {
  row: { table: 'prices', place: '(0,1)', id: ID },
  faults: [
    { code: 'wrong-id', message: 'the columns have another digest, which is not the id' },
    { code: 'below-threshold', message: '2 signers that count, and 3 make a quorum' },
  ],
}

describe('a false row', () => {
  it('is a line for each fault in columns that stay where they are, where lines may have any length', () => {
    const [heading = '', first = '', second = ''] = (falseRowsHeading() + falseRowLines(FOUND)).split('\n')
    assert.equal(heading.indexOf('what is false'), first.indexOf('the columns'))
    assert.equal(heading.indexOf('what is false'), second.indexOf('2 signers'))
    assert.equal(heading.indexOf('table'), first.indexOf('prices'))
  })

  it('stands above its faults on a terminal, and the heading says so', () => {
    const listing = falseRowsHeading({ width: 80 }) + falseRowLines(FOUND, { width: 40 })
    assert.deepEqual(listing.split('\n'), [
      'False rows, by id and table, and what is false about each:',
      `${ID}  prices`,
      '  the columns have another digest, which',
      '    is not the id',
      '  2 signers that count, and 3 make a',
      '    quorum',
      '',
    ])
  })
})
