import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { fromHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { isPriceFault, priceFromInteger } from '../../src/core/price.ts'
import { recoverSigner } from '../../src/core/signature.ts'
import { migrate } from '../../src/store/migrations.ts'
import { Document } from '../helpers/documents.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { query } from '../helpers/postgres-server.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { kindsOf, tableOf } from '../helpers/price-tables.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { digest, price, round } from '../helpers/statements.ts'

const operations = new Document('docs/operations.md')

/** The grants of a block of docs/operations.md, to another role than the one it names. */
function grantsOf(mark: string, role: string): string[] {
  const lines = operations.block(mark).split('\n')
  return lines.filter((line) => line.startsWith('GRANT')).map((line) => line.replace(/TO \w+;$/, `TO ${role}`))
}

/** The same with one privilege each, so that each can be left out. */
function singly(mark: string, role: string): string[] {
  return grantsOf(mark, role).flatMap((grant) => {
    const [, privileges = '', rest = ''] = /^GRANT (.*?) (ON .*)$/.exec(grant) ?? []
    return privileges.split(', ').map((privilege) => `GRANT ${privilege} ${rest}`)
  })
}

const WRITER = '<!-- sql:writer -->'
/** Rows that take every way through the statements: new, and a slot that is taken. */
const rows = [priceRow({ price: price('1') }), priceRow({ price: price('2') })]

describe('the roles of docs/operations.md', () => {
  it('who may create in the schema public can migrate', async (t) => {
    const database = await createTestDatabase(t, { migrated: false })
    const { role, url } = await database.createRole()
    const components = { logger: new RecordingLogger() }
    await assert.rejects(migrate(components, { url }), { code: 'not-migrated' })
    for (const grant of grantsOf('<!-- sql:migrator -->', role)) await database.query(grant)
    assert.notDeepEqual(await migrate(components, { url }), [])
  })

  it('the role that writes needs its grants and nothing else', async (t) => {
    const database = await createTestDatabase(t)
    const { role, url } = await database.createRole()
    for (const grant of grantsOf(WRITER, role)) await database.query(grant)
    assert.deepEqual(
      new Set(kindsOf(await tableOf(database, { url }).write(rows), rows)),
      new Set(['slot-taken', 'written']),
    )
    await assert.rejects(query(url, 'DELETE FROM prices'), { code: '42501' })
  })

  it('the role that writes cannot do without any of its grants', async (t) => {
    for (let left = 0; left < singly(WRITER, '').length; left++) {
      const database = await createTestDatabase(t)
      const { role, url } = await database.createRole()
      const grants = singly(WRITER, role)
      const [missing] = grants.splice(left, 1)
      for (const grant of grants) await database.query(grant)
      await assert.rejects(tableOf(database, { url }).write(rows), { code: 'no-permission' }, missing)
    }
  })

  it('the role that reads sees every table and view', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write(rows)
    const { role, url } = await database.createRole()
    for (const grant of grantsOf('<!-- sql:reader -->', role)) await database.query(grant)
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
  })
})

describe('the statement that docs/protocol.md reads from a row', () => {
  it('has the id of the row, and its signatures recover to their signers', async (t) => {
    const database = await createTestDatabase(t)
    const written = [
      priceRow({ price: price('987654321098765432.123456789012345678') }),
      priceRow({ price: price('0.000000000000000001'), round: round(1), observedAt: 600_001 }),
    ]
    await tableOf(database).write(written)
    const read = await database.query<ReadStatement>(new Document('docs/protocol.md').block('<!-- sql:statement -->'))
    assert.equal(read.length, written.length)
    for (const { id, sign_data: signData, ...members } of read) {
      const { network, pair, source } = members
      const value = priceFromInteger(BigInt(members.price))
      const proposer = parseAddress(members.proposer)
      assert.ok(!isPriceFault(value) && proposer !== undefined)
      const observedAt = Number(members.observedAt)
      const again = digest({
        network,
        pair,
        source,
        price: value,
        proposer,
        observedAt,
        round: round(Number(members.round)),
      })
      assert.equal(again, id)
      for (const { signer, signature } of signData) {
        assert.deepEqual(recoverSigner(nobleSecp256k1, { id: again, signature: fromHex(signature) }), { signer })
      }
    }
  })
})

interface ReadStatement {
  readonly id: string
  readonly network: string
  readonly pair: string
  readonly price: string
  readonly round: string
  readonly observedAt: string
  readonly source: string
  readonly proposer: string
  readonly sign_data: readonly { readonly signer: string; readonly signature: string }[]
}
