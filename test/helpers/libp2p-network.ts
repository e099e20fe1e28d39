import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import type { NetworkConstants } from '../../src/core/network.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { expectedTraffic } from '../../src/gossip/expected-traffic.ts'
import { createHost } from '../../src/gossip/libp2p-host.ts'
import { withoutPeerId } from '../../src/gossip/peer-addresses.ts'
import { type PeerBook, createMemoryPeerBook } from '../../src/gossip/peer-book.ts'
import type { GossipHost } from '../../src/gossip/peer-host.ts'
import { type PeerKeeper, createPeerKeeper } from '../../src/gossip/peer-keeper.ts'
import { SCORE_THRESHOLDS, peerScoreParams } from '../../src/gossip/score-params.ts'
import type { TopicRouterOptions } from '../../src/gossip/topic-router.ts'
import { type Topic, type TopicVerdict, createTopic } from '../../src/gossip/topic.ts'
import { type BootstrapNode, startBootstrapNode } from '../../src/node/bootstrap-node.ts'
import { systemClock } from '../../src/node/system-clock.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'
import { until } from './until.ts'

export const TOPIC = '/gossip-price/1/test'
const CONSTANTS: NetworkConstants = {
  network: 'test',
  pairs: ['ETH-USD'],
  source: 'coinbase',
  intervalMs: 600_000,
  quietPeriodMs: 30_000,
  minimumSigners: 3,
  maximumSigners: 16,
  maxDeviation: 10_000_000n,
  signers: createSignerSet([]),
}
const TRAFFIC = expectedTraffic(CONSTANTS)
/** As in a node, but for what a node itself holds against its peers. */
const ROUTER: TopicRouterOptions = {
  topics: [TOPIC],
  scoreParams: peerScoreParams(
    { topics: { prices: TOPIC, status: `${TOPIC}/status`, refusals: `${TOPIC}/refusals` }, scoreOf: () => 0 },
    TRAFFIC,
  ),
  scoreThresholds: SCORE_THRESHOLDS,
}
const ANY_PORT = '/ip4/127.0.0.1/tcp/0'
const AGENT = 'gossip-price/0.0.0'

export interface NodeOptions {
  readonly bootstrap?: readonly string[]
  readonly listen?: readonly string[]
  readonly networkKey?: Uint8Array
  readonly allowPeers?: readonly string[]
  readonly privateKey?: Awaited<ReturnType<typeof generateKeyPair>>
  readonly peerBook?: PeerBook
  readonly targetPeers?: number
  readonly router?: Partial<TopicRouterOptions>
  /** Dials nobody. */
  readonly idle?: boolean
  readonly validate?: (text: string, from: string) => Promise<TopicVerdict>
}

/** A gossip node without prices: it keeps peers and hears texts. */
export interface TestNode {
  readonly host: GossipHost
  readonly keeper: PeerKeeper
  readonly topic: Topic
  readonly peerId: string
  /** Where it listens, without its peer id. */
  readonly address: string
  readonly peerBook: PeerBook
  readonly logger: RecordingLogger
  readonly counters: RecordingCounters
  /** What it was given to judge, in order. */
  readonly heard: string[]
  say(text: string): Promise<number>
  dial(other: TestNode): Promise<void>
  stop(): Promise<void>
}

export interface BootstrapOptions {
  readonly listen?: readonly string[]
  readonly dataDir?: string
  readonly networkKey?: Uint8Array
  readonly allowPeers?: readonly string[]
  readonly bootstrapAddresses?: readonly string[]
}

/** Starts nodes on free ports of this machine and stops what is left of them in the end. */
export class Libp2pNetwork {
  readonly #stops: (() => Promise<unknown>)[] = []

  async dataDir(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'libp2p-network-'))
    this.#stops.push(() => rm(path, { recursive: true }))
    return path
  }

  async bootstrap(options: BootstrapOptions = {}): Promise<BootstrapNode & { readonly address: string }> {
    const dataDir = options.dataDir ?? (await this.dataDir())
    const node = await startBootstrapNode(
      { logger: new RecordingLogger(), clock: systemClock, random: Math.random, counters: new RecordingCounters() },
      { constants: CONSTANTS, listen: [ANY_PORT], bootstrapAddresses: [], agentVersion: AGENT, ...options, dataDir },
    )
    this.#stops.push(() => node.stop())
    return { ...node, address: withoutPeerId(node.addresses[0] ?? '') }
  }

  async node(options: NodeOptions = {}): Promise<TestNode> {
    const logger = new RecordingLogger()
    const counters = new RecordingCounters()
    const heard: string[] = []
    const host = await createHost(
      { logger },
      {
        privateKey: options.privateKey ?? (await generateKeyPair('Ed25519')),
        listen: options.listen ?? [ANY_PORT],
        agentVersion: AGENT,
        router: { ...ROUTER, ...options.router },
        networkKey: options.networkKey,
        allowPeers: options.allowPeers,
      },
    )
    const topic = createTopic(
      { host, clock: systemClock, logger, counters },
      {
        name: TOPIC,
        validate: async (data, from) => {
          const text = new TextDecoder().decode(data)
          heard.push(text)
          return options.validate === undefined ? 'accept' : options.validate(text, from)
        },
      },
    )
    const peerBook = options.peerBook ?? createMemoryPeerBook()
    const keeper = createPeerKeeper(
      { host, peerBook, clock: systemClock, random: Math.random, logger, counters },
      { bootstrapAddresses: options.bootstrap ?? [], targetPeers: options.targetPeers ?? 8 },
    )
    topic.start()
    if (options.idle !== true) keeper.start()
    const stop = async (): Promise<void> => {
      await keeper.stop()
      await host.stop()
    }
    this.#stops.push(stop)
    return {
      host,
      keeper,
      topic,
      peerId: host.peerId.toString(),
      address: withoutPeerId(String(host.getMultiaddrs()[0])),
      peerBook,
      logger,
      counters,
      heard,
      say: (text) => topic.publish(new TextEncoder().encode(text)),
      dial: async (other) => void (await host.dial(multiaddr(other.address))),
      stop,
    }
  }

  nodes(count: number, options: NodeOptions = {}): Promise<TestNode[]> {
    return Promise.all(Array.from({ length: count }, () => this.node(options)))
  }

  async stop(): Promise<void> {
    await Promise.all(this.#stops.splice(0).map((stop) => stop()))
  }
}

/** Every node has every other as a peer of the topic, and is heard by it. */
export async function allMeet(nodes: readonly TestNode[]): Promise<void> {
  await until(() => nodes.every(({ topic }) => topic.peers() >= nodes.length - 1), 'everybody meets')
}
