import assert from 'node:assert/strict'
import { join } from 'node:path'
import process from 'node:process'
import { type TestContext, describe, it } from 'node:test'
import { findPorts } from '../../src/cluster/ports.ts'
import { type Command, SEES_PROCESSES, allGone, startCommand } from '../helpers/child-process.ts'
import { query } from '../helpers/postgres-server.ts'
import { type ProvableRow, prove, tableRows } from '../helpers/row-proof.ts'
import { runCli } from '../helpers/run-cli.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

/** Five nodes and Postgres, each with a port. */
const PORTS = 6
/** Four nodes, the bootstrap node, and Postgres with helpers of its own. */
const FEWEST_PROCESSES = 7

const PSQL = /^ *database +psql (postgres:\/\/\S+)$/
const COMMITTED = /\bcommitted ETH-USD \S+ by 0x/

/** Ports above what the defaults take and below what the system gives away by itself; test runs begin apart. */
async function portBase(): Promise<string> {
  return `${await findPorts(PORTS, undefined, 10_000 + Math.floor(Math.random() * 20_000))}`
}

async function simulatedCluster(t: TestContext, directory: string): Promise<Command> {
  const flags = ['--simulate', '--interval', '10', '--quiet-period', '1', '--port-base', await portBase()]
  // Any port: commands beside it have to find out which.
  return startCommand(t, ['cluster', ...flags], { directory, env: { GP_HTTPADDR: '127.0.0.1:0' } })
}

/** The address that the cluster tells people to connect to. */
async function databaseOf(cluster: Command): Promise<string> {
  const [[, url = ''] = []] = await cluster.printed(PSQL)
  return url
}

/** Which address each node signs as, by the name of the node. */
async function signersOf(cluster: Command, introductions = 4): Promise<ReadonlyMap<string, string>> {
  const lines = await cluster.printed(/^(node\d) .*\bsigning as (0x\w{40})/, introductions)
  return new Map(lines.map(([, name = '', signer = '']) => [name, signer]))
}

const OPTIONS = { timeout: 420_000, skip: !SEES_PROCESSES && 'processes are looked for in /proc' }

