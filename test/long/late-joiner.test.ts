import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { joinLate } from '../helpers/cluster-faults.ts'
import { judge } from '../helpers/cluster-verdict.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'
import { createTestDatabase } from '../helpers/postgres.ts'

const NODES = 5
/** Many more than are held for gossip. */
const ROUNDS = 25

describe('a node that joins late, with an empty Postgres of its own', { timeout: 1_800_000 }, () => {
  it('has the whole history in the end, from nodes that share a Postgres', async (t) => {
    const { url } = await createTestDatabase(t)
    const databaseOf = (number: number): string | undefined => (number === NODES - 1 ? undefined : url)
    const cluster = await createProcessCluster(t, { nodes: NODES, interval: 4, databaseOf, late: 1 })
    const node = cluster.nodes.at(-1)
    assert.ok(node !== undefined)
    await cluster.start()
    await joinLate({ cluster, node }, { rounds: ROUNDS })
    await judge(cluster)
  })
})
