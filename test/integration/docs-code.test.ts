import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TestContext, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { defer } from '../helpers/defer.ts'
import { Document } from '../helpers/documents.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { runCli } from '../helpers/run-cli.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'
import { until } from '../helpers/until.ts'

/** A block of a document as a script beside the tests, so that its imports are found. */
async function scriptOf(t: TestContext, block: string): Promise<string> {
  const script = fileURLToPath(new URL(`docs-code-${process.pid}-${Date.now()}.tmp.mjs`, import.meta.url))
  await writeFile(script, block)
  defer(t, () => rm(script, { force: true }))
  return script
}

describe('the code that documents show', () => {
  it('checks a proof with viem, and sees a false one', async (t) => {
    const database = await createTestDatabase(t)
    const row = priceRow()
    await tableOf(database).write([row])
    const directory = await temporaryDirectory(t)
    const script = await scriptOf(t, new Document('docs/protocol.md').block('<!-- js:viem -->'))
    const { stdout: proof } = await runCli(['prove', row.attestation.id, '--database', database.url], { directory })
    const check = async (text: string): Promise<string> => {
      await writeFile(join(directory, 'proof.json'), text)
      return (await promisify(execFile)(process.execPath, [script], { cwd: directory })).stdout
    }
    assert.equal(await check(proof), 'true\n'.repeat(4))
    assert.equal(await check(proof.replace('"3021455', '"3021456')), 'false\n'.repeat(4))
  })

  it('follows the table', async (t) => {
    const database = await createTestDatabase(t)
    const script = await scriptOf(t, new Document('docs/operations.md').block('<!-- js:follow -->'))
    const env = { ...process.env, GP_DATABASEURL: database.url }
    const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    defer(t, async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    await until(async () => {
      // What is still active may not have begun to listen.
      const query = `SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%' AND state = 'idle'`
      return (await database.query(query)).length === 1
    }, 'it listens')
    await database.query(`SELECT pg_notify('price_committed', '{"network":"x","ids":[],"probe":"y"}')`)
    await tableOf(database).write([priceRow()])
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
    assert.match(line, /^ETH-USD 3021\.455000000000000000 \d+$/)
  })
})
