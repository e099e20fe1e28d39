import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { cutOff, joinLate } from '../helpers/cluster-faults.ts'
import { judge } from '../helpers/cluster-verdict.ts'
import { startCoinbaseStandIn } from '../helpers/coinbase-stand-in.ts'
import { openCuttableNetwork } from '../helpers/cuttable-network.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'

const NODES = 4

// What takes longer is in test/long.
describe('four nodes as processes, with a database each', { timeout: 900_000 }, () => {
  it('have one history in the end, whatever happens to them', async (t) => {
    const databases: string[] = []
    while (databases.length < NODES) databases.push((await createTestDatabase(t)).url)
    const coinbase = await startCoinbaseStandIn()
    const services = new Set([...databases, coinbase.url].map((url) => Number(new URL(url).port)))
    const network = await openCuttableNetwork(t, { nodes: NODES, services: [...services] })
    const cluster = await createProcessCluster(t, {
      nodes: NODES,
      interval: 2,
      databaseOf: (number) => databases[number],
      places: network.places,
      coinbase,
      late: 1,
    })
    const node = cluster.nodes.at(-1)
    assert.ok(node !== undefined)
    await cluster.start()
    await t.test('a node joins late', () => joinLate({ cluster, node }, { rounds: 1 }))
    await t.test('a node is cut off and healed', () => cutOff({ cluster, network, number: 0 }, { rounds: 2 }))
    await t.test('all is well in the end', () => judge(cluster))
  })
})
