import assert from 'node:assert/strict'
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { describe, it, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src/node/system-clock.ts'
import { findPackage } from '../../src/store/embedded/binaries.ts'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { defer } from '../helpers/defer.ts'
import { query } from '../helpers/postgres-server.ts'
import { processesNaming } from '../helpers/processes.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { until } from '../helpers/until.ts'

const NOBODY = 65_534
const isRoot = process.getuid?.() === 0
const onlyForRoot = isRoot ? false : 'only the superuser can become somebody else'

/** A directory that is gone after the test, with all servers in it. */
async function temporaryDirectory(t: TestContext, mode = 0o755): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gossip-price-embedded-'))
  await chmod(directory, mode)
  defer(t, async () => {
    await noServerLeft(directory)
    await rm(directory, { recursive: true, force: true })
  })
  return directory
}

function noServerLeft(directory: string): Promise<boolean> {
  return until(async () => (await processesNaming(directory)).length === 0, `no process uses ${directory}`)
}

async function start(
  t: TestContext,
  directory: string,
  options: { readonly port?: number; readonly database?: string } = {},
): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres(
    { logger: new RecordingLogger(), clock: systemClock },
    { directory, database: 'prices', ...options },
  )
  defer(t, () => postgres.stop())
  return postgres
}

interface Owner {
  readonly process: ChildProcessByStdio<Writable, Readable, null>
  readonly url: string
  nextLine(): Promise<string>
}

const OWNER = fileURLToPath(new URL('../helpers/postgres-owner.ts', import.meta.url))

/** Another process that uses the server of the directory. */
async function startOwner(t: TestContext, directory: string, options: { uid?: number } = {}): Promise<Owner> {
  const { uid } = options
  const child = spawn(process.execPath, [OWNER, directory], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  defer(t, () => child.kill('SIGKILL'))
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]()
  const nextLine = async (): Promise<string> => String((await lines.next()).value)
  return { process: child, url: await nextLine(), nextLine }
}

const isUp = (url: string): Promise<boolean> =>
  query(url, 'SELECT').then(
    () => true,
    () => false,
  )

