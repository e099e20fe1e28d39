import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, open } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { writeHttpNote } from '../../src/commands/http-note.ts'
import { VERSION } from '../../src/version.ts'
import { type ApiAtWork, committed, pending, startApi } from '../helpers/api-at-work.ts'
import { defer } from '../helpers/defer.ts'
import { runCli } from '../helpers/run-cli.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** util-linux' `script` runs a command in a terminal of its own. */
const HAS_TERMINALS = await promisify(execFile)('script', ['--version']).then(
  ({ stdout }) => stdout.includes('util-linux'),
  () => false,
)

const HAS_FULL_DEVICE = await access('/dev/full').then(
  () => true,
  () => false,
)

/** A command line beside a node that serves HTTP. */
async function besideNode(t: TestContext) {
  const api = await startApi(t)
  const directory = await temporaryDirectory(t)
  const env = { GP_HTTPADDR: new URL(api.server.url).host }
  const cli = (args: string, more: Readonly<Record<string, string>> = {}) =>
    runCli(args.split(' '), { directory, env: { ...env, ...more } })
  return { ...api, directory, cli }
}

/** `gossip-price` in a terminal: what it writes there, and the keys of a person. */
function inTerminal(t: TestContext, api: ApiAtWork, args: string) {
  const line = `stty rows 40 cols 100; exec ${process.execPath} ${MAIN} ${args} --url ${api.server.url}`
  const child = spawn('script', ['-qec', line, '/dev/null'], { env: { PATH: process.env['PATH'], TERM: 'xterm' } })
  defer(t, async () => void child.kill('SIGKILL'))
  let shown = ''
  const { promise: isDrawn, resolve } = Promise.withResolvers<void>()
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString()
    if (shown.includes('\u001b[?2026l')) resolve()
  })
  const ended = once(child, 'close') as Promise<[number | null]>
  return { isDrawn, ended, shown: () => shown, type: (keys: string) => void child.stdin.write(keys) }
}

