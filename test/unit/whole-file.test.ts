import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { codeOf, unlessMissing, writeWhole } from '../../src/files/whole-file.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const OWNER_ONLY = 0o600

describe('a file that is written whole', () => {
  it('takes the place of what was there, and leaves no draft', async (t) => {
    const directory = await temporaryDirectory(t)
    const file = join(directory, 'note')
    await writeWhole(file, 'a longer one')
    await writeWhole(file, 'another')
    assert.equal(await readFile(file, 'utf8'), 'another')
    assert.deepEqual(await readdir(directory), ['note'])
  })

  it('is only its owner’s when that is asked for, whatever draft a crash has left', async (t) => {
    const file = join(await temporaryDirectory(t), 'secret')
    await writeFile(`${file}.new`, 'half')
    await chmod(`${file}.new`, 0o666)
    await writeWhole(file, 'whole', { mode: OWNER_ONLY })
    assert.equal(await readFile(file, 'utf8'), 'whole')
    assert.equal((await stat(file)).mode & 0o777, OWNER_ONLY)
  })

  it('leaves what was there when it cannot be written', async (t) => {
    const file = join(await temporaryDirectory(t), 'note')
    await writeWhole(file, 'before')
    await mkdir(`${file}.new`)
    await assert.rejects(writeWhole(file, 'after'))
    assert.equal(await readFile(file, 'utf8'), 'before')
  })

  it('is undefined where it is missing, and any other fault is thrown', async (t) => {
    const directory = await temporaryDirectory(t)
    assert.equal(await readFile(join(directory, 'none')).catch(unlessMissing), undefined)
    await writeWhole(join(directory, 'file'), '')
    assert.equal(await readFile(join(directory, 'file', 'below')).catch(unlessMissing), undefined)
    await assert.rejects(readFile(directory).catch(unlessMissing), (error) => codeOf(error) === 'EISDIR')
  })
})
