import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Column, layTable } from '../../src/commands/terminal-table.ts'
import { cutToWidth, textWidth, wrapToWidth } from '../../src/commands/text-width.ts'

interface Fruit {
  readonly name: string
  readonly weight: string
  readonly from: string
}

const ROWS: readonly Fruit[] = [
  { name: 'apple', weight: '9', from: 'here' },
  { name: '梨', weight: '120', from: 'far away' },
]

const COLUMNS: readonly Column<Fruit>[] = [
  { heading: 'fruit', spare: 0, cell: ({ name }) => ({ text: name }) },
  { heading: 'gram', align: 'right', spare: 1, cell: ({ weight }) => ({ text: weight }) },
  { heading: 'from', spare: 2, cell: ({ from }) => ({ text: from, paint: (text) => `<${text}>` }) },
]

describe('the width of text', () => {
  it('is that of the cells it takes: two for wide characters and pictures, none for marks', () => {
    const widths = { 'node 1': 6, '…': 1, 價格: 4, '🙂': 2, 'e\u0301': 1, '\u0301\u200b': 0, '👩‍👩‍👧': 2, ｆｕ: 4, '': 0 }
    for (const [text, width] of Object.entries(widths)) assert.equal(textWidth(text), width, text)
  })

  it('is never exceeded by a cut, which tears no character apart', () => {
    assert.equal(cutToWidth('gossip', 6), 'gossip')
    assert.equal(cutToWidth('gossip', 5), 'goss…')
    assert.equal(cutToWidth('價格很好', 6), '價格…')
    assert.equal(cutToWidth('e\u0301e\u0301e\u0301', 2), 'e\u0301…')
    assert.equal(cutToWidth('gossip', 0), '')
    for (let width = 0; width < 12; width++) assert.ok(textWidth(cutToWidth('a價b格c🙂', width)) <= width)
  })

  it('is kept by a wrapped sentence wherever its words allow it, and no word is lost', () => {
    const text = '  - the mesh is empty: 價格 no messages are exchanged with any peer yet'
    const lines = wrapToWidth(text, { width: 20, indent: '    ' })
    assert.ok(
      lines.every((line) => textWidth(line) <= 20),
      lines.join('\n'),
    )
    assert.ok(lines.slice(1).every((line) => line.startsWith('    ')))
    assert.equal(lines.map((line) => line.trim()).join(' '), text.trim())
    assert.deepEqual(wrapToWidth(text, { width: Infinity }), [text])
  })
})

describe('a table', () => {
  it('has columns as wide as what they hold, colours beside the counting, and nothing behind the last one', () => {
    const { lines, leftOut } = layTable(COLUMNS, { rows: ROWS, width: Infinity, paintHeading: (text) => `*${text}*` })
    assert.deepEqual(lines, ['*fruit*  *gram*  *from*', 'apple     9  <here>', '梨      120  <far away>'])
    assert.deepEqual(leftOut, [])
  })

  it('leaves out the columns that can be spared, and says which, until it fits', () => {
    assert.deepEqual(layTable(COLUMNS, { rows: ROWS, width: 21 }).leftOut, [])
    assert.deepEqual(layTable(COLUMNS, { rows: ROWS, width: 20 }).leftOut, ['from'])
    assert.deepEqual(layTable(COLUMNS, { rows: ROWS, width: 10 }).leftOut, ['gram', 'from'])
  })

  it('is never wider than the terminal, however narrow that is', () => {
    for (let width = 1; width < 30; width++) {
      const { lines } = layTable(COLUMNS, { rows: ROWS, width })
      for (const line of lines) assert.ok(textWidth(line.replaceAll(/[<>*]/g, '')) <= width, `${width}: ${line}`)
    }
  })
})
