import { describe, it } from 'node:test'
import { judge } from '../helpers/cluster-verdict.ts'
import { startOwnPostgres } from '../helpers/postgres.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'
import { countStatements, keepsStatementsFew } from '../helpers/statement-count.ts'

describe('five nodes with which nothing is wrong, on one Postgres', { timeout: 1_800_000 }, () => {
  it('ask it for at most 1.2 writes and 0.05 reads a row', async (t) => {
    const postgres = await startOwnPostgres(t)
    const counter = await countStatements(postgres)
    const cluster = await createProcessCluster(t, { nodes: 5, interval: 4, databaseOf: () => postgres.url })
    await cluster.start()
    await keepsStatementsFew({ cluster, counter, t }, { rounds: 30 })
    await judge(cluster)
  })
})
