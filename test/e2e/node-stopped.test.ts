import assert from 'node:assert/strict'
import { join } from 'node:path'
import process from 'node:process'
import { type TestContext, describe, it } from 'node:test'
import { type Command, SEES_PROCESSES, startCommand } from '../helpers/child-process.ts'
import { type CoinbaseStandIn, answers, startCoinbaseStandIn } from '../helpers/coinbase-stand-in.ts'
import { defer } from '../helpers/defer.ts'
import { query } from '../helpers/postgres-server.ts'
import { createTestDatabase, startOwnPostgres } from '../helpers/postgres.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'
import { until } from '../helpers/until.ts'

const DEADLINE_MS = 10_000

interface Stage {
  readonly coinbase: CoinbaseStandIn
  /** Starts a node, or starts it again on what it has on its disk. */
  start(name: string, env: Readonly<Record<string, string>>): Command
}

async function createStage(t: TestContext): Promise<Stage> {
  const directory = await temporaryDirectory(t)
  const coinbase = await startCoinbaseStandIn()
  defer(t, () => coinbase.close())
  return {
    coinbase,
    start: (name, env) =>
      startCommand(t, ['node'], {
        directory,
        env: {
          GP_CONNECTIONADDR: '/ip4/127.0.0.1/tcp/0',
          GP_DATADIR: join(directory, name),
          GP_HTTPADDR: '',
          GP_PRICEURL: coinbase.url,
          GP_FETCHPRICEINTERVAL: '3',
          GP_QUIETPERIOD: '1',
          GP_MINIMUMSIGNERCOUNT: '1',
          GP_MAXIMUMSIGNERCOUNT: '1',
          GP_LOGLEVEL: 'debug',
          ...env,
        },
      }),
  }
}

/** Ends a node by SIGTERM, which must end it in time and well. */
async function stop(node: Command): Promise<number> {
  const askedAtMs = performance.now()
  node.send('SIGTERM')
  assert.equal(await node.ended, 0, node.lines.slice(-20).join('\n'))
  const tookMs = performance.now() - askedAtMs
  assert.ok(tookMs < DEADLINE_MS, `${tookMs}`)
  return tookMs
}

/** Processes that stand still until the test ends, or are let go on. */
function pause(t: TestContext, pids: readonly number[]): () => void {
  const send = (signal: NodeJS.Signals): void => pids.forEach((pid) => void process.kill(pid, signal))
  send('SIGSTOP')
  let paused = true
  const goOn = (): void => {
    if (paused) send('SIGCONT')
    paused = false
  }
  defer(t, goOn)
  return goOn
}

/** The processes of a server of Postgres: the one that takes connections, and those that have one. */
async function serversOf(url: string): Promise<number[]> {
  const rows = await query<{ pid: number }>(
    url,
    `SELECT pid FROM pg_stat_activity WHERE datname IS NOT NULL AND pid <> pg_backend_pid()
     UNION SELECT split_part(pg_read_file('postmaster.pid'), E'\\n', 1)::int`,
  )
  return rows.map(({ pid }) => pid)
}

function factsOf(line: string): { readonly msg: string; readonly id?: string } {
  return JSON.parse(line) as { readonly msg: string; readonly id?: string }
}

