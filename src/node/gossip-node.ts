import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Config } from '../config.ts'
import { toHex } from '../core/hex.ts'
import { loadSigningKey } from '../keys/signing-key.ts'
import { createCoinbaseFeed } from '../price/coinbase-feed.ts'
import { EvidenceFolder, evidenceDirectory } from '../store/evidence-folder.ts'
import { NodeDisk } from '../store/node-disk.ts'
import { assembleNode } from './assemble.ts'
import { gossipReadiness, startHealthServerFor } from './health.ts'
import { openCurve } from './open-curve.ts'
import { type Libp2pNetwork, openNetwork } from './open-network.ts'
import { openTable } from './open-table.ts'
import type { NodePorts } from './ports.ts'
import { Releases } from './releases.ts'
import type { NodeComponents, RunningNode } from './running-node.ts'

/** Ten seconds after SIGTERM a node is ended by force: all that it lets go of before, and each thing, milliseconds. */
const RELEASE_MS = 9_000
const RELEASE_STEP_MS = 500

/**
 * A node that signs, co-signs, collects and commits, by libp2p, Postgres, Coinbase and a disk of its own.
 *
 * @throws with a sentence for operators when something it cannot do without cannot be had; nothing is left running then
 */
export async function startGossipNode(components: NodeComponents, config: Config): Promise<RunningNode> {
  const releases = new Releases({ clock: components.clock, allMs: RELEASE_MS, stepMs: RELEASE_STEP_MS })
  try {
    return await compose(components, config, releases)
  } catch (error) {
    await releases.run(components)
    throw error
  }
}

/** What is opened first is let go of last: disk, libp2p and table outlive those who use them. */
async function compose(components: NodeComponents, config: Config, releases: Releases): Promise<RunningNode> {
  const { clock, counters } = components
  const { constants } = config
  const logger = components.logger.child('node')

  const curve = openCurve({ ...components, logger })
  const disk = new NodeDisk({ clock, logger }, { directory: config.dataDir })
  releases.add('disk', () => disk.close())
  const key = await loadSigningKey({ curve, logger: components.logger.child('keys') }, config.keySource)
  let network: Libp2pNetwork | undefined
  const ports: NodePorts = {
    curve,
    key,
    memory: disk.signOnceMemory(key.address, { madeNow: key.madeNow }),
    outbox: disk.outbox,
    evidence: new EvidenceFolder({ ...components, logger }, { directory: evidenceDirectory(config.dataDir) }),
    feed: createCoinbaseFeed(
      { clock, logger: components.logger.child('feed'), counters },
      { url: config.priceUrl.href, source: constants.source },
    ),
    table: await openTable(components, { config, releases }),
    instance: toHex(randomBytes(16)),
    nextTurn,
    async connect(options) {
      network = await openNetwork(components, { config, peerBook: disk.peers, releases }, options)
      return network
    },
  }
  const node = await assembleNode(components, ports, { constants, sync: config, releases })
  const readiness = gossipReadiness(
    { topic: node.topics.prices, tableFault: () => node.tableFault(), clockFault: () => node.clockFault() },
    constants,
  )
  const health = await startHealthServerFor({ logger }, { address: config.httpAddress, readiness })
  releases.add('health server', () => health?.close())
  node.start()

  const { peerId = '', addresses = [] } = network ?? {}
  logger.info(`listening on ${addresses.join(', ')}`)
  return { peerId, addresses, readiness, stop: () => releases.run(components) }
}
