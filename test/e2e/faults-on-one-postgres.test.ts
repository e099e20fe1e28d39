import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { endAll, killAtRandom, pauseNode } from '../helpers/cluster-faults.ts'
import { judge } from '../helpers/cluster-verdict.ts'
import { startOwnPostgres } from '../helpers/postgres.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'
import { seededRandom } from '../helpers/seeded-random.ts'
import { countStatements, keepsStatementsFew } from '../helpers/statement-count.ts'

// What takes longer is in test/long.
describe('five nodes as processes, on one Postgres', { timeout: 900_000 }, () => {
  it('lose nothing that had reached quorum, whatever happens to them', async (t) => {
    const postgres = await startOwnPostgres(t)
    const counter = await countStatements(postgres)
    const cluster = await createProcessCluster(t, { nodes: 5, interval: 2, databaseOf: () => postgres.url })
    const [, node] = cluster.nodes
    assert.ok(node !== undefined)
    await cluster.start()
    await t.test('at most 1.2 writes and 0.05 reads a row while all are well', (healthy) =>
      keepsStatementsFew({ cluster, counter, t: healthy }, { rounds: 2 }),
    )
    await t.test('kill -9 at random moments', (fault) =>
      killAtRandom({ cluster, random: seededRandom(), t: fault }, { rounds: 2 }),
    )
    await t.test('Postgres is killed, and all nodes while they wait for it', () =>
      endAll({ cluster, postgres }, { rounds: 1, how: 'kill' }),
    )
    await t.test('a node is paused', () => pauseNode({ cluster, node }, { rounds: 2 }))
    await t.test('all is well in the end', () => judge(cluster))
  })
})