describe('gossip-price status', { timeout: 300_000 }, () => {
  it('prints a table once, without an escape sequence, where there is no terminal', async (t) => {
    const { cli, server } = await besideNode(t)
    const { exitCode, stdout, stderr } = await cli('status')
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.match(stdout, new RegExp(`^test-network, as the signer 0x\\w{4}…\\w{4} sees it at ${server.url}, `))
    assert.match(stdout, / ○ gone /)
    assert.ok(!stdout.includes('\u001b'))
  })

  it('has colours where they are asked for, and never against NO_COLOR', async (t) => {
    const { cli } = await besideNode(t)
    assert.ok((await cli('status', { FORCE_COLOR: '1' })).stdout.includes('\u001b[32m'))
    assert.ok(!(await cli('status', { FORCE_COLOR: '0' })).stdout.includes('\u001b'))
    assert.ok(!(await cli('status', { FORCE_COLOR: '1', NO_COLOR: '1' })).stdout.includes('\u001b'))
  })

  it('prints with --json just what /v1/network answers', async (t) => {
    const { cli, ask } = await besideNode(t)
    const { exitCode, stdout } = await cli('status --json')
    assert.equal(exitCode, 0)
    assert.equal(stdout.trimEnd().split('\n').length, 1)
    assert.deepEqual(JSON.parse(stdout), (await ask('/v1/network')).json())
  })

  it('shows the network though its prices cannot be read', async (t) => {
    const { cli, table } = await besideNode(t)
    table.isDown = true
    const { exitCode, stdout } = await cli('status')
    assert.equal(exitCode, 0)
    assert.match(stdout, /\n● Ready: 1 of 4 signers is here\.\n {2}\S.*\n\nnode /)
  })

  it('finds the node that was started last in the directory and still answers', async (t) => {
    const { directory, server } = await besideNode(t)
    await writeHttpNote(join(directory, '.gossip-price/node1'), server.url)
    await writeHttpNote(join(directory, '.gossip-price/node2'), 'http://127.0.0.1:1')
    const here = await runCli(['status'], { directory })
    assert.deepEqual([here.exitCode, here.stdout.includes(server.url)], [0, true], here.stderr)
    const elsewhere = await temporaryDirectory(t)
    const named = await runCli(['status', '--data-dir', join(directory, '.gossip-price')], { directory: elsewhere })
    assert.deepEqual([named.exitCode, named.stdout.includes(server.url)], [0, true], named.stderr)
  })

  it('says so when somebody else answers there', async (t) => {
    const stranger = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1')
    defer(t, async () => void stranger.close())
    await once(stranger, 'listening')
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
    const directory = await temporaryDirectory(t)
    for (const args of [['status'], ['status', '--json'], ['why', '7']]) {
      const { exitCode, stdout, stderr } = await runCli([...args, '--url', url], { directory })
      assert.deepEqual([exitCode, stdout], [1, ''])
      assert.match(stderr, /answers with status 200, and not as a node does: see that the URL is that of one\n$/)
    }
  })

  for (const [name, key] of Object.entries({ q: 'q', 'Ctrl-C': '\u0003' })) {
    it(
      `redraws on a terminal until ${name}, then gives it back and ends with 0`,
      { skip: !HAS_TERMINALS },
      async (t) => {
        const { isDrawn, ended, shown, type } = inTerminal(t, await startApi(t), 'status')
        await isDrawn
        type(key)
        assert.equal((await ended)[0], 0, shown())
        assert.ok(shown().startsWith('\u001b[?1049h\u001b[?25l'))
        assert.ok(shown().endsWith('\u001b[?25h\u001b[?1049l'))
        assert.ok(shown().includes('\u001b[32m● here'))
      },
    )
  }

  it('prints once on a terminal with --once, for 100 columns and in colour', { skip: !HAS_TERMINALS }, async (t) => {
    const { ended, shown } = inTerminal(t, await startApi(t), 'status --once')
    assert.equal((await ended)[0], 0)
    assert.ok(!shown().includes('\u001b[?1049h'))
    assert.ok(shown().includes('\u001b[32m● here'))
    assert.match(shown(), /wider terminal/)
  })
})

describe('gossip-price why', { timeout: 300_000 }, () => {
  it('tells the story of a statement, by its id, by how that begins, and by its round', async (t) => {
    const { cli } = await besideNode(t)
    const { id, statement } = pending()
    const { exitCode, stdout, stderr } = await cli(`why ${id}`)
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.match(
      stdout,
      new RegExp(`^${id}: collecting\n  2 of 3 have signed\\.\n  Missing:\n    carol is not connected since`),
    )
    assert.match(stdout, /\n {2}What would make it pass: one more signature\n$/)
    assert.equal((await cli(`why ${id.slice(0, 9).toUpperCase().replace('X', 'x')}`)).stdout, stdout)
    const ofRound = (await cli(`why ${statement.round}`)).stdout
    assert.ok(ofRound.includes(`${id}: collecting\n`) && ofRound.includes(`${committed().attestation.id}: committed\n`))
    const lines = (await cli(`why ${statement.round} --json`)).stdout.trimEnd().split('\n')
    const phases = lines.map((line) => (JSON.parse(line) as { readonly phase: string }).phase)
    assert.deepEqual(phases.toSorted(), ['collecting', 'committed'])
  })

  it('finds what is on its way by how its id begins, though the table cannot be asked', async (t) => {
    const { cli, table } = await besideNode(t)
    table.isDown = true
    const { id } = pending()
    const { exitCode, stdout } = await cli(`why ${id.slice(0, 9)}`)
    assert.equal(exitCode, 0)
    assert.match(stdout, new RegExp(`^${id}: collecting\n`))
    const other = await cli('why 0x123456')
    assert.deepEqual([other.exitCode, other.stdout], [1, ''])
    assert.match(other.stderr, /The database gives no answer now/)
  })

  it('ends with 1 when the node knows nothing of it', async (t) => {
    const { cli, node } = await besideNode(t)
    const unknown = await cli(`why 0x${'12'.repeat(32)}`)
    assert.deepEqual([unknown.exitCode, unknown.stderr], [1, ''])
    assert.match(unknown.stdout, /: unknown\n {2}nobody told\n {2}The table has no row of it either\.\n$/)
    const prefix = await cli('why 0x123456')
    assert.deepEqual([prefix.exitCode, prefix.stdout], [1, ''])
    assert.match(prefix.stderr, /no id that begins with 0x123456 is on its way/)
    node.knowsRounds = false
    const round = await cli('why 1')
    assert.deepEqual(round, { exitCode: 1, stdout: 'It is over.\nThe table has no price of it.\n', stderr: '' })
    const machine = await cli('why 1 --json')
    const told = JSON.parse(machine.stdout) as { readonly round: number; readonly known: boolean }
    assert.deepEqual([machine.exitCode, told.round, told.known], [1, 1, false])
    assert.equal((await cli(`why ${committed().attestation.statement.round}`)).exitCode, 0, 'the table knows of it')
  })

  it('ends with 0 when it can say why a round has no statement', async (t) => {
    const { cli } = await besideNode(t)
    const round = await cli('why 1')
    assert.deepEqual(round, { exitCode: 0, stdout: 'It is over.\nThe table has no price of it.\n', stderr: '' })
    assert.equal((await cli('why 1 --json')).exitCode, 0)
  })
})

