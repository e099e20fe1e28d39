import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pauseNode } from '../helpers/cluster-faults.ts'
import { judge } from '../helpers/cluster-verdict.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'

/** Longer than the co-sign window, the collect window, and the patience of libp2p, Postgres and all that waits. */
const ROUNDS = 25

describe('a node that is stopped in its tracks past every timeout, then let go on', { timeout: 1_800_000 }, () => {
  it('takes part again, having lost nothing and signed no slot twice', async (t) => {
    const { url } = await createTestDatabase(t)
    const cluster = await createProcessCluster(t, { nodes: 4, interval: 4, databaseOf: () => url })
    const [node] = cluster.nodes
    assert.ok(node !== undefined)
    await cluster.start()
    await pauseNode({ cluster, node }, { rounds: ROUNDS })
    await judge(cluster)
  })
})
