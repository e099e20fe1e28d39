import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ROW_FAULT_CODES } from '../../src/core/row-fault.ts'
import { Document, unquoted } from '../helpers/documents.ts'

describe('docs/operations.md', () => {
  it('has a row for everything that can be false about a row of the table', () => {
    const rows = new Document('docs/operations.md').table('<!-- row faults -->')
    assert.deepEqual(
      rows.map(([code]) => unquoted(code)),
      [...ROW_FAULT_CODES],
    )
  })
})