describe('gossip-price cluster', OPTIONS, () => {
  it('brings rows that anybody can read and prove, ends whole on Ctrl-C, and goes on with what it had', async (t) => {
    const directory = await temporaryDirectory(t)
    const cluster = await simulatedCluster(t, directory)
    const signers = await signersOf(cluster)
    const url = await databaseOf(cluster)
    await cluster.printed(COMMITTED, 4)
    const rows = await tableRows(url)
    assert.ok(rows.length >= 4)
    for (const row of rows) {
      const signed = await prove(row)
      assert.ok(signed.length >= 3)
      assert.ok(signed.every((signer) => [...signers.values()].includes(signer)))
      assert.deepEqual([row.network, row.source], ['gossip-price-10s-simulated', 'simulated'])
    }

    await t.test('prices prints the rows, from the same directory', async () => {
      const table = await runCli(['prices'], { directory })
      assert.equal(table.exitCode, 0)
      assert.ok(table.stdout.trimEnd().split('\n').length > 4, table.stdout)
      const json = await runCli(['prices', '--json'], { directory })
      const printed = json.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as ProvableRow)
      for (const row of printed) await prove(row)
      assert.ok(rows.every(({ id }) => printed.some((row) => row.id === id)))
    })

    await t.test('status and why find the node that shows them, from the same directory', async () => {
      const [[, dashboard = ''] = []] = await cluster.printed(/^ *dashboard +(http:\/\/\S+)$/)
      const status = await runCli(['status'], { directory })
      assert.deepEqual([status.exitCode, status.stderr], [0, ''])
      assert.match(
        status.stdout,
        /^PRICES ARE SIMULATED, and worth nothing\.\ngossip-price-10s-simulated, as the signer /,
      )
      assert.ok(status.stdout.includes(` sees it at ${dashboard}, `), status.stdout)
      const why = await runCli(['why', (rows[0]?.id ?? '').slice(0, 12)], { directory })
      assert.equal(why.exitCode, 0, why.stderr)
      assert.ok(why.stdout.startsWith(`${rows[0]?.id}: committed\n`), why.stdout)
    })

    await t.test('another cluster on the same directory ends with a sentence', async () => {
      const second = startCommand(t, ['cluster', '--simulate'], { directory })
      await second.printed(
        /^gossip-price: a cluster runs on \.gossip-price already: stop it, or choose another directory with --data-dir$/,
      )
      assert.equal(await second.ended, 1)
    })

    const processes = await cluster.descendants()
    assert.ok(processes.length >= FEWEST_PROCESSES, `${processes.length} processes`)
    cluster.send('SIGINT')
    assert.equal(await cluster.ended, 0)
    await allGone(processes)
    await assert.rejects(query(url, 'SELECT'), { code: 'ECONNREFUSED' })

    await t.test('started again, it has the same keys and rows, and makes more', async (again) => {
      const next = await simulatedCluster(again, directory)
      assert.deepEqual(await signersOf(next), signers)
      const nextUrl = await databaseOf(next)
      await next.printed(COMMITTED)
      assert.ok(!next.lines.some((line) => line.includes('made a signing key')))
      const all = await tableRows(nextUrl)
      // Rows of the same round may have come after the look.
      const before = new Set(rows.map(({ id }) => id))
      assert.deepEqual(
        all.filter(({ id }) => before.has(id)),
        rows,
      )
      assert.ok(all.length > rows.length)

      const nodes = (await next.descendants()).filter(({ args }) => args.endsWith('main.ts node'))
      assert.equal(nodes.length, 5)
      for (const { pid } of nodes) process.kill(pid, 'SIGKILL')
      await next.printed(/\bended \(SIGKILL\); it is started again in 1 s/, nodes.length)
      assert.deepEqual(await signersOf(next, 8), signers, 'nodes that die are started again, as who they were')

      const left = await next.descendants()
      // As it comes from a terminal and once more through npm.
      next.send('SIGINT')
      next.send('SIGINT')
      assert.equal(await next.ended, 0)
      await allGone(left)
    })
  })

  it('says when Coinbase cannot be reached and goes on simulated, and does not outlive kill -9', async (t) => {
    const directory = await temporaryDirectory(t)
    const closed = await findPorts(1, undefined, 10_000 + Math.floor(Math.random() * 20_000))
    const flags = ['--nodes', '3', '--quiet-period', '1', '--data-dir', 'there', '--port-base', await portBase()]
    const cluster = startCommand(t, ['cluster', ...flags], {
      directory,
      env: { GP_PRICEURL: `http://127.0.0.1:${closed}` },
    })
    await cluster.printed(new RegExp(`COINBASE CANNOT BE REACHED: Nobody listens at 127\\.0\\.0\\.1:${closed}`))
    await cluster.printed(/PRICES ARE SIMULATED\./)
    const url = await databaseOf(cluster)
    await cluster.printed(COMMITTED, 3)
    for (const row of await tableRows(url)) {
      assert.equal((await prove(row)).length, 3)
      assert.deepEqual([row.network, row.source], ['gossip-price-simulated', 'simulated'])
    }
    const { stdout } = await runCli(['prices', '--data-dir', join(directory, 'there')], { directory })
    assert.match(stdout, /gossip-price-simulated/)

    const processes = await cluster.descendants()
    assert.ok(processes.length >= FEWEST_PROCESSES - 1, `${processes.length} processes`)
    cluster.send('SIGKILL')
    assert.equal(await cluster.ended, 'SIGKILL')
    await allGone(processes)
  })

  it('with fewer nodes than a quorum ends with a sentence, and nothing is started', async (t) => {
    const directory = await temporaryDirectory(t)
    const cluster = startCommand(t, ['cluster', '--simulate', '--nodes', '2'], { directory })
    await cluster.printed(
      /^ {2}GP_MINIMUMSIGNERCOUNT="3": expected at most the number of addresses that GP_SIGNERS allows at a time, which is 2$/,
    )
    assert.equal(await cluster.ended, 78)
    assert.ok(!cluster.lines.some((line) => line.includes('Postgres is up')))
  })
})
