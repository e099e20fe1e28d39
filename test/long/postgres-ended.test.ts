import { describe, it } from 'node:test'
import { POSTGRES_ENDS, endAll, endPostgres } from '../helpers/cluster-faults.ts'
import { judge } from '../helpers/cluster-verdict.ts'
import { startOwnPostgres } from '../helpers/postgres.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'

const ROUNDS = 3

describe('a Postgres that is stopped, killed and started amid traffic', { timeout: 1_800_000 }, () => {
  it('has every statement that reached quorum once, also when all nodes were killed in the outage', async (t) => {
    const postgres = await startOwnPostgres(t)
    const cluster = await createProcessCluster(t, { nodes: 5, interval: 4, databaseOf: () => postgres.url })
    await cluster.start()
    for (const how of POSTGRES_ENDS) {
      await endPostgres({ cluster, postgres }, { rounds: ROUNDS, how })
      await endAll({ cluster, postgres }, { rounds: ROUNDS, how })
    }
    await judge(cluster)
  })
})
