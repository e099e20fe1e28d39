import assert from 'node:assert/strict'
import type { TestContext } from 'node:test'
import { type Answer, type CoinbaseStandIn, answers } from './coinbase-stand-in.ts'
import { type TestDatabase, createTestDatabase } from './postgres.ts'
import { type NodeAtWork, NodeNetwork } from './running-node.ts'

const ENV = {
  GP_NETWORK: 'dashboard-simulated',
  GP_SOURCE: 'simulated',
  GP_FETCHPRICEINTERVAL: '12',
  // For so long what is at quorum is seen to be: a page that gets little of the machine may be late.
  GP_QUIETPERIOD: '4',
  GP_MINIMUMSIGNERCOUNT: '3',
}

/** A network of real nodes, of which `node1` serves its dashboard. Nothing runs yet but the bootstrap node. */
export interface DashboardCluster {
  readonly network: NodeNetwork
  readonly database: TestDatabase
  /** Where `node3` alone gets its prices, and when. */
  readonly feed: HeldFeed
  /** Starts node1, at the same address every time. */
  startWatched(): Promise<{ readonly node: NodeAtWork; readonly url: string }>
}

export async function openDashboardCluster(t: TestContext): Promise<DashboardCluster> {
  const database = await createTestDatabase(t)
  const network = await NodeNetwork.open(t, { databaseUrl: database.url, signers: 4, env: ENV })
  network.coinbase.setPrice('ETH-USD', '3021.455')
  const feed = new HeldFeed(await network.standIn())
  await network.bootstrap()
  let address = '127.0.0.1:0'
  return {
    network,
    database,
    feed,
    async startWatched() {
      const node = await network.node('node1', { GP_HTTPADDR: address })
      const url = node.httpUrl ?? assert.fail('node1 serves no HTTP')
      address = new URL(url).host
      return { node, url }
    },
  }
}

/** A price server that can keep who asks waiting. */
export class HeldFeed {
  readonly url: string
  readonly #standIn: CoinbaseStandIn
  #waiting: Parameters<Answer>[0][] = []

  constructor(standIn: CoinbaseStandIn) {
    this.#standIn = standIn
    this.url = standIn.url
    standIn.setPrice('ETH-USD', '3022.105')
  }

  hold(): void {
    this.#standIn.always((exchange) => this.#waiting.push(exchange))
  }

  release(): void {
    const answer = answers.ok()
    this.#standIn.always(answer)
    for (const exchange of this.#waiting) answer(exchange)
    this.#waiting = []
  }
}

/**
 * Changes a row as nobody may: as a superuser, with the trigger off that keeps rows as they are.
 *
 * @param change - `column = value` of SQL
 */
export async function falsify(
  { query }: Pick<TestDatabase, 'query'>,
  { id, change }: { readonly id: string; readonly change: string },
): Promise<void> {
  await query('ALTER TABLE prices DISABLE TRIGGER prices_append_only')
  await query(`UPDATE prices SET ${change} WHERE id = $1`, [id])
  await query('ALTER TABLE prices ENABLE TRIGGER prices_append_only')
}
