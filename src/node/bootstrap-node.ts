import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { createHost } from '../gossip/libp2p-host.ts'
import { createMemoryPeerBook } from '../gossip/peer-book.ts'
import { createPeerKeeper } from '../gossip/peer-keeper.ts'
import { type PeerList, createPeerList } from '../gossip/peer-list.ts'
import { loadTransportKey } from '../gossip/transport-key.ts'
import { libp2pMetrics } from '../telemetry/libp2p-metrics.ts'
import type { NodeComponents } from './running-node.ts'

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

export interface BootstrapNode {
  readonly peerId: string
  /** Multiaddrs with `/p2p/…`, each good as a GP_BOOTSTRAPADDR where it can be reached. */
  readonly addresses: readonly string[]
  readonly peerList: PeerList
  stop(): Promise<void>
}

/**
 * A node that others join by: it answers for the DHT and does nothing else. It needs neither a database nor a signing key.
 *
 * @throws {TransportKeyError} @throws {HostError}
 */
export async function startBootstrapNode(
  { logger, clock, random, counters, metrics }: BootstrapNodeComponents,
  { dataDir, bootstrapAddresses, ...options }: BootstrapNodeOptions,
): Promise<BootstrapNode> {
  const privateKey = await loadTransportKey({ logger }, { dataDir })
  const host = await createHost(
    { logger },
    { ...options, role: 'bootstrap', privateKey, metrics: metrics && libp2pMetrics(metrics.registry) },
  )
  const keeper = createPeerKeeper(
    { host, peerBook: createMemoryPeerBook(), clock, random, logger: logger.child('peers'), counters },
    { bootstrapAddresses, targetPeers: TARGET_PEERS },
  )
  const peerList = createPeerList(host)
  keeper.start()
  const addresses = host.getMultiaddrs().map(String)
  logger.info('the bootstrap node listens; others join by any of these addresses', { addresses })

  let stopped: Promise<void> | undefined
  const stop = async (): Promise<void> => {
    await keeper.stop()
    peerList.stop()
    await host.stop()
  }
  return {
    peerId: host.peerId.toString(),
    addresses,
    peerList,
    stop: () => (stopped ??= stop()),
  }
}