describe('an embedded Postgres', () => {
  it('is a real one that keeps what is committed, reached by its own machine with a password only', async (t) => {
    const directory = await temporaryDirectory(t)
    const postgres = await start(t, directory)
    const [settings] = await query(
      postgres.url,
      `SELECT current_setting('listen_addresses') AS listens, current_setting('unix_socket_directories') AS sockets,
        current_setting('fsync') AS fsync, current_setting('server_encoding') AS encoding, datcollate AS collation,
        left(rolpassword, 13) AS password, current_setting('server_version_num')::int / 10000 AS version
      FROM pg_database, pg_authid WHERE datname = current_database() AND rolname = current_user`,
    )
    assert.deepEqual(settings, {
      listens: '127.0.0.1',
      sockets: '',
      fsync: 'on',
      encoding: 'UTF8',
      collation: 'C',
      password: 'SCRAM-SHA-256',
      version: 18,
    })
    const wrong = new URL(postgres.url)
    wrong.password = 'wrong'
    await assert.rejects(query(wrong.href, 'SELECT'), { code: '28P01' })
  })

  it('keeps its password where only its owner can read it', async (t) => {
    const directory = await temporaryDirectory(t)
    const { url } = await start(t, directory)
    const file = join(directory, 'password')
    assert.equal((await readFile(file, 'utf8')).trim(), new URL(url).password)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    const { password } = new URL(url)
    const others = (await readdir(directory, { withFileTypes: true })).filter((entry) => entry.isFile())
    for (const { name } of others.filter((entry) => entry.name !== 'password')) {
      assert.ok(!(await readFile(join(directory, name), 'utf8')).includes(password), name)
    }
  })

  it('has its data again after a stop, whatever the port', async (t) => {
    const directory = await temporaryDirectory(t)
    const first = await start(t, directory)
    await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
    await first.stop()
    await first.stop()
    assert.ok(!(await isUp(first.url)))
    const second = await start(t, directory)
    assert.deepEqual(await query(second.url, 'SELECT answer FROM kept'), [{ answer: 42 }])
  })

  it('is joined by whoever comes later, on the port it has, and ends with the last', async (t) => {
    const directory = await temporaryDirectory(t)
    const first = await start(t, directory)
    const second = await start(t, directory, { port: 1, database: 'other' })
    const third = await startOwner(t, directory)
    assert.equal(second.port, first.port)
    assert.equal(third.url, first.url)
    assert.match(second.url, /\/other$/)
    await first.stop()
    assert.ok(await isUp(second.url))
    third.process.stdin.end()
    await once(third.process, 'exit')
    assert.ok(await isUp(second.url))
    await second.stop()
    assert.ok(!(await isUp(second.url)))
    await noServerLeft(directory)
  })

  it('is one, however many processes start it at once', async (t) => {
    const directory = await temporaryDirectory(t)
    const owners = await Promise.all(Array.from({ length: 4 }, () => startOwner(t, directory)))
    assert.equal(new Set(owners.map(({ url }) => url)).size, 1)
    const [first, ...others] = owners
    for (const { process: other } of others) {
      other.stdin.end()
      await once(other, 'exit')
    }
    assert.ok(await isUp(first?.url ?? ''))
    const leftOvers = (await readdir(directory)).filter((name) => name.includes('making'))
    assert.deepEqual(leftOvers, [])
  })

  it('ends when its only user is killed', async (t) => {
    const directory = await temporaryDirectory(t)
    const owner = await startOwner(t, directory)
    assert.notEqual((await processesNaming(directory)).length, 1)
    owner.process.kill('SIGKILL')
    await noServerLeft(directory)
    assert.match(await readFile(join(directory, 'postgres.log'), 'utf8'), /database system is shut down\n$/)
  })

  it('goes on for the others when the one that started it is killed', async (t) => {
    const directory = await temporaryDirectory(t)
    const owner = await startOwner(t, directory)
    const joined = await start(t, directory)
    owner.process.kill('SIGKILL')
    await once(owner.process, 'exit')
    assert.ok(await isUp(joined.url))
    await joined.stop()
    assert.ok(!(await isUp(joined.url)))
  })

  it('is still there for its users after a Ctrl-C', async (t) => {
    const directory = await temporaryDirectory(t)
    const owner = await startOwner(t, directory)
    process.kill(-(owner.process.pid ?? assert.fail()), 'SIGINT')
    assert.equal(await owner.nextLine(), 'flushed')
    await once(owner.process, 'exit')
    await noServerLeft(directory)
  })

  it('starts on the port it is given', async (t) => {
    const directory = await temporaryDirectory(t)
    const first = await start(t, directory)
    await first.stop()
    const second = await start(t, directory, { port: first.port })
    assert.equal(second.port, first.port)
  })

  it('says so when that port is taken', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    defer(t, () => server.close())
    const { port } = server.address() as { port: number }
    await assert.rejects(start(t, await temporaryDirectory(t), { port }), {
      name: 'EmbeddedPostgresError',
      code: 'port-in-use',
      message: new RegExp(`^Port ${port} of 127\\.0\\.0\\.1.* is in use: .* choose another port`),
    })
  })

  it('says what Postgres said when that does not start', async (t) => {
    const directory = await temporaryDirectory(t)
    await (await start(t, directory)).stop()
    await writeFile(join(directory, 'data', 'postgresql.conf'), 'no_such_setting = 1\n')
    await assert.rejects(start(t, directory), {
      code: 'start-failed',
      message: /postgres\.log:\n.*unrecognized configuration parameter "no_such_setting"/,
    })
  })

  it('says so when the password is gone, and does not touch the data', async (t) => {
    const directory = await temporaryDirectory(t)
    await (await start(t, directory)).stop()
    await rm(join(directory, 'password'))
    await assert.rejects(start(t, directory), { code: 'password-lost', message: /put .*password back/ })
    await writeFile(join(directory, 'password'), 'another\n')
    await assert.rejects(start(t, directory), { code: 'password-lost', message: /put the right one back/ })
  })

  it('is joined and left running when somebody started it by hand', async (t) => {
    const directory = await temporaryDirectory(t)
    const first = await start(t, directory)
    await first.stop()
    const data = join(directory, 'data')
    const postgres = join(await findPackage(), 'native', 'bin', 'postgres')
    const { uid, gid } = await stat(data)
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', `port=${first.port}`]
    const byHand = spawn(postgres, ['-D', data, ...settings.flatMap((setting) => ['-c', setting])], {
      stdio: 'ignore',
      ...(isRoot ? { uid, gid } : {}),
    })
    defer(t, async () => {
      byHand.kill('SIGINT')
      await once(byHand, 'exit')
    })
    await until(() => isUp(first.url), 'the server started by hand is up')
    const logger = new RecordingLogger()
    const joined = await startEmbeddedPostgres({ logger, clock: systemClock }, { directory, database: 'prices' })
    assert.equal(joined.url, first.url)
    assert.match(logger.at('warn').join(), /will not end with us/)
    await joined.stop()
    assert.ok(await isUp(first.url))
  })

  it('names the way out when its package is not installed', async (t) => {
    const { arch } = process
    defer(t, () => Object.defineProperty(process, 'arch', { value: arch }))
    Object.defineProperty(process, 'arch', { value: 'abacus' })
    await assert.rejects(start(t, await temporaryDirectory(t)), {
      code: 'no-binaries',
      message: /@embedded-postgres\/\w+-abacus, which is not installed\. Set GP_DATABASEURL/,
    })
  })

  it('starts over what a killed start and a reused process id left behind', async (t) => {
    const directory = await temporaryDirectory(t)
    await (await start(t, directory)).stop()
    const abandoned = join(directory, 'data.making-2147483647-abcdef')
    await mkdir(abandoned)
    await rm(join(directory, 'data'), { recursive: true })
    await (await start(t, directory)).stop()
    assert.ok(!(await readdir(directory)).includes('data.making-2147483647-abcdef'))
    await writeFile(join(directory, 'data', 'postmaster.pid'), `${process.pid}\n/elsewhere\n0\n1\n\n\n\nready\n`)
    assert.ok(await isUp((await start(t, directory)).url))
  })
})

