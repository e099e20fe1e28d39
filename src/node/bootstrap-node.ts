import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { SignedStatus } from '../core/status.ts'
import { expectedTraffic } from '../gossip/expected-traffic.ts'
import { hangUp } from '../gossip/hang-up.ts'
import { createHost } from '../gossip/libp2p-host.ts'
import type { NodeDirectory } from '../gossip/node-directory.ts'
import { createMemoryPeerBook } from '../gossip/peer-book.ts'
import type { GossipHost } from '../gossip/peer-host.ts'
import { createPeerKeeper } from '../gossip/peer-keeper.ts'
import { type PeerList, createPeerList } from '../gossip/peer-list.ts'
import { PeerStanding } from '../gossip/peer-standing.ts'
import { SCORE_THRESHOLDS, peerScoreParams } from '../gossip/score-params.ts'
import { type Topic, createTopic } from '../gossip/topic.ts'
import { topicNames } from '../gossip/topic-name.ts'
import { loadTransportKey } from '../gossip/transport-key.ts'
import { gossipsubMetrics } from '../telemetry/gossipsub-metrics.ts'
import { libp2pMetrics } from '../telemetry/libp2p-metrics.ts'
import { openCurve } from './open-curve.ts'
import { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'
import { type StatusHearing, createHearingDirectory, openHearing } from './status-hearing.ts'

/** Nodes find a bootstrap node, not it them; a few of its own suffice to come back into a network that it left. */
const TARGET_PEERS = 4

export interface BootstrapNodeComponents {
  readonly logger: Logger
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly metrics?: NodeComponents['metrics']
}

export interface BootstrapNodeOptions {
  /** With an open signer set it is not known who may sign. */
  readonly constants: NetworkConstants
  /** Multiaddrs; every one of them must work. */
  readonly listen: readonly string[]
  /** Keeps the transport key, and with it the peer id. */
  readonly dataDir: string
  /** Other nodes of the network, for a bootstrap that returns; none is needed. */
  readonly bootstrapAddresses: readonly string[]
  /** What peers are told of this software, as `gossip-price/0.1.0`. */
  readonly agentVersion: string
  readonly networkKey?: Uint8Array | undefined
  readonly allowPeers?: readonly string[] | undefined
}

/** `listed`: whether the signer is in the signer set. */
export type TakenListener = (signed: SignedStatus, options: { readonly listed: boolean }) => void

export interface BootstrapNode {
  readonly peerId: string
  /** Multiaddrs with `/p2p/…`, each good as a GP_BOOTSTRAPADDR where it can be reached. */
  readonly addresses: readonly string[]
  readonly peerList: PeerList
  readonly directory: NodeDirectory
  readonly topics: { readonly status: Pick<Topic, 'peers' | 'meshPeers'> }
  readonly clockOffsetMs: StatusHearing['clockOffsetMs']
  /** Has a listener told of every status that is taken from now on. */
  listen(listener: TakenListener): void
  stop(): Promise<void>
}

/**
 * A node that others join by: it answers for the DHT, and hears what nodes say of themselves. It hears no price, signs
 * and publishes nothing, and needs neither a database nor a signing key.
 *
 * @throws {TransportKeyError} @throws {HostError}
 */
export async function startBootstrapNode(
  components: BootstrapNodeComponents,
  { bootstrapAddresses, ...options }: BootstrapNodeOptions,
): Promise<BootstrapNode> {
  const { logger, clock, counters } = components
  const { constants, allowPeers = [] } = options
  const releases = new Releases()
  const listeners: TakenListener[] = []
  const { host, directory, standing } = await connect(components, options)
  releases.add('libp2p node', () => host.stop())
  const peerList = createPeerList(host)
  releases.add('list of peers', () => peerList.stop())
  const hearing = openHearing(
    {
      ...components,
      curve: openCurve({ logger, counters }),
      directory,
      standing,
      openTopic: (topic) => createTopic({ host, clock, counters, logger: logger.child('gossip') }, topic),
      releases,
      onTaken(signed, taken) {
        for (const listener of listeners) listener(signed, taken)
      },
    },
    constants,
  )
  const keeper = createPeerKeeper(
    {
      ...components,
      host,
      peerBook: createMemoryPeerBook(),
      logger: logger.child('peers'),
      isWanted: (peerId) => (allowPeers.length === 0 || allowPeers.includes(peerId)) && !standing.isExpelled(peerId),
    },
    { bootstrapAddresses, targetPeers: TARGET_PEERS },
  )
  releases.add('peer keeper', () => keeper.stop())
  hearing.topic.start()
  keeper.start()
  const addresses = host.getMultiaddrs().map(String)
  if (constants.signers.open) {
    logger.info('GP_SIGNERS is not set: nodes are shown as each tells of itself, and no status is passed on')
  }
  logger.info('the bootstrap node listens; others join by any of these addresses', { addresses })
  return {
    peerId: host.peerId.toString(),
    addresses,
    peerList,
    directory,
    topics: { status: hearing.topic },
    clockOffsetMs: () => hearing.clockOffsetMs(),
    listen: (listener) => void listeners.push(listener),
    stop: () => releases.run({ logger }),
  }
}

/** The libp2p node, who is there, and what is thought of peers: each needs the others. */
async function connect(
  { logger, clock, counters, metrics }: BootstrapNodeComponents,
  { constants, dataDir, ...options }: Omit<BootstrapNodeOptions, 'bootstrapAddresses'>,
): Promise<{ readonly host: GossipHost; readonly directory: NodeDirectory; readonly standing: PeerStanding }> {
  const peersLogger = logger.child('peers')
  const connectedPeers = (): readonly string[] => host?.getPeers().map(String) ?? []
  const isConnected = (peerId: string): boolean => connectedPeers().includes(peerId)
  const directory = createHearingDirectory({ clock, isConnected }, constants)
  const traffic = expectedTraffic(constants)
  const standing = new PeerStanding(
    {
      clock,
      counters,
      logger: peersLogger,
      vouchersOf: (peerId) => directory.vouchersOf(peerId),
      wasVouched: (peerId) => directory.wasVouched(peerId),
      connectedPeers,
      hangUp: (peerId) => host && hangUp({ host, logger: peersLogger }, peerId),
    },
    traffic,
  )
  const topics = topicNames(constants.network)
  let host: GossipHost | undefined
  host = await createHost(
    { logger },
    {
      ...options,
      privateKey: await loadTransportKey({ logger }, { dataDir }),
      doorkeeper: standing,
      metrics: metrics && libp2pMetrics(metrics.registry),
      router: {
        topics: [topics.status],
        scoreParams: peerScoreParams({ topics, scoreOf: (peerId) => standing.scoreOf(peerId) }, traffic),
        scoreThresholds: SCORE_THRESHOLDS,
        metrics: metrics && gossipsubMetrics(metrics.registry),
      },
    },
  )
  return { host, directory, standing }
}
