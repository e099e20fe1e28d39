import { type TestContext, describe, it } from 'node:test'
import { cutOff } from '../helpers/cluster-faults.ts'
import { judge } from '../helpers/cluster-verdict.ts'
import { startCoinbaseStandIn } from '../helpers/coinbase-stand-in.ts'
import { openCuttableNetwork } from '../helpers/cuttable-network.ts'
import { openPeerProxies } from '../helpers/peer-proxies.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { createProcessCluster } from '../helpers/process-cluster.ts'

const NODES = 4
const INTERVAL = 4
/** Until connections are given up, and found again. */
const LONG_ROUNDS = 20
/** While the connections outlive it. */
const SHORT_ROUNDS = 2

/** @param databases - one for all nodes, or one for each */
async function cutOffAndHeal(
  t: TestContext,
  { open, databases }: { readonly open: typeof openCuttableNetwork; readonly databases: readonly string[] },
): Promise<void> {
  const coinbase = await startCoinbaseStandIn()
  const services = new Set([...databases, coinbase.url].map((url) => Number(new URL(url).port)))
  const network = await open(t, { nodes: NODES, services: [...services] })
  const cluster = await createProcessCluster(t, {
    nodes: NODES,
    interval: INTERVAL,
    databaseOf: (number) => databases[number % databases.length],
    places: network.places,
    coinbase,
  })
  await cluster.start()
  await cutOff({ cluster, network, number: 1 }, { rounds: SHORT_ROUNDS })
  await cutOff({ cluster, network, number: 0 }, { rounds: LONG_ROUNDS })
  await judge(cluster)
}

async function createDatabases(t: TestContext, count: number): Promise<string[]> {
  const urls: string[] = []
  while (urls.length < count) urls.push((await createTestDatabase(t)).url)
  return urls
}

describe('a node that is cut off and healed', { timeout: 1_800_000 }, () => {
  it('from everything, with one Postgres for all: takes part again, and nothing is lost', async (t) => {
    await cutOffAndHeal(t, { open: openCuttableNetwork, databases: await createDatabases(t, 1) })
  })

  it('from everything, with a Postgres each: has what the others committed without it', async (t) => {
    await cutOffAndHeal(t, { open: openCuttableNetwork, databases: await createDatabases(t, NODES) })
  })

  it('from its peers alone, with a Postgres each: has what the others committed without it', async (t) => {
    await cutOffAndHeal(t, { open: openPeerProxies, databases: await createDatabases(t, NODES) })
  })
})
