import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { INTERVAL_MS, alice, bob, carol } from '../helpers/statements.ts'

describe('a running node', { timeout: 300_000 }, () => {
  it('finds a row in its table that signers made whom nobody knows, and says so loudly, once', async (t) => {
    const database = await createTestDatabase(t)
    const row = priceRow()
    await tableOf(database).write([row])
    const env = { GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`, GP_HTTPADDR: '127.0.0.1:0' }
    const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 3, env })
    const node = await network.node('node1')
    network.expectErrors(node)
    const found = await network.until(
      () => node.logger.lines.find(({ message }) => message.startsWith('FALSE ROW')) ?? false,
      'the false row is found',
    )
    assert.match(found.message, /^FALSE ROW in table prices: .*0x\w+" is no signer of this network in round \d+/)
    assert.equal(found.facts['id'], row.attestation.id)
    assert.ok(node.counters.value('gp_false_rows_total', { code: 'signer-not-allowed' }) > 0)
    const metrics = await (await fetch(`${node.httpUrl}/metrics`)).text()
    assert.match(metrics, /^gp_audited_rows 1$/m)
    assert.match(metrics, /^gp_sql_statements_total\{statement="audit_read"\} 1$/m)
    await node.stop()
    assert.deepEqual(
      node.logger.at('warn').filter((line) => /stopping|audit/.test(line)),
      [],
    )
    assert.equal(node.logger.at('error').length, 1)
  })

  it('judges rows by the quorum of their time, when that was raised since', async (t) => {
    const database = await createTestDatabase(t)
    await tableOf(database).write([priceRow({}, [alice, bob])])
    const env = {
      GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`,
      GP_HTTPADDR: '127.0.0.1:0',
      GP_SIGNERS: [alice, bob, carol].map(({ address }) => address).join(','),
    }
    const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 1, env })
    const untilJudged = (node: NodeAtWork, count: number): Promise<boolean> =>
      network.until(
        async () => (await (await fetch(`${node.httpUrl}/metrics`)).text()).includes(`\ngp_audited_rows ${count}\n`),
        'the rows are judged',
      )
    const before = await network.node('node1', { GP_MINIMUMSIGNERCOUNT: '2' })
    await untilJudged(before, 1)
    await before.stop()

    const after = await network.node('node1', { GP_MINIMUMSIGNERCOUNT: '3' })
    await untilJudged(after, 1)
    assert.deepEqual(after.logger.at('error'), [])
    network.expectErrors(after)
    const round = Math.floor(Date.now() / INTERVAL_MS) + 4
    const late = priceRow({ observedAt: round * INTERVAL_MS }, [alice, bob])
    await tableOf(database).write([late])
    await untilJudged(after, 2)
    assert.match(
      after.logger.at('error')[0] ?? '',
      /^FALSE ROW in table prices: 2 signers that count, and 3 make a quorum/,
    )
  })
})
