import assert from 'node:assert/strict'
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { findHttpNotes, removeHttpNote, writeHttpNote } from '../../src/commands/http-note.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

describe('the word that a node leaves of its HTTP address', () => {
  it('is found in its data directory and in that of its cluster, the newest first, and no address twice', async (t) => {
    const cluster = await temporaryDirectory(t)
    for (const [name, age] of Object.entries({ node1: 20, node2: 10, node3: 30 })) {
      await writeHttpNote(join(cluster, name), name === 'node3' ? 'http://127.0.0.1:1' : `http://127.0.0.1:${age}`)
      await utimes(join(cluster, name, 'http.json'), 1_000 - age, 1_000 - age)
    }
    await writeHttpNote(join(cluster, 'node4'), 'http://127.0.0.1:1')
    const directories = [join(cluster, 'node1'), cluster, join(cluster, 'nowhere')]
    assert.deepEqual(await findHttpNotes(directories), [
      'http://127.0.0.1:1',
      'http://127.0.0.1:10',
      'http://127.0.0.1:20',
    ])
  })

  it('is gone when the node has removed it, and nothing else is left of it', async (t) => {
    const directory = await temporaryDirectory(t)
    await writeHttpNote(directory, 'http://127.0.0.1:8080')
    await removeHttpNote(directory)
    await removeHttpNote(directory)
    assert.deepEqual(await findHttpNotes([directory]), [])
    assert.deepEqual(await readdir(directory), [])
  })

  it('tells of no node when it cannot be understood', async (t) => {
    const directory = await temporaryDirectory(t)
    const texts = ['', 'null', '{}', '{"url": 7}', '{"url": "nowhere"}', '{"url": "ftp://h"}']
    for (const [index, text] of texts.entries()) {
      await mkdir(join(directory, `${index}`))
      await writeFile(join(directory, `${index}`, 'http.json'), text)
    }
    await mkdir(join(directory, 'directory', 'http.json'), { recursive: true })
    assert.deepEqual(await findHttpNotes([directory]), [])
  })
})
