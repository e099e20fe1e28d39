import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { findPorts } from '../../src/cluster/ports.ts'
import { SEES_PROCESSES, allGone, startCommand } from '../helpers/child-process.ts'
import { startCoinbaseStandIn } from '../helpers/coinbase-stand-in.ts'
import { defer } from '../helpers/defer.ts'
import { type ProvableRow, prove } from '../helpers/row-proof.ts'
import { runCli } from '../helpers/run-cli.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'
import { until } from '../helpers/until.ts'

const PRIVATE_KEY = '4f3edf983ac636a65a842ce7c78d9aa706d3b113bce9c46f30d7d21715b23b1d'

/** A server on a free port of this machine, and who connected to it. */
async function listener(t: TestContext): Promise<{ readonly port: number; readonly visitors: readonly Socket[] }> {
  const visitors: Socket[] = []
  const server = createServer((socket) => visitors.push(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(t, () => {
    for (const socket of visitors) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, visitors }
}

const OPTIONS = { timeout: 240_000, skip: !SEES_PROCESSES && 'processes are looked for in /proc' }

describe('gossip-price node', OPTIONS, () => {
  it('tells all that is wrong with its configuration at once, without secrets, and opens no socket', async (t) => {
    const directory = await temporaryDirectory(t)
    const { port, visitors } = await listener(t)
    const node = startCommand(t, ['node'], {
      directory,
      env: {
        GP_CONNECTIONADDR: `/ip4/127.0.0.1/tcp/${port}`,
        GP_BOOTSTRAPADDR: `/ip4/127.0.0.1/tcp/${port}`,
        GP_PRICEURL: `http://127.0.0.1:${port}`,
        GP_DATABASEURL: `postgres:/someone:hunter2@127.0.0.1:${port}/prices`,
        GP_FETCHPRICEINTERVAL: 'soon',
        GP_MINIMUMSIGNERCOUNT: '20',
        GP_PRIVATEKEY: `${PRIVATE_KEY}00`,
        GP_QUIETPEROID: '5',
      },
    })
    await node.printed(/^gossip-price: the configuration has 5 problems$/)
    assert.equal(await node.ended, 78)
    const [, ...problems] = node.lines
    const expected = [
      /^ {2}GP_DATABASEURL=".*\[redacted\].*": expected a URL that begins with postgres:\/\//,
      /^ {2}GP_FETCHPRICEINTERVAL="soon": expected /,
      /^ {2}GP_MINIMUMSIGNERCOUNT="20": expected at most GP_MAXIMUMSIGNERCOUNT, which is 16$/,
      /^ {2}GP_PRIVATEKEY="\[redacted\]": expected 0x and 64 hexadecimal digits$/,
      /^ {2}GP_QUIETPEROID=".*": expected .*; did you mean GP_QUIETPERIOD\?$/,
    ]
    assert.equal(problems.length, expected.length)
    for (const pattern of expected)
      assert.ok(
        problems.some((line) => pattern.test(line)),
        `${pattern}\n${problems.join('\n')}`,
      )
    assert.ok(!node.lines.some((line) => line.includes('hunter2') || line.includes(PRIVATE_KEY)))
    assert.equal(visitors.length, 0)
  })

  it('ends with a sentence when its port is in use', async (t) => {
    const directory = await temporaryDirectory(t)
    const { port } = await listener(t)
    const node = startCommand(t, ['node'], {
      directory,
      env: { GP_CONNECTIONADDR: `/ip4/127.0.0.1/tcp/${port}`, GP_HTTPADDR: '' },
    })
    await node.printed(
      new RegExp(
        `^gossip-price: /ip4/127\\.0\\.0\\.1/tcp/${port} is in use: ` +
          'stop the process that listens there, or set GP_CONNECTIONADDR to another address$',
      ),
    )
    assert.equal(await node.ended, 1)
  })

  it('joins another node when that comes, commits to a Postgres of its own, and ends on SIGTERM', async (t) => {
    const directory = await temporaryDirectory(t)
    const coinbase = await startCoinbaseStandIn()
    defer(t, () => coinbase.close())
    const base = await findPorts(2, undefined, 10_000 + Math.floor(Math.random() * 20_000))
    const addressOf = (number: number): string => `/ip4/127.0.0.1/tcp/${base + number}`
    const start = (number: number, env: Readonly<Record<string, string>>) =>
      startCommand(t, ['node'], {
        directory,
        env: {
          GP_CONNECTIONADDR: addressOf(number),
          GP_DATADIR: join(directory, `${number}`),
          GP_HTTPADDR: '',
          GP_PRICEURL: coinbase.url,
          GP_FETCHPRICEINTERVAL: '5',
          GP_QUIETPERIOD: '1',
          GP_MINIMUMSIGNERCOUNT: '2',
          ...env,
        },
      })
    const joining = start(0, { GP_BOOTSTRAPADDR: addressOf(1) })
    await joining.printed(/the bootstrap address \S+ cannot be reached: nothing listens there\. It is tried again/)
    const joined = start(1, {})
    await Promise.all([joining, joined].map((node) => node.printed(/joined the network/)))
    // With a Postgres each, both write every row.
    for (const node of [joining, joined]) {
      const proposers = (): string[] =>
        node.lines.flatMap((line) => /"msg":"committed ETH-USD \S+ by (0x\w+)/.exec(line)?.[1] ?? [])
      await until(() => new Set(proposers()).size === 2, 'both have a row in the table')
    }

    const tables = await Promise.all(
      ['0', '1'].map(async (dataDir) => {
        const { stdout } = await runCli(['prices', '--json', '--data-dir', dataDir], { directory })
        return stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as ProvableRow)
      }),
    )
    for (const rows of tables) {
      for (const row of rows) assert.equal((await prove(row)).length, 2)
      assert.equal(new Set(rows.map(({ proposer }) => proposer)).size, 2)
    }

    for (const node of [joining, joined]) {
      const processes = await node.descendants()
      assert.ok(
        processes.some(({ args }) => args.includes('bin/postgres')),
        'a Postgres of its own',
      )
      const askedAtMs = performance.now()
      node.send('SIGTERM')
      assert.equal(await node.ended, 0)
      assert.ok(performance.now() - askedAtMs < 10_000)
      await allGone(processes)
    }
  })
})
