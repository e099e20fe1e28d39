import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startCommand } from '../helpers/child-process.ts'
import { Document, textOf } from '../helpers/documents.ts'
import { type TestDatabase, createTestDatabase } from '../helpers/postgres.ts'
import { query } from '../helpers/postgres-server.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { runCli } from '../helpers/run-cli.ts'
import { INTERVAL_MS, OBSERVED_AT } from '../helpers/statements.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const FILE = 'sql/prices-reader.sql'

/** The file, for a role of this test's own: roles belong to the whole server. */
async function createReader(
  database: TestDatabase,
): Promise<{ url: string; role: string; run: () => Promise<unknown> }> {
  const { role, url } = await database.createRole()
  const text = textOf(FILE).replaceAll('prices_reader', role)
  return { role, url, run: () => database.query(text) }
}

function grants(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('GRANT SELECT'))
}

describe('sql/prices-reader.sql', () => {
  it('lets its role read every table and view, and run every command that reads', async (t) => {
    const database = await createTestDatabase(t)
    const row = priceRow()
    await tableOf(database).write([row])
    const { url, run } = await createReader(database)
    await run()
    for (const relation of [
      'prices',
      'equivocations',
      'networks',
      'undisputed_prices',
      'latest_price',
      'price_rounds',
    ]) {
      await query(url, `SELECT * FROM ${relation}`)
    }
    const directory = await temporaryDirectory(t)
    for (const args of [['prices'], ['verify'], ['prove', row.attestation.id]]) {
      const { exitCode, stderr } = await runCli(args, { directory, env: { GP_DATABASEURL: url } })
      assert.deepEqual([exitCode, stderr], [0, ''], args[0])
    }
    const follow = startCommand(t, ['prices', '--follow', '--json'], { directory, env: { GP_DATABASEURL: url } })
    await follow.printed(new RegExp(row.attestation.id))
    const next = priceRow({ observedAt: OBSERVED_AT + INTERVAL_MS })
    await tableOf(database).write([next])
    await follow.printed(new RegExp(next.attestation.id))
  })

  it('lets it change nothing, even when it lifts its own guard', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write([priceRow()])
    const { url, run } = await createReader(database)
    await run()
    await assert.rejects(query(url, 'CREATE TEMPORARY TABLE mine ()'), { code: '25006' })
    for (const text of [
      'DELETE FROM prices',
      `UPDATE networks SET interval_seconds = 1`,
      'INSERT INTO equivocations SELECT * FROM prices',
      'TRUNCATE prices',
      'DROP TRIGGER prices_append_only ON prices',
      'CREATE TABLE mine ()',
    ]) {
      await assert.rejects(query(url, `BEGIN READ WRITE; ${text}`), { code: '42501' }, text)
    }
  })

  it('does no harm when it is run again, and makes the role when it is not there', async (t) => {
    const database = await createTestDatabase(t)
    const { role, run } = await createReader(database)
    await run()
    await run()
    await database.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)
    await run()
    const [made] = await database.query('SELECT rolcanlogin, rolsuper FROM pg_roles WHERE rolname = $1', [role])
    assert.deepEqual(made, { rolcanlogin: true, rolsuper: false })
  })

  it('grants what docs/operations.md grants', () => {
    assert.deepEqual(grants(new Document('docs/operations.md').block('<!-- sql:reader -->')), grants(textOf(FILE)))
  })
})
