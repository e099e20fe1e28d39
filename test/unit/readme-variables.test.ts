import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { renderVariablesTable } from '../../src/config/render.ts'

const BETWEEN_MARKERS = /<!-- variables:begin -->\n([\s\S]*?)<!-- variables:end -->/

describe('README.md', () => {
  it('has the table that `gossip-price config table` prints, between its markers', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
    const [, table = ''] = BETWEEN_MARKERS.exec(readme) ?? []
    assert.equal(table.trim(), renderVariablesTable().trim())
  })
})
