import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { access, chmod, chown, constants, mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { it, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { type Binaries, prepareBinaries } from '../../src/store/embedded/binaries.ts'
import { defer } from '../helpers/defer.ts'
import { RecordingLogger } from '../helpers/recorders.ts'

const NOBODY = 65_534
const MODULE = new URL('../../src/store/embedded/binaries.ts', import.meta.url).href

/** A package as npm leaves it when it runs no install script: no links, and here no execute bits either. */
async function barePackage(t: TestContext): Promise<{ packageFolder: string; directory: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gossip-price-binaries-'))
  const [packageFolder, directory] = [join(folder, 'package'), join(folder, 'directory')]
  await chmod(folder, 0o755)
  await mkdir(join(packageFolder, 'native', 'bin'), { recursive: true })
  await mkdir(join(packageFolder, 'native', 'lib'))
  await mkdir(directory)
  const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }]
  const files = {
    'package.json': JSON.stringify({ version: '18.4.0' }),
    'native/pg-symlinks.json': JSON.stringify(links),
    'native/lib/libpq.so.5.18': '',
    'native/bin/initdb': '#!/bin/sh\n',
    'native/bin/postgres': '#!/bin/sh\n',
  }
  for (const [name, content] of Object.entries(files)) {
    await writeFile(join(packageFolder, name), content, { mode: 0o644 })
  }
  defer(t, async () => {
    for (const name of ['bin', 'lib']) await chmod(join(packageFolder, 'native', name), 0o755)
    await rm(folder, { recursive: true })
  })
  return { packageFolder, directory }
}

async function isComplete({ postgres, initdb }: Binaries): Promise<void> {
  for (const program of [postgres, initdb]) await access(program, constants.X_OK)
  const library = join(postgres, '..', '..', 'lib', 'libpq.so.5')
  assert.equal(await readlink(library), 'libpq.so.5.18')
  await access(library)
}

it('what npm left out of the package is put in place, once', async (t) => {
  const folders = await barePackage(t)
  const logger = new RecordingLogger()
  const binaries = await prepareBinaries({ logger }, folders)
  assert.equal(binaries.postgres, join(folders.packageFolder, 'native', 'bin', 'postgres'))
  await isComplete(binaries)
  assert.deepEqual(await prepareBinaries({ logger }, folders), binaries)
  assert.deepEqual(logger.lines, [])
})

it('several processes may do so at once', async (t) => {
  const folders = await barePackage(t)
  const all = await Promise.all(
    Array.from({ length: 8 }, () => prepareBinaries({ logger: new RecordingLogger() }, folders)),
  )
  await Promise.all(all.map(isComplete))
})

it('a package that cannot be written to is copied beside the data', async (t) => {
  const folders = await barePackage(t)
  const { packageFolder, directory } = folders
  for (const name of ['bin', 'lib']) await chmod(join(packageFolder, 'native', name), 0o555)
  // No mode keeps the superuser from writing; nobody is kept from it.
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}
  if ('uid' in user) await chown(directory, NOBODY, NOBODY)
  const prepare = `
    const { prepareBinaries } = await import(${JSON.stringify(MODULE)})
    const prepared = await prepareBinaries({ logger: { info() {} } }, ${JSON.stringify(folders)})
    process.stdout.write(JSON.stringify(prepared))`
  const run = async (): Promise<Binaries> => {
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', prepare], user)
    return JSON.parse(stdout) as Binaries
  }
  const [binaries, again] = await Promise.all([run(), run()])
  assert.equal(binaries.postgres, join(directory, 'postgres-18.4.0', 'native', 'bin', 'postgres'))
  assert.deepEqual(again, binaries)
  await isComplete(binaries)
  assert.deepEqual(await readdir(directory), ['postgres-18.4.0'])
})
