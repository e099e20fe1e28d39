import { describe, it } from 'node:test'
import { killAtRandom } from '../helpers/cluster-faults.ts'
import { judge } from '../helpers/cluster-verdict.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'
import { seededRandom } from '../helpers/seeded-random.ts'

const NODES = 5
const INTERVAL = 4
/** Two minutes of traffic. */
const ROUNDS = 30

describe('nodes that are killed at random moments for two minutes', { timeout: 1_800_000 }, () => {
  it('lose nothing that had reached quorum and sign no slot twice, on one Postgres', async (t) => {
    const { url } = await createTestDatabase(t)
    const cluster = await createProcessCluster(t, { nodes: NODES, interval: INTERVAL, databaseOf: () => url })
    await cluster.start()
    await killAtRandom({ cluster, random: seededRandom(), t }, { rounds: ROUNDS })
    await judge(cluster)
  })

  it('have one history in the end, with an embedded Postgres each that dies with its node', async (t) => {
    const cluster = await createProcessCluster(t, { nodes: NODES, interval: INTERVAL, databaseOf: () => undefined })
    await cluster.start()
    await killAtRandom({ cluster, random: seededRandom(), t }, { rounds: ROUNDS })
    await judge(cluster)
  })
})
