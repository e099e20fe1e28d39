import { noise } from '@chainsafe/libp2p-noise'
import { identify } from '@libp2p/identify'
import type { Address, ComponentLogger, Logger as Libp2pLogger, PrivateKey } from '@libp2p/interface'
import { kadDHT, passthroughMapper } from '@libp2p/kad-dht'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { yamux } from '@libp2p/yamux'
import { type Libp2pOptions, createLibp2p } from 'libp2p'
import type { Logger } from '../core/logger.ts'
import { type Doorkeeper, createGater } from './gater.ts'
import { HostError } from './host-error.ts'
import { type ListenFault, listenAddress, listenError, tcpThatTells } from './listening.ts'
import { isLoopback } from './peer-addresses.ts'
import type { GossipHost, PeerHost } from './peer-host.ts'
import { repairTopicStreams } from './stream-repair.ts'
import { type TopicRouterOptions, topicRouter } from './topic-router.ts'

export const DHT_PROTOCOL = '/gossip-price/kad/1'

/** Connections; beyond it new ones are refused. */
const CONNECTIONS_LIMIT = 300
/**
 * Connections a second from one host, and connections not yet secured. The defaults (5 and 10) drop nodes of a local
 * cluster, or of one office, that start together.
 */
const INBOUND_A_SECOND = 100
const PENDING_LIMIT = 100
/** Connections being made by this node, and those that wait for it. */
const DIALS_LIMIT = 50
const DIALS_WAITING_LIMIT = 100
/** Streams that one peer may have open: the protocols of this node take a dozen. */
const STREAMS_LIMIT = 64
/** What begins a connection or a stream and then says nothing is given up, milliseconds. */
const SILENCE_LIMIT_MS = 5_000
/**
 * The DHT pings, and so does libp2p itself: with the default of one stream a connection the two meet, and libp2p takes
 * the second for a dead peer and closes the connection. Identification fails likewise when it is asked for twice.
 */
const SEVERAL_STREAMS = { maxInboundStreams: 16, maxOutboundStreams: 16 }
/** A whole dial, and each of its addresses: one that swallows packets must leave time for the next. */
const DIAL_TIMEOUT_MS = 5_000
const ADDRESS_TIMEOUT_MS = 2_000

interface HostComponents {
  readonly logger: Logger
}

interface HostOptions {
  readonly privateKey: PrivateKey
  /** Multiaddrs; every one of them must work. */
  readonly listen: readonly string[]
  /** What peers are told of this software, as `gossip-price/0.1.0`. */
  readonly agentVersion: string
  /** The content of a swarm.key file: only who holds the same one can connect. */
  readonly networkKey?: Uint8Array | undefined
  /** Peer ids; with any given, nobody else is connected. */
  readonly allowPeers?: readonly string[] | undefined
  readonly doorkeeper?: Doorkeeper | undefined
  /** Where libp2p measures itself. */
  readonly metrics?: Libp2pOptions['metrics'] | undefined
  readonly router: TopicRouterOptions
}

/**
 * Starts a libp2p node: TCP, noise, yamux, identify, ping, a DHT of our own in server mode, and gossipsub. It dials
 * nobody by itself; the peer keeper does.
 *
 * @throws {HostError} when an address cannot be listened on, or an option makes no sense
 */
export async function createHost({ logger }: HostComponents, options: HostOptions): Promise<GossipHost> {
  const faults: ListenFault[] = []
  const base = hostOptions(options, faults)
  const services = {
    identify: identify(SEVERAL_STREAMS),
    ping: ping(SEVERAL_STREAMS),
    dht: dht(),
    pubsub: topicRouter(options.router),
  }
  const host = await createLibp2p({ ...base, services })
  await startHost(host, faults)
  repairTopicStreams({ host, logger })
  return host
}

async function startHost(host: PeerHost, faults: readonly ListenFault[]): Promise<void> {
  let cause: unknown
  try {
    await host.start()
  } catch (error) {
    cause = error
  }
  const [fault] = faults
  if (fault === undefined && cause === undefined) return
  // libp2p takes it for success when all of IPv6 fails beside IPv4; whoever asked for an address wants it.
  await host.stop()
  if (fault !== undefined) throw listenError(fault)
  throw new HostError('start-failed', `the libp2p node does not start: ${String(cause)}`, { cause })
}

function hostOptions(options: HostOptions, faults: ListenFault[]): Libp2pOptions & { readonly start: false } {
  const { privateKey, listen, agentVersion, networkKey, allowPeers, doorkeeper, metrics } = options
  return {
    start: false,
    privateKey,
    nodeInfo: { userAgent: agentVersion },
    logger: silence,
    addresses: { listen: listen.map(listenAddress) },
    transports: [tcpThatTells(faults)],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxInboundStreams: STREAMS_LIMIT })],
    connectionGater: createGater({ allowPeers: allowPeers ?? [], doorkeeper }),
    ...(metrics === undefined ? {} : { metrics }),
    ...(networkKey === undefined ? {} : { connectionProtector: protectorOf(networkKey) }),
    connectionManager: {
      maxConnections: CONNECTIONS_LIMIT,
      inboundConnectionThreshold: INBOUND_A_SECOND,
      maxIncomingPendingConnections: PENDING_LIMIT,
      maxParallelDials: DIALS_LIMIT,
      maxDialQueueLength: DIALS_WAITING_LIMIT,
      inboundUpgradeTimeout: SILENCE_LIMIT_MS,
      inboundStreamProtocolNegotiationTimeout: SILENCE_LIMIT_MS,
      dialTimeout: DIAL_TIMEOUT_MS,
      addressDialTimeout: ADDRESS_TIMEOUT_MS,
      addressSorter: loopbackLast,
      // The peer keeper is who dials again, in its own time.
      reconnectRetries: 0,
    },
  }
}

function dht(): ReturnType<typeof kadDHT> {
  return kadDHT({
    protocol: DHT_PROTOCOL,
    clientMode: false,
    // By default private addresses are dropped, and with them every local cluster and container network.
    peerInfoMapper: passthroughMapper,
    // As soon as there is anybody to ask.
    initialQuerySelfInterval: 100,
  })
}

function protectorOf(networkKey: Uint8Array): ReturnType<typeof preSharedKey> {
  try {
    const protector = preSharedKey({ psk: networkKey })
    protector()
    return protector
  } catch (cause) {
    throw new HostError(
      'bad-network-key',
      'GP_NETWORKKEY does not hold a swarm key: three lines, /key/swarm/psk/1.0.0/, /base16/ and 64 hexadecimal digits',
      { cause },
    )
  }
}

/** Otherwise as given: the peer keeper puts first what worked. Loopback is last since it may well be ourselves. */
function loopbackLast(a: Address, b: Address): -1 | 0 | 1 {
  const [aLast, bLast] = [isLoopback(a.multiaddr.toString()), isLoopback(b.multiaddr.toString())]
  return aLast === bLast ? 0 : aLast ? 1 : -1
}

const mute: Libp2pLogger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: () => mute,
})

const silence: ComponentLogger = { forComponent: () => mute }
