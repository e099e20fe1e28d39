import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { parseAddress } from '../../src/core/address.ts'
import { fromHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { isPriceFault, priceFromInteger } from '../../src/core/price.ts'
import { recoverSigner } from '../../src/core/signature.ts'
import type { WriteOutcome } from '../../src/core/price-table.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { migrate } from '../../src/store/migrations.ts'
import { createPostgresPriceReader } from '../../src/store/postgres-price-reader.ts'
import { createRowReader } from '../../src/store/row-reader.ts'
import { createCounters } from '../../src/telemetry/counters.ts'
import { Document } from '../helpers/documents.ts'
import { type TestDatabase, createTestDatabase } from '../helpers/postgres.ts'
import { query } from '../helpers/postgres-server.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { kindsOf, tableOf } from '../helpers/price-tables.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, digest, price, round } from '../helpers/statements.ts'

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

/** What a node does with its database: it writes, audits, and serves. */
async function workOn(database: TestDatabase, url: string): Promise<ReadonlyMap<StatementId, WriteOutcome>> {
  const logger = new RecordingLogger()
  const outcomes = await tableOf(database, { url }).write(rows)
  const audit = createRowReader({ clock: systemClock, logger }, { url })
  database.defer(() => audit.close())
  await audit.changes({ from: { prices: 0, equivocations: 0 }, limit: 1, announce: '{}' })
  await audit.clashes(1, {})
  const prices = createPostgresPriceReader({ logger, counters: createCounters() }, { url, network: 'test-network' })
  database.defer(() => prices.close())
  await prices.latest({})
  await prices.prices({ limit: 1 })
  await prices.rounds({ limit: 1 })
  return outcomes
}

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
    assert.deepEqual(new Set(kindsOf(await workOn(database, url), rows)), new Set(['slot-taken', 'written']))
    await assert.rejects(query(url, 'DELETE FROM prices'), { code: '42501' })
  })

  it('the role that writes cannot do without any of its grants', async (t) => {
    for (let left = 0; left < singly(WRITER, '').length; left++) {
      const database = await createTestDatabase(t)
      const { role, url } = await database.createRole()
      const grants = singly(WRITER, role)
      const [missing] = grants.splice(left, 1)
      for (const grant of grants) await database.query(grant)
      await assert.rejects(workOn(database, url), { code: 'no-permission' }, missing)
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

describe('the queries of docs/operations.md', () => {
  it('are answered: the latest price, the last final round, hours, disputed slots', async (t) => {
    const database = await createTestDatabase(t)
    const network = 'gossip-price'
    await tableOf(database, { network }).write([
      priceRow({ network, price: price('1') }),
      priceRow({ network, price: price('2') }, [alice, bob]),
      priceRow({ network, price: price('3'), observedAt: OBSERVED_AT + INTERVAL_MS + 1 }),
      priceRow({ network, price: price('5'), observedAt: OBSERVED_AT + INTERVAL_MS, proposer: bob.address }),
    ])
    const queries = operations.block('<!-- sql:views -->').split(';').slice(0, -1)
    const answers: Record<string, unknown>[][] = []
    for (const text of queries) answers.push(await database.query(text))
    const [latest, final, hours, disputed] = answers
    assert.deepEqual(
      latest?.map((row) => [row['price'], row['signer_count']]),
      [['3.000000000000000000', 3]],
    )
    assert.deepEqual(
      final?.map(({ median, rows: count }) => [median, count]),
      [['4', '2']],
    )
    assert.deepEqual(
      hours?.map(({ hour, low, high }) => [(hour as Date).toISOString(), low, high]),
      [['2025-01-01T00:00:00.000Z', '3.000000000000000000', '5.000000000000000000']],
    )
    assert.deepEqual(new Set(disputed?.map((row) => row['signed_both'])), new Set([alice.address, bob.address]))
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
