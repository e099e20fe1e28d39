import assert from 'node:assert/strict'
import { existsSync, readdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/node/system-clock.ts'
import { NodeDisk } from '../../src/store/node-disk.ts'
import { Document, ROOT, quoted, textOf, unquoted } from '../helpers/documents.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const architecture = new Document('docs/architecture.md')

const folders = new Map<string, readonly string[]>()
for (const [folder, , imports = ''] of architecture.table('<!-- folders -->')) {
  folders.set(unquoted(folder), imports === 'all above' ? [...folders.keys()] : quoted(imports))
}

/** A file's room: its folder, and for a file beside the folders, as config.ts, the folder of its name. */
function roomOf(path: string): string {
  return path.split('/')[0]?.replace(/\.ts$/, '') ?? ''
}

describe('docs/architecture.md', () => {
  it('has a row for every folder of src', () => {
    const found = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory())
    assert.deepEqual([...folders.keys()].toSorted(), found.map(({ name }) => name).toSorted())
  })

  it('names the only folders that each folder imports from', () => {
    const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).map((name) =>
      name.replaceAll('\\', '/'),
    )
    for (const file of files.filter((name) => name.endsWith('.ts'))) {
      const room = roomOf(file)
      const imported = [...textOf(`src/${file}`).matchAll(/(?:from|import\() ?'(\.{1,2}\/[^']+)'/g)].map(
        ([, path = '']) => roomOf(new URL(path, `file:///${file}`).pathname.slice(1)),
      )
      const others = imported.filter((other) => other !== room && folders.has(other))
      const allowed = folders.get(room)
      // main.ts and version.ts are no rooms.
      if (allowed === undefined) continue
      for (const other of others) assert.ok(allowed.includes(other), `src/${file} imports from ${other}`)
    }
  })

  it('names the tables of the node’s own disk', async (t) => {
    const directory = await temporaryDirectory(t)
    new NodeDisk({ clock: systemClock, logger: new RecordingLogger() }, { directory }).close()
    const database = new DatabaseSync(join(directory, 'node.sqlite'), { readOnly: true })
    const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all()
    database.close()
    const named = architecture.table('## On disk').flatMap(([, what]) => /^table `(\w+)`/.exec(what ?? '')?.[1] ?? [])
    assert.deepEqual(named.toSorted(), tables.map((table) => String(table['name'])).toSorted())
  })
})

describe('docs/decisions', () => {
  const records = readdirSync(join(ROOT, 'docs/decisions')).filter((name) => name !== 'README.md')
  const index = textOf('docs/decisions/README.md')

  it('are numbered from 1 without a gap', () => {
    const numbers = records.toSorted().map((name) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1]))
    assert.deepEqual(
      numbers,
      Array.from({ length: records.length }, (_, place) => place + 1),
    )
  })

  for (const record of records) {
    it(`are in the index with their title, and say context, decision and consequence: ${record}`, () => {
      const text = textOf(`docs/decisions/${record}`)
      const [, title = ''] = /^# \d+\. (.*)\n/.exec(text) ?? []
      assert.ok(index.includes(`[${title}](${record})`), title)
      assert.deepEqual(
        [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
        ['Context', 'Decision', 'Consequence'],
      )
      for (const file of quoted(text).filter((name) => /^(src|test|docker|migrations)\/[\w./-]+$/.test(name))) {
        assert.ok(existsSync(join(ROOT, file)), `${record} names ${file}`)
      }
    })
  }
})