/** Who runs the server of the directory. */
async function uidOf(directory: string): Promise<number> {
  const [pid] = (await readFile(join(directory, 'data', 'postmaster.pid'), 'utf8')).split('\n')
  return (await stat(`/proc/${pid}`)).uid
}

describe('who runs an embedded Postgres that the superuser starts', { skip: onlyForRoot }, () => {
  it('is a user with fewer rights where that one can reach the directory', async (t) => {
    const directory = await temporaryDirectory(t, 0o755)
    await start(t, directory)
    assert.notEqual(await uidOf(directory), 0)
    assert.equal((await stat(join(directory, 'data'))).uid, await uidOf(directory))
  })

  it('is the superuser in a user namespace where nobody else can', async (t) => {
    const directory = await temporaryDirectory(t, 0o700)
    const postgres = await start(t, directory)
    assert.ok(await isUp(postgres.url))
    assert.equal((await stat(join(directory, 'data'))).uid, 0)
    await postgres.stop()
    const owner = await startOwner(t, directory)
    owner.process.kill('SIGKILL')
    await noServerLeft(directory)
  })

  it('is nobody with a right to pass closed directories where user namespaces are forbidden', async (t) => {
    const directory = await temporaryDirectory(t, 0o700)
    const path = process.env['PATH'] ?? ''
    const tools = join(directory, 'tools')
    await mkdir(tools)
    for (const tool of ['id', 'mkfifo', 'setpriv']) await symlink(join('/usr/bin', tool), join(tools, tool))
    defer(t, () => (process.env['PATH'] = path))
    process.env['PATH'] = tools
    const postgres = await start(t, directory)
    assert.ok(await isUp(postgres.url))
    assert.equal(await uidOf(directory), NOBODY)
    await postgres.stop()
  })

  it('is nobody at all where nobody can, which is said with what to do', async (t) => {
    const directory = await temporaryDirectory(t, 0o700)
    const path = process.env['PATH'] ?? ''
    defer(t, () => (process.env['PATH'] = path))
    process.env['PATH'] = directory
    await assert.rejects(start(t, directory), {
      code: 'cannot-run',
      message: /as root in a user namespace: .*ENOENT.* or set GP_DATABASEURL to the URL of a Postgres/,
    })
  })

  it('is another one when the directory has been closed or opened meanwhile', async (t) => {
    const directory = await temporaryDirectory(t, 0o755)
    for (const mode of [0o755, 0o700, 0o755]) {
      await chmod(directory, mode)
      const postgres = await start(t, directory)
      assert.ok(await isUp(postgres.url))
      await postgres.stop()
    }
  })

  it('is the owner of a directory that belongs to a user', async (t) => {
    const directory = await temporaryDirectory(t, 0o700)
    await chown(directory, NOBODY, NOBODY)
    await start(t, directory)
    assert.equal(await uidOf(directory), NOBODY)
  })
})

it('a user without special rights runs it as itself', { skip: onlyForRoot }, async (t) => {
  const directory = await temporaryDirectory(t, 0o700)
  await chown(directory, NOBODY, NOBODY)
  const owner = await startOwner(t, directory, { uid: NOBODY })
  assert.ok(await isUp(owner.url))
  assert.equal((await stat(join(directory, 'data'))).uid, NOBODY)
  owner.process.kill('SIGKILL')
  await noServerLeft(directory)
})