/** Where others reach a node. */
async function addressOf(node: Command): Promise<string> {
  const [found] = await node.printed(/listening on (\/ip4\S+?)["\s,]/)
  return found?.[1] ?? assert.fail('it listens')
}

const PROPOSED = /"msg":"proposed /

const OPTIONS = { timeout: 300_000, skip: !SEES_PROCESSES && 'processes are looked for in /proc' }

describe('SIGTERM ends a node in ten seconds, with exit code 0,', OPTIONS, () => {
  it('while Postgres does not answer: what waited is on the disk, and written after the next start', async (t) => {
    const stage = await createStage(t)
    const postgres = await startOwnPostgres(t)
    const node = stage.start('node', { GP_DATABASEURL: postgres.url })
    await node.printed(/"msg":"committed /)
    const goOn = pause(t, await serversOf(postgres.url))
    const before = (await node.printed(/"msg":"closed: /)).length
    const said = node.lines.filter((line) => line.includes('"msg":"closed: ')).length
    // When the second has closed, the quiet period of the first is over, and it is being written.
    await node.printed(/"msg":"closed: /, Math.max(before, said) + 2)
    t.diagnostic(`${Math.round(await stop(node))} ms`)
    assert.ok(node.lines.some((line) => line.includes('stopped with rows that are not in the table')))

    const closed = node.lines.filter((line) => line.includes('"msg":"closed: ')).map((line) => factsOf(line).id)
    goOn()
    const again = stage.start('node', { GP_DATABASEURL: postgres.url })
    const rows = await until(async () => {
      const found = await tableRows(postgres.url)
      return closed.every((id) => found.some((row) => row.id === id)) ? found : undefined
    }, 'all that waited is in the table')
    await Promise.all((rows ?? []).map(prove))
    await stop(again)
  })

  it('while its own Postgres stands still, also before it has got through its start', async (t) => {
    const stage = await createStage(t)
    const node = stage.start('node', {})
    await node.printed(/"msg":"committed /)
    const servers = (await node.descendants()).filter(({ args }) => args.includes('postgres'))
    assert.ok(servers.length > 0)
    pause(
      t,
      servers.map(({ pid }) => pid),
    )
    t.diagnostic(`${Math.round(await stop(node))} ms`)
    const again = stage.start('node', {})
    await again.printed(/"msg":/)
    t.diagnostic(`${Math.round(await stop(again))} ms`)
    assert.ok(again.lines.some((line) => line.includes('told to stop before the start was over')))
  })

  it('while the price source does not answer', async (t) => {
    const stage = await createStage(t)
    const database = await createTestDatabase(t)
    stage.coinbase.always(answers.hang())
    const node = stage.start('node', { GP_DATABASEURL: database.url })
    await stage.coinbase.requested(1)
    t.diagnostic(`${Math.round(await stop(node))} ms`)
  })

  it('while it starts', async (t) => {
    const stage = await createStage(t)
    const node = stage.start('node', {})
    await node.printed(/"msg":/)
    t.diagnostic(`${Math.round(await stop(node))} ms`)
  })

  it('while its peer stands still', async (t) => {
    const stage = await createStage(t)
    const database = await createTestDatabase(t)
    const env = { GP_DATABASEURL: database.url, GP_MINIMUMSIGNERCOUNT: '2', GP_MAXIMUMSIGNERCOUNT: '2' }
    const first = stage.start('first', env)
    const second = stage.start('second', { ...env, GP_BOOTSTRAPADDR: await addressOf(first) })
    await Promise.all([first, second].map((node) => node.printed(/"msg":"committed /)))
    const goOn = pause(t, [first.pid])
    await second.printed(PROPOSED, second.lines.filter((line) => PROPOSED.test(line)).length + 1)
    t.diagnostic(`${Math.round(await stop(second))} ms`)
    goOn()
    t.diagnostic(`${Math.round(await stop(first))} ms`)
  })

  it('in the middle of a round: what it signed and nobody heard is sent by the next start', async (t) => {
    const stage = await createStage(t)
    const database = await createTestDatabase(t)
    const env = {
      GP_DATABASEURL: database.url,
      GP_FETCHPRICEINTERVAL: `${roundThatLasts()}`,
      GP_MINIMUMSIGNERCOUNT: '2',
      GP_MAXIMUMSIGNERCOUNT: '2',
    }
    const alone = stage.start('first', env)
    const [proposed] = await alone.printed(PROPOSED)
    t.diagnostic(`${Math.round(await stop(alone))} ms`)

    const again = stage.start('first', env)
    const other = stage.start('second', { ...env, GP_BOOTSTRAPADDR: await addressOf(again) })
    const { id } = factsOf(proposed?.input ?? '')
    const isIn = async (): Promise<boolean> => (await tableRows(database.url)).some((row) => row.id === id)
    await until(isIn, 'it is in the table')
    await Promise.all([again, other].map(stop))
  })
})
