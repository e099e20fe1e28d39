import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { textOf } from '../helpers/documents.ts'

const text = textOf('docs/threat-model.md')

/** Every test that the page names: a file, and the title that follows until its cell or parenthesis ends. */
const named = [...text.matchAll(/`(test\/[\w./-]+\.test\.ts)` ([^|)\n]+)/g)].map(([, file = '', title = '']) => {
  return { file, title: title.trim() }
})

/** The rows of all tables, each a list of cells. */
const rows = text
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !line.startsWith('| may '))
  .map((line) => line.split('|').map((cell) => cell.trim()))

describe('docs/threat-model.md', () => {
  for (const { file, title } of named) {
    it(`names a test that there is: ${title}`, () => {
      assert.ok(textOf(file).includes(title), `${file} has no "${title}"`)
    })
  }

  for (const [, may, cannot, shownBy = ''] of rows) {
    it(`shows, or leaves out of scope: ${cannot || may}`, () => {
      assert.match(shownBy === '' ? (cannot ?? '') : shownBy, /`test\/|out of scope|^— :/)
    })
  }
})
