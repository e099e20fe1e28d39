import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startApi } from '../helpers/api-at-work.ts'
import { defer } from '../helpers/defer.ts'
import { openStream } from '../helpers/event-reader.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { alice, attest, bob, carol, price, statement } from '../helpers/statements.ts'

const README = new URL('../../README.md', import.meta.url)

/** The code blocks of one language, in order. */
async function blocks(language: string): Promise<string[]> {
  const text = await readFile(README, 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code = '']) => code)
}

describe('README.md', () => {
  it('proves a row with the code that it shows, and sees a false one', async (t) => {
    const database = await createTestDatabase(t)
    const attestation = attest(statement({ price: price('3021.455') }), alice, bob, carol)
    await tableOf(database).write([{ attestation, lastSignedAtMs: attestation.statement.observedAt }])
    const [code = ''] = await blocks('js')
    // Beside the tests, so that its imports are found.
    const script = fileURLToPath(new URL(`readme-proof-${process.pid}.tmp.mjs`, import.meta.url))
    await writeFile(script, code)
    defer(t, () => rm(script, { force: true }))
    const prove = async (): Promise<string> => {
      const env = { ...process.env, GP_DATABASEURL: database.url }
      return (await promisify(execFile)(process.execPath, [script], { env })).stdout
    }

    const lines = (await prove()).trim().split('\n')
    assert.equal(lines[0], 'ETH-USD 3021.455000000000000000 is what was signed')
    assert.deepEqual(
      lines.slice(1).toSorted(),
      [alice, bob, carol].map(({ address }) => `${address} signed it`).toSorted(),
    )

    await database.query('ALTER TABLE prices DISABLE TRIGGER ALL')
    await database.query('UPDATE prices SET price = price + 1')
    assert.match(await prove(), /IS FALSE/)
  })

  it('shows requests that a node answers', async (t) => {
    const { server, ask } = await startApi(t, {
      components: { metrics: { contentType: 'text/plain', text: async () => '' } },
    })
    const urls = [...(await blocks('sh')).join('').matchAll(/^curl .*?http:\/\/127\.0\.0\.1:8080(\S*?)'?(?: |$)/gm)]
    assert.ok(urls.length > 5)
    for (const [, path = ''] of urls) {
      if (path === '/v1/stream') {
        const stream = await openStream(t, server)
        assert.equal(stream.status, 200)
      } else assert.equal((await ask(path)).status, 200, path)
    }
  })

  it('leads to every page', async () => {
    const text = await readFile(README, 'utf8')
    const pages = (await readdir(new URL('../../docs', import.meta.url))).filter((name) => name.endsWith('.md'))
    for (const page of pages) assert.ok(text.includes(`](docs/${page})`), page)
  })

  it('shows queries that Postgres answers', async (t) => {
    const database = await createTestDatabase(t)
    const attestation = attest(statement(), alice, bob, carol)
    await tableOf(database).write([{ attestation, lastSignedAtMs: attestation.statement.observedAt }])
    const queries = (await blocks('sql'))
      .join('')
      .split(';')
      .filter((text) => text.trim() !== '')
    assert.equal(queries.length, 3)
    for (const query of queries) await assert.doesNotReject(database.query(query))
    assert.equal((await database.query(queries[0] ?? '')).length, 1)
    assert.equal((await database.query(queries[1] ?? '')).length, 1)
  })
})
