import { randomBytes } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ApiServer } from '../api/api-server.ts'
import type { Config } from '../config.ts'
import type { Clock } from '../core/clock.ts'
import { toHex } from '../core/hex.ts'
import type { NetworkConstants } from '../core/network.ts'
import { quorumAt, withQuorum } from '../core/quorum-history.ts'
import { loadSigningKey } from '../keys/signing-key.ts'
import { createCoinbaseFeed } from '../price/coinbase-feed.ts'
import { EvidenceFolder, evidenceDirectory } from '../store/evidence-folder.ts'
import { DatabaseWatch } from '../store/database-watch.ts'
import { NodeDisk } from '../store/node-disk.ts'
import { createPostgresPriceReader } from '../store/postgres-price-reader.ts'
import { assembleNode } from './assemble.ts'
import { startHttpServer } from './http-server.ts'
import { watchGossipNode } from './node-gauges.ts'
import { GossipNodeView } from './node-view.ts'
import { openCurve } from './open-curve.ts'
import { type Libp2pNetwork, openNetwork } from './open-network.ts'
import { openAudit } from './open-audit.ts'
import { type OpenTable, openTable } from './open-table.ts'
import type { NodePorts } from './ports.ts'
import { gossipReadiness } from './readiness.ts'
import { Releases } from './releases.ts'
import type { NodeComponents, RunningNode } from './running-node.ts'
import { createStatementMetrics } from './statement-metrics.ts'

/** Ten seconds after SIGTERM a node is ended by force: all that it lets go of before, and each thing, milliseconds. */
const RELEASE_MS = 9_000
const RELEASE_STEP_MS = 500
/** Requests under way have half a second before they are cut off. */
const HTTP_RELEASE_MS = 1_500

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
  const { clock, counters, histograms } = components
  const { constants } = config
  const logger = components.logger.child('node')

  const curve = openCurve({ ...components, logger })
  const disk = new NodeDisk({ clock, logger }, { directory: config.dataDir })
  releases.add('disk', () => disk.close())
  const key = await loadSigningKey({ curve, logger: components.logger.child('keys') }, config.keySource)
  let network: Libp2pNetwork | undefined
  const table = await openTable(components, { config, releases })
  const ports: NodePorts = {
    curve,
    key,
    memory: disk.signOnceMemory(key.address, { madeNow: key.madeNow }),
    outbox: disk.outbox,
    evidence: new EvidenceFolder({ ...components, logger }, { directory: evidenceDirectory(config.dataDir) }),
    feed: createCoinbaseFeed(
      { clock, logger: components.logger.child('feed'), counters, histograms },
      { url: config.priceUrl.href, source: constants.source },
    ),
    table,
    instance: toHex(randomBytes(16)),
    nextTurn,
    async connect(options) {
      network = await openNetwork(components, { config, peerBook: disk.peers, releases }, options)
      return network
    },
  }
  const { network: name, signers } = constants
  const tableWatch = openAudit(components, {
    curve,
    url: table.url,
    network: name,
    expected: { network: name, signers, threshold: quorumThen({ clock, disk }, constants) },
    releases,
  })
  const assembled = await assembleNode(components, ports, { constants, sync: config, releases, tableWatch })
  if (network === undefined) throw new Error('a node that is put together has a network')
  const { peerId, addresses, peerList } = network
  const database = new DatabaseWatch({ ...components, logger }, { url: table.url.reveal() })
  releases.add('look at the database', () => database.stop())
  // Between rows nobody writes: whether one could be is looked for.
  const node = { ...assembled, tableFault: () => assembled.tableFault() ?? database.fault() }
  const readinessFaults = gossipReadiness({ node, clock }, constants)
  const view = new GossipNodeView(
    {
      node,
      peers: peerList,
      rows: table.rows,
      clock,
      logger,
      readinessFaults,
      onNews: createStatementMetrics(components, { constants, own: key.address }),
    },
    constants,
  )
  releases.add('view', () => view.stop())
  releases.add('gauges', watchGossipNode({ gauges: components.gauges, node, view, clock }, constants))
  const server = await serve(components, { config, table, view, releases })
  view.start()
  database.start()
  node.start()

  logger.info(`listening on ${addresses.join(', ')}`)
  return {
    peerId,
    addresses,
    httpUrl: server?.url,
    readiness: () => view.readiness(),
    stop: () => releases.run(components),
  }
}

/** What made a quorum when a statement was observed, as far as this node's disk knows. */
function quorumThen(
  { clock, disk }: { readonly clock: Clock; readonly disk: NodeDisk },
  { network, minimumSigners, intervalMs }: NetworkConstants,
): (observedAtMs: number) => number {
  const before = disk.quorums.load(network)
  const history = withQuorum(before, { minimum: minimumSigners, nowMs: clock.now().wallMs, intervalMs })
  if (history !== before) disk.quorums.replace(network, history)
  return (observedAtMs) => quorumAt(history, observedAtMs)
}

/** The HTTP server, with the prices of the table. */
async function serve(
  components: NodeComponents,
  parts: {
    readonly config: Config
    readonly table: OpenTable
    readonly view: GossipNodeView
    readonly releases: Releases
  },
): Promise<ApiServer | undefined> {
  const { config, table, view, releases } = parts
  const prices = createPostgresPriceReader(
    { logger: components.logger.child('postgres'), counters: components.counters },
    { url: table.url.reveal(), network: config.constants.network },
  )
  releases.add('reader of prices', () => prices.close())
  const server = await startHttpServer(components, { address: config.httpAddress, view, prices })
  releases.add('HTTP server', () => server?.close(), { atMostMs: HTTP_RELEASE_MS })
  return server
}
