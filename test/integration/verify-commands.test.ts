import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, describe, it } from 'node:test'
import { type Hex, type TypedDataDefinition, hashTypedData, recoverTypedDataAddress } from 'viem'
import { FALSEHOODS, rowsToSpoil, strip } from '../helpers/false-rows.ts'
import { type TestDatabase, createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { runCli } from '../helpers/run-cli.ts'
import { OBSERVED_AT, alice, bob, carol, price } from '../helpers/statements.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

const SIGNERS = [alice, bob, carol].map(({ address }) => address).join(',')

async function cliOn(t: TestContext, database: TestDatabase) {
  const directory = await temporaryDirectory(t)
  const env = { GP_DATABASEURL: database.url }
  return { directory, cli: (...args: string[]) => runCli(args, { directory, env }) }
}

async function databaseWith(t: TestContext, rows = rowsToSpoil()) {
  const database = await createTestDatabase(t)
  await tableOf(database).write(rows)
  return { database, ...(await cliOn(t, database)) }
}

describe('gossip-price verify', () => {
  it('ends with 0 and a summary when every row is true, and says what was not checked', async (t) => {
    const { cli, directory } = await databaseWith(t)
    const { exitCode, stdout, stderr } = await cli('verify')
    assert.deepEqual([exitCode, stderr], [0, ''])
    assert.match(
      stdout,
      /^\d+ rows of prices and 0 of equivocations judged in [\d.]+ s: every one is what its signers signed\n/,
    )
    assert.match(stdout, /\nthe signer set was not checked: .* --signers\nthe number of signers was not checked: .*\n$/)

    await writeFile(join(directory, 'signers.txt'), `${SIGNERS.replaceAll(',', '  # one\n')}\n`)
    const against = await cli('verify', '--signers', '@signers.txt', '--threshold', '3')
    assert.deepEqual([against.exitCode, against.stdout.includes('not checked')], [0, false])
  })

  it('ends with 1 and a table of offenders when rows are false', async (t) => {
    const rows = rowsToSpoil()
    const { database, cli } = await databaseWith(t, rows)
    await strip(database)
    for (const [index, { sql }] of FALSEHOODS.entries()) {
      await database.query(`UPDATE prices SET ${sql} WHERE id = $1`, [rows[index]?.attestation.id])
    }
    const args = ['verify', '--signers', SIGNERS, '--threshold', '3'] as const
    const [text, json] = await Promise.all([cli(...args), cli(...args, '--json')])
    assert.deepEqual([text.exitCode, text.stderr, json.exitCode], [1, '', 1])
    const lines = text.stdout.trimEnd().split('\n')
    assert.match(lines[0] ?? '', /^row +table +what is false$/)
    const priceChanged = lines.filter((line) => line.startsWith(rows[0]?.attestation.id ?? '-'))
    assert.equal(priceChanged.length, 1)
    assert.match(priceChanged[0] ?? '', /^0x[0-9a-f]{64} {2}prices {9}the columns have the digest 0x/)
    assert.ok(!`${text.stdout}${json.stdout}`.includes('\u001b'), 'nothing in a row moves the cursor')
    assert.match(text.stdout, /\nwithout an id, at \(\d+,\d+\) +prices +id is not 0x .*: NULL\n/)
    assert.match(
      lines.at(-1) ?? '',
      new RegExp(`^${rows.length} rows of prices .*: ${FALSEHOODS.length} findings above$`),
    )

    const objects = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { seconds, ...summary } = objects.at(-1)
    assert.equal(typeof seconds, 'number')
    assert.deepEqual(summary, {
      kind: 'summary',
      true: false,
      rows: { prices: rows.length, equivocations: 0 },
      falseRows: FALSEHOODS.length,
      signersChecked: true,
      thresholdChecked: true,
    })
    assert.deepEqual(objects.find(({ id }) => id === rows[0]?.attestation.id).faults.length, 1)
  })

  it('finds signers whom nobody knows, against a set with ranges of rounds', async (t) => {
    const { cli } = await databaseWith(t, [priceRow()])
    const round = OBSERVED_AT / 600_000
    const others = [bob, carol].map(({ address }) => address).join(',')
    const ask = async (signers: string) => (await cli('verify', '--signers', signers)).exitCode
    assert.equal(await ask(others), 1)
    assert.equal(await ask(`${others},${alice.address}@${round + 1}-`), 1)
    assert.equal(await ask(`${others},${alice.address}@-${round}`), 0)
  })

  it('judges rows of a range, and says so of a range without any', async (t) => {
    const { cli } = await databaseWith(t)
    const { stdout } = await cli('verify', '--from', '2025-01-01T00:20:00Z', '--to', '2025-01-01T00:40:00Z', '--json')
    const { rows, from, to } = JSON.parse(stdout)
    assert.deepEqual([rows.prices, from, to], [1, '2025-01-01T00:20:00.000Z', '2025-01-01T00:40:00.000Z'])
    const empty = await cli('verify', '--from', '2030-01-01')
    assert.equal(empty.exitCode, 0)
    assert.match(empty.stdout, /^no rows: nothing was judged\n/)
  })

  it('says what to do about a database without tables', async (t) => {
    const { cli } = await cliOn(t, await createTestDatabase(t, { migrated: false }))
    const { exitCode, stderr } = await cli('verify')
    assert.equal(exitCode, 2)
    assert.match(stderr, /gossip-price migrate/)
  })
})

interface Proof {
  readonly id: Hex
  readonly price: string
  readonly typedData: TypedDataDefinition
  readonly signatures: readonly { readonly signer: Hex; readonly signature: Hex }[]
}

describe('gossip-price prove', () => {
  it('prints a proof that viem checks with nothing of ours', async (t) => {
    const row = priceRow({ price: price('999999999999999999.999999999999999999') })
    const { cli } = await databaseWith(t, [row])
    const { id } = row.attestation
    const { exitCode, stdout, stderr } = await cli('prove', `0x${id.slice(2).toUpperCase()}`)
    assert.deepEqual([exitCode, stderr], [0, ''])
    const proof = JSON.parse(stdout) as Proof
    assert.equal(hashTypedData(proof.typedData), id)
    assert.equal(proof.id, id)
    assert.equal(proof.price, '999999999999999999.999999999999999999')
    assert.equal(proof.signatures.length, 3)
    for (const { signer, signature } of proof.signatures) {
      const recovered = await recoverTypedDataAddress({ ...proof.typedData, signature })
      assert.equal(recovered.toLowerCase(), signer)
    }
  })

  it('proves what is in equivocations, too', async (t) => {
    const [row, other] = [priceRow(), priceRow({ price: price('77') })]
    const { cli } = await databaseWith(t, [row, other])
    const proofs = await Promise.all([row, other].map(({ attestation }) => cli('prove', attestation.id)))
    const tables = proofs.map(({ stdout }) => (JSON.parse(stdout) as { table: string }).table)
    assert.deepEqual(tables.toSorted(), ['equivocations', 'prices'])
  })

  it('proves nothing that is false', async (t) => {
    const row = priceRow()
    const { database, cli } = await databaseWith(t, [row])
    await strip(database)
    await database.query('UPDATE prices SET price = price + 1')
    const { exitCode, stdout, stderr } = await cli('prove', row.attestation.id)
    assert.deepEqual([exitCode, stdout], [1, ''])
    assert.match(stderr, /^gossip-price: the row 0x[0-9a-f]{64} of prices proves nothing: the columns have the digest /)
  })

  it('says so when there is no such row', async (t) => {
    const { cli } = await databaseWith(t, [priceRow()])
    const { exitCode, stdout, stderr } = await cli('prove', `0x${'0'.repeat(64)}`)
    assert.deepEqual([exitCode, stdout], [1, ''])
    assert.match(stderr, /^gossip-price: no row has the id 0x0{64}: gossip-price prices --json lists ids\n$/)
  })
})
