import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { type ProvableRow, prove } from '../helpers/row-proof.ts'
import { runCli } from '../helpers/run-cli.ts'
import { OBSERVED_AT } from '../helpers/statements.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const OTHER_PAIRS = ['BTC-USD', 'SOL-USD'] as const

function found(rows: number) {
  return { exitCode: 0, stderr: '', rows }
}

/** The newest row last. */
const ROWS = [priceRow(), ...OTHER_PAIRS.map((pair, index) => priceRow({ pair, observedAt: OBSERVED_AT + 1 + index }))]

describe('gossip-price prices', () => {
  it('prints the newest rows of the database that --database, GP_DATABASEURL or connection.json names', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write(ROWS)
    const directory = await temporaryDirectory(t)
    await writeFile(join(directory, 'connection.json'), JSON.stringify({ url: database.url }))
    const printed = await Promise.all([
      runCli(['prices', '--limit', '2', '--database', database.url], { directory }),
      runCli(['prices', '--limit', '2'], { directory, env: { GP_DATABASEURL: database.url } }),
      runCli(['prices', '--limit', '2'], { directory, env: { GP_DATADIR: '.' } }),
      runCli(['prices', '--limit', '2', '--data-dir', '.'], { directory }),
    ])
    for (const { exitCode, stdout, stderr } of printed) {
      assert.deepEqual([exitCode, stderr], [0, ''])
      const pairs = stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.split(/ {2,}/)[1])
      assert.deepEqual(pairs, ['pair', 'SOL-USD', 'BTC-USD'])
    }
  })

  it('prints rows as JSON that a stranger can prove', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write(ROWS)
    const { stdout } = await runCli(['prices', '--json', '--database', database.url], {
      directory: await temporaryDirectory(t),
    })
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ProvableRow)
    assert.equal(rows.length, ROWS.length)
    for (const row of rows) assert.equal((await prove(row)).length, 3)
  })

  it('prints rows of one network only, and says when there are none', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write(ROWS)
    const directory = await temporaryDirectory(t)
    const ask = (network: string) =>
      runCli(['prices', '--json', '--database', database.url, '--network', network], { directory })
    assert.equal((await ask('test-network')).stdout.trimEnd().split('\n').length, ROWS.length)
    const { exitCode, stdout, stderr } = await ask('another')
    assert.deepEqual([exitCode, stdout], [0, ''])
    assert.match(stderr, /^no prices of the network another yet/)
  })

  it('prints rows of a time, which may be given in days: the last one is not among them', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write([...ROWS, priceRow({ observedAt: OBSERVED_AT + 86_400_000 })])
    const directory = await temporaryDirectory(t)
    const ask = async (...args: readonly string[]) => {
      const { exitCode, stdout, stderr } = await runCli(['prices', '--json', '--database', database.url, ...args], {
        directory,
      })
      return { exitCode, stderr, rows: stdout.split('\n').length - 1 }
    }
    assert.deepEqual(await ask('--from', '2025-01-01', '--to', '2025-01-02'), found(ROWS.length))
    assert.deepEqual(await ask('--from', '2025-01-02'), found(1))
    assert.deepEqual(await ask('--to', '2025-01-01T00:00:00.001Z'), found(1))
    const none = { exitCode: 0, stderr: 'no prices were observed in that time\n', rows: 0 }
    assert.deepEqual(await ask('--to', '2025-01-01'), none)
  })

  it('says what to do about a database without tables', async (t) => {
    const database = await createTestDatabase(t, { migrated: false })
    const { exitCode, stderr } = await runCli(['prices', '--database', database.url], {
      directory: await temporaryDirectory(t),
    })
    assert.equal(exitCode, 1)
    assert.match(stderr, /gossip-price migrate/)
  })
})

describe('gossip-price migrate', () => {
  it('makes the tables, and the second time finds them up to date', async (t) => {
    const database = await createTestDatabase(t, { migrated: false })
    const directory = await temporaryDirectory(t)
    const env = { GP_DATABASEURL: database.url }
    const first = await runCli(['migrate'], { directory, env })
    assert.deepEqual([first.exitCode, first.stderr], [0, ''])
    assert.match(first.stdout, /^applied 0001_prices/)
    const second = await runCli(['migrate', '--database', database.url], { directory })
    assert.deepEqual([second.exitCode, second.stdout], [0, 'the tables are up to date\n'])
  })

  it('needs to be told which database', async (t) => {
    const { exitCode, stderr } = await runCli(['migrate'], { directory: await temporaryDirectory(t) })
    assert.equal(exitCode, 1)
    assert.match(stderr, /--database URL or GP_DATABASEURL/)
  })
})