describe('gossip-price health', { timeout: 300_000 }, () => {
  it('ends with 0 when the node is ready, and with 1 and the reasons when it is not', async (t) => {
    const { cli, node, server } = await besideNode(t)
    assert.deepEqual(await cli('health'), { exitCode: 0, stdout: 'ready\n', stderr: '' })
    assert.deepEqual(JSON.parse((await cli('health --json')).stdout), { ready: true, reasons: [], url: server.url })
    node.sentences = ['the mesh is empty', 'no price has come']
    assert.deepEqual(await cli('health'), {
      exitCode: 1,
      stdout: 'the mesh is empty\nno price has come\n',
      stderr: '',
    })
    const machine = await cli('health --json')
    assert.deepEqual(
      [machine.exitCode, JSON.parse(machine.stdout)],
      [1, { ready: false, reasons: node.sentences, url: server.url }],
    )
    assert.equal((await cli(`health --url ${server.url}/livez`)).exitCode, 0)
  })
})

describe('output that is lost', { skip: !HAS_FULL_DEVICE && 'needs /dev/full', timeout: 300_000 }, () => {
  it('is no success', async (t) => {
    const { server, cli } = await besideNode(t)
    const full = await open('/dev/full', 'w')
    defer(t, () => full.close())
    for (const args of [
      ['status', '--url', server.url],
      ['config', 'table'],
      ['status', '--json', '--url', server.url],
    ]) {
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', full.fd, 'pipe'] })
      const closed = once(child, 'close') as Promise<[number | null]>
      const stderr = await text(child.stderr as Readable)
      assert.match(stderr, /^gossip-price: the output cannot be written: ENOSPC.*\n$/, args.join(' '))
      assert.equal((await closed)[0], 1)
    }
    assert.equal((await cli('status')).exitCode, 0)
  })
})

describe('whoever stops reading', { timeout: 300_000 }, () => {
  it('ends no command with a stack', async (t) => {
    const { server } = await besideNode(t)
    for (const args of [['status', '--url', server.url], ['config', 'table'], ['--help'], ['--version']]) {
      const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      child.stdout.destroy()
      const closed = once(child, 'close') as Promise<[number | null]>
      assert.equal(await text(child.stderr), '', args.join(' '))
      assert.equal((await closed)[0], 0, `${args.join(' ')} of ${VERSION}`)
    }
  })
})
