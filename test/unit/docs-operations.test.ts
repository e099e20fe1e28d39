import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EXIT } from '../../src/node/exit-code.ts'
import { Document, ROOT, textOf, unquoted } from '../helpers/documents.ts'

const operations = new Document('docs/operations.md')
const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
const sources = files.filter((name) => name.endsWith('.ts')).map((name) => textOf(`src/${name}`))

/** Whether some file of the code says this line; what is left out of it is anything. */
function isSaid(line: string): boolean {
  const parts = line.split('…').map((part) => part.trim())
  return sources.some((text) => parts.every((part) => text.includes(part)))
}

describe('docs/operations.md', () => {
  for (const [line, level] of operations.table('<!-- log lines -->')) {
    it(`quotes a line that a node writes: ${line}`, () => {
      assert.ok(isSaid(unquoted(line)))
      assert.match(level ?? '', /^(info|warn|error)$/)
    })
  }

  for (const [symptom = ''] of operations.table('## When it hurts')) {
    for (const [, line = ''] of symptom.matchAll(/`([^`]+)`/g)) {
      it(`quotes a sentence that the code has: ${line}`, () => assert.ok(isSaid(line)))
    }
  }

  it('has the exit codes of the code', () => {
    const codes = operations.table('## Run it').map(([code]) => Number(code))
    assert.deepEqual(codes, [0, ...Object.values(EXIT)])
  })
})
