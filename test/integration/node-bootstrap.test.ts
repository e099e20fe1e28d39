import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { withoutPeerId } from '../../src/gossip/peer-addresses.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { prove, tableRows } from '../helpers/row-proof.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'

const INTERVAL_MS = 5_000

/** The peers that a node has met since it started. */
function met({ logger }: NodeAtWork): Set<unknown> {
  const meetings = logger.lines.filter(({ message }) => message === 'a peer is connected')
  return new Set(meetings.map(({ facts }) => facts['peer']))
}

describe('the bootstrap node', { timeout: 480_000 }, () => {
  it('may die once nodes know each other: prices go on, and when it is back all rejoin it', async (t) => {
    const database = await createTestDatabase(t)
    const network = await NodeNetwork.open(t, {
      databaseUrl: database.url,
      signers: 4,
      env: { GP_FETCHPRICEINTERVAL: `${INTERVAL_MS / 1_000}` },
    })
    const bootstrap = await network.bootstrap()
    const nodes = await network.nodes('node1', 'node2', 'node3', 'node4')
    await network.committed(nodes, 4)

    await bootstrap.stop()
    const stoppedAtMs = Date.now()
    const without = await network.until(async () => {
      const rows = await tableRows(database.url)
      const later = rows.filter(({ round }) => round * INTERVAL_MS > stoppedAtMs)
      return later.length >= 4 && later
    }, 'a round that began without the bootstrap node is committed')
    for (const row of without) assert.ok((await prove(row)).length >= 3)

    const returned = await network.bootstrap({ GP_CONNECTIONADDR: withoutPeerId(bootstrap.address) })
    assert.equal(returned.peerId, bootstrap.peerId, 'it keeps its peer id')
    await network.until(() => met(returned).size === nodes.length, 'all nodes rejoin the bootstrap node')
  })
})
