import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { collectWindowEnd } from '../../src/consensus/windows.ts'
import { roundAt } from '../../src/core/statement.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'

const INTERVAL_MS = 3_000

/** The statements that reached quorum on a node. */
function quorums({ logger }: NodeAtWork): unknown[] {
  return logger.lines.filter(({ message }) => message.startsWith('quorum: ')).map(({ facts }) => facts['id'])
}

describe('a node that ends while Postgres is away', { timeout: 480_000 }, () => {
  it('has what reached quorum on its disk, and writes it when it is started again, though its collect window is over', async (t) => {
    const database = await createTestDatabase(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: 1,
      env: { GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}`, GP_MINIMUMSIGNERCOUNT: '1' },
    })
    const nowhere = new URL(database.url)
    nowhere.port = '1'
    const before = await network.node('node1', { GP_DATABASEURL: nowhere.href })
    await network.until(() => quorums(before).length >= 2, 'two rounds reach quorum')
    await network.until(() => before.line('debug', /^closed: /) ?? false, 'the quiet period of one is over')
    await before.stop()
    assert.ok(before.line('info', /^stopped with rows that are not in the table; they are on the disk/))
    assert.deepEqual(await tableRows(database.url), [])

    const over = collectWindowEnd(roundAt(Date.now(), INTERVAL_MS), INTERVAL_MS)
    await network.until(() => Date.now() > over, 'the collect windows of all of them are over')
    const again = await network.node('node1')
    assert.ok(again.line('info', /^rows that waited for Postgres when this node ended are written/))
    const rows = await network.until(async () => {
      const found = await tableRows(database.url)
      return quorums(before).every((id) => found.some((row) => row.id === id)) && found
    }, 'all that had reached quorum is in the table')
    await Promise.all(rows.map(prove))
    await again.stop()

    const third = await network.node('node1')
    assert.equal(third.counters.value('gp_outbox_restored_total'), quorums(again).length - again.committed())
  })
})
