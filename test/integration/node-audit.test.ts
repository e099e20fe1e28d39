import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase } from '../helpers/postgres.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { tableOf } from '../helpers/price-tables.ts'
import { NodeNetwork } from '../helpers/running-node.ts'
import { INTERVAL_MS } from '../helpers/statements.ts'

describe('a running node', { timeout: 120_000 }, () => {
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
    assert.match(metrics, /^gp_sql_statements_total\{statement="audit_read"\} [12]$/m)
    await node.stop()
    assert.deepEqual(
      node.logger.at('warn').filter((line) => /stopping|audit/.test(line)),
      [],
    )
    assert.equal(node.logger.at('error').length, 1)
  })
})
