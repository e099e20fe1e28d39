import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { askPatiently } from '../helpers/ask-patiently.ts'
import { PLANTED, rowsToSpoil } from '../helpers/false-rows.ts'
import { type TestDatabase, createTestDatabase } from '../helpers/postgres.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { runCli } from '../helpers/run-cli.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { INTERVAL_MS, alice, bob, carol } from '../helpers/statements.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const SIGNERS = [alice, bob, carol].map(({ address }) => address).join(',')
const ROWS = rowsToSpoil(PLANTED.length)

async function databaseWithRows(t: TestContext): Promise<TestDatabase> {
  const database = await createTestDatabase(t)
  await tableOf(database).write(ROWS)
  return database
}

/** As the owner of the table can. What each falsehood is about: the row it spoils, or the one it adds. */
async function plantAll(database: TestDatabase): Promise<ReadonlyMap<string, (typeof PLANTED)[number]>> {
  const planted = new Map<string, (typeof PLANTED)[number]>()
  await database.query('ALTER TABLE prices DISABLE TRIGGER prices_append_only')
  for (const [index, falsehood] of PLANTED.entries()) {
    const row = ROWS[index] ?? assert.fail()
    const before = new Set((await database.query<{ id: string }>('SELECT id FROM prices')).map(({ id }) => id))
    await falsehood.plant(database, row)
    const after = await database.query<{ id: string }>('SELECT id FROM prices')
    planted.set(after.find(({ id }) => !before.has(id))?.id ?? row.attestation.id, falsehood)
  }
  await database.query('ALTER TABLE prices ENABLE TRIGGER prices_append_only')
  return planted
}

interface Said {
  readonly id: string
  readonly faults: readonly { readonly code: string }[]
  readonly signersChecked?: boolean
}

function rowsIn(stdout: string): readonly Said[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Said)
}

async function metricsOf({ httpUrl }: NodeAtWork): Promise<string> {
  return (await askPatiently(httpUrl ?? assert.fail('it serves no HTTP'), '/metrics')).body
}

describe('somebody who owns the table writes', () => {
  it('each kind of falsehood, and running nodes say of each loudly what is false, and of no other row', async (t) => {
    const database = await databaseWithRows(t)
    const env = { GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`, GP_HTTPADDR: '127.0.0.1:0', GP_SIGNERS: SIGNERS }
    const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 2, env })
    const nodes = await network.nodes('node1', 'node2')
    const allJudged = new RegExp(`^gp_audited_rows ${ROWS.length}$`, 'm')
    for (const node of nodes) {
      await network.until(async () => allJudged.test(await metricsOf(node)), 'all rows are judged')
      assert.deepEqual(node.logger.at('error'), [])
      network.expectErrors(node)
    }

    const planted = await plantAll(database)
    for (const node of nodes) {
      const found = () => node.logger.lines.filter(({ message }) => message.startsWith('FALSE ROW'))
      await network.until(() => found().length >= PLANTED.length, 'the false rows are found')
      assert.deepEqual(new Set(found().map(({ facts }) => facts['id'])), new Set(planted.keys()))
      for (const [, { name, codes }] of planted) {
        for (const code of codes)
          assert.ok(node.counters.value('gp_false_rows_total', { code }) > 0, `${name}: ${code}`)
      }
      assert.match(await metricsOf(node), /^gp_false_rows_total\{code="signer-not-allowed"\} \d+$/m)
    }
  })

  it('each kind of falsehood, and verify lists each, with what it was told about signers and without', async (t) => {
    const database = await databaseWithRows(t)
    const planted = await plantAll(database)
    const directory = await temporaryDirectory(t)
    const verify = async (...flags: string[]): Promise<{ exitCode: number | null; stdout: string }> =>
      runCli(['verify', '--database', database.url, ...flags], { directory })
    const against = ['--signers', SIGNERS, '--threshold', '3']
    const [all, json, alone] = await Promise.all([verify(...against), verify(...against, '--json'), verify('--json')])
    assert.deepEqual([all.exitCode, json.exitCode, alone.exitCode], [1, 1, 1])
    for (const [id, { name, codes, takes }] of planted) {
      assert.ok(all.stdout.includes(`\n${id}  prices `), name)
      const { faults = [] } = rowsIn(json.stdout).find((row) => row.id === id) ?? {}
      const said = faults.map(({ code }) => code)
      for (const code of codes) assert.ok(said.includes(code), `${name}: ${code} is among ${said.join(', ')}`)
      assert.equal(
        rowsIn(alone.stdout).some((row) => row.id === id),
        takes === undefined,
        name,
      )
    }
    assert.equal(rowsIn(alone.stdout).at(-1)?.signersChecked, false)
    assert.equal(rowsIn(json.stdout).length, PLANTED.length + 1)
  })
})
