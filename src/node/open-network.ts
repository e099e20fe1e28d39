import type { Config } from '../config.ts'
import { expectedTraffic } from '../gossip/expected-traffic.ts'
import { hangUp } from '../gossip/hang-up.ts'
import { createHost } from '../gossip/libp2p-host.ts'
import type { PeerBook } from '../gossip/peer-book.ts'
import { createPeerKeeper } from '../gossip/peer-keeper.ts'
import { type PeerList, createPeerList } from '../gossip/peer-list.ts'
import { SCORE_THRESHOLDS, peerScoreParams } from '../gossip/score-params.ts'
import { swarmKey } from '../gossip/swarm-key.ts'
import { createLibp2pExchange } from '../gossip/sync/libp2p-exchange.ts'
import { createTopic } from '../gossip/topic.ts'
import { topicNames } from '../gossip/topic-name.ts'
import { loadTransportKey } from '../gossip/transport-key.ts'
import { gossipsubMetrics } from '../telemetry/gossipsub-metrics.ts'
import { libp2pMetrics } from '../telemetry/libp2p-metrics.ts'
import { AGENT_VERSION } from '../version.ts'
import type { ConnectOptions, PeerNetwork } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** Connections beside those to the bootstrap addresses: gossipsub's mesh takes 4 to 12. */
const TARGET_PEERS = 12
/** Peers are told that this node ends; those that do not answer are not waited for, milliseconds. */
const HOST_RELEASE_MS = 2_000

/** A network of peers by libp2p. */
export interface Libp2pNetwork extends PeerNetwork {
  /** Multiaddrs at which this node listens, with its peer id. */
  readonly addresses: readonly string[]
  readonly peerList: PeerList
}

/** Starts the libp2p node; it dials nobody before it is told to start. */
export async function openNetwork(
  { clock, random, counters, logger, metrics }: NodeComponents,
  parts: { readonly config: Config; readonly peerBook: PeerBook; readonly releases: Releases },
  { doorkeeper, scoreOf }: ConnectOptions,
): Promise<Libp2pNetwork> {
  const { config, peerBook, releases } = parts
  const { constants, allowedPeers, dialAddresses } = config
  const topics = topicNames(constants.network)
  const host = await createHost(
    { logger: logger.child('libp2p') },
    {
      privateKey: await loadTransportKey({ logger: logger.child('keys') }, { dataDir: config.dataDir }),
      listen: config.listenAddresses,
      agentVersion: AGENT_VERSION,
      networkKey: config.networkKey && swarmKey(config.networkKey.reveal()),
      allowPeers: allowedPeers,
      doorkeeper,
      metrics: metrics && libp2pMetrics(metrics.registry),
      router: {
        topics: Object.values(topics),
        scoreParams: peerScoreParams({ topics, scoreOf }, expectedTraffic(constants)),
        scoreThresholds: SCORE_THRESHOLDS,
        metrics: metrics && gossipsubMetrics(metrics.registry),
      },
    },
  )
  releases.add('libp2p node', () => host.stop(), { atMostMs: HOST_RELEASE_MS })
  const peerList = createPeerList(host)
  releases.add('list of peers', () => peerList.stop())
  const peersLogger = logger.child('peers')
  const keeper = createPeerKeeper(
    {
      host,
      peerBook,
      clock,
      random,
      counters,
      logger: peersLogger,
      isWanted: (peerId) =>
        (allowedPeers.length === 0 || allowedPeers.includes(peerId)) && !doorkeeper.isExpelled(peerId),
    },
    { bootstrapAddresses: dialAddresses, targetPeers: TARGET_PEERS },
  )
  releases.add('peer keeper', () => keeper.stop())
  return {
    peerId: host.peerId.toString(),
    peerList,
    addresses: host.getMultiaddrs().map(String),
    openTopic: (options) => createTopic({ host, clock, counters, logger: logger.child('gossip') }, options),
    exchange: createLibp2pExchange({ host, clock, counters, logger: logger.child('sync') }),
    connectedPeers: () => host.getPeers().map(String),
    hangUp: (peerId) => hangUp({ host, logger: peersLogger }, peerId),
    start: () => keeper.start(),
  }
}
