import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createTestDatabase } from '../helpers/postgres.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { NodeNetwork } from '../helpers/running-node.ts'

const NODES = ['node1', 'node2', 'node3', 'node4'] as const

describe('a real node that was not there', { timeout: 480_000 }, () => {
  it('takes over what is pending from a peer, though gossip never says it again', async (t) => {
    const [shared, own] = await Promise.all([createTestDatabase(t), createTestDatabase(t)])
    const network = await NodeNetwork.open(t, {
      databaseUrl: shared.url,
      signers: 4,
      env: { GP_FETCHPRICEINTERVAL: `${roundThatLasts()}`, GP_HISTORY: 'off', GP_SYNCINTERVAL: '1' },
    })
    await network.bootstrap()
    const [, ...others] = NODES
    await network.committed(await network.nodes(...others), others.length)

    // Without a price of its own it says nothing that would have others speak of the round again.
    const late = await network.node('node1', { GP_DATABASEURL: own.url, GP_PRICEURL: 'http://127.0.0.1:9/' })
    await network.committed([late], others.length)
    const rows = await tableRows(own.url)
    assert.deepEqual(
      rows.map(({ id }) => id),
      (await tableRows(shared.url)).map(({ id }) => id),
    )
    await Promise.all(rows.map(prove))
    assert.ok(late.counters.value('gp_sync_sessions_total', { outcome: 'taken' }) > 0)
  })

  it('takes over the history of the others into an empty database of its own, and keeps up with them', async (t) => {
    const [shared, own] = await Promise.all([createTestDatabase(t), createTestDatabase(t)])
    const network = await NodeNetwork.open(t, {
      databaseUrl: shared.url,
      signers: 4,
      env: { GP_FETCHPRICEINTERVAL: '4', GP_QUIETPERIOD: '0.5', GP_SYNCINTERVAL: '1' },
    })
    await network.bootstrap()
    const [, ...others] = NODES
    const nodes = await network.nodes(...others)
    await network.committed(nodes, 3 * others.length)
    const before = await tableRows(shared.url)

    const late = await network.node('node1', { GP_DATABASEURL: own.url })
    await network.until(async () => {
      const ids = new Set((await tableRows(own.url)).map(({ id }) => id))
      return before.every(({ id }) => ids.has(id))
    }, 'all that was committed before is in the table of the newcomer')
    await network.until(() => late.line('info', /^took over \d+ rows of history/) ?? false, 'it says so')
    for (const row of await tableRows(own.url)) assert.ok((await prove(row)).length >= 3)
    for (const node of nodes) assert.equal(node.counters.value('gp_sync_rows_total', { outcome: 'written' }), 0)
  })
})
