import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Config } from '../config.ts'
import type { EngineEvent } from '../consensus/effects.ts'
import type { Engine } from '../consensus/engine.ts'
import { nobleSecp256k1 } from '../core/noble-secp256k1.ts'
import type { PriceStatement, StatementId } from '../core/statement.ts'
import { createDigest } from '../core/typed-data.ts'
import { Inbox } from '../gossip/inbox.ts'
import { createHost } from '../gossip/libp2p-host.ts'
import type { GossipHost } from '../gossip/peer-host.ts'
import type { PeerBook } from '../gossip/peer-book.ts'
import { type PeerKeeper, createPeerKeeper } from '../gossip/peer-keeper.ts'
import { Publisher } from '../gossip/publisher.ts'
import { type Topic, createTopic } from '../gossip/statement-topic.ts'
import { swarmKey } from '../gossip/swarm-key.ts'
import { topicName } from '../gossip/topic-name.ts'
import { loadTransportKey } from '../gossip/transport-key.ts'
import { AGENT_VERSION } from '../version.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'

/** Connections beside those to the bootstrap addresses: gossipsub's mesh takes 4 to 12. */
const TARGET_PEERS = 12

/** A node's part in the gossip: what comes in is judged and handed to the engine, what goes out is gathered. */
export interface Gossip {
  readonly host: GossipHost
  readonly keeper: PeerKeeper
  readonly topic: Topic
  readonly publisher: Publisher
  readonly digest: (statement: PriceStatement) => StatementId
}

export async function openGossip(
  { clock, random, counters, logger }: NodeComponents,
  parts: {
    readonly config: Config
    readonly engine: Engine
    readonly peerBook: PeerBook
    readonly releases: Releases
    readonly onEvent: (event: EngineEvent) => void
  },
): Promise<Gossip> {
  const { config, engine, releases, onEvent } = parts
  const { constants } = config
  const name = topicName(constants.network)
  const digest = createDigest()

  const host = await createHost(
    { logger: logger.child('libp2p') },
    {
      role: 'gossip',
      privateKey: await loadTransportKey({ logger: logger.child('keys') }, { dataDir: config.dataDir }),
      listen: config.listenAddresses,
      agentVersion: AGENT_VERSION,
      networkKey: config.networkKey && swarmKey(config.networkKey.reveal()),
      allowPeers: config.allowedPeers,
      topics: [name],
    },
  )
  releases.add('libp2p node', () => host.stop())

  const inbox = new Inbox(
    {
      holdings: engine,
      curve: nobleSecp256k1,
      digest,
      clock,
      counters,
      logger: logger.child('inbox'),
      breathe: () => nextTurn(),
      deliver: (attestations, { reemit }) => {
        for (const attestation of attestations) onEvent({ kind: 'received', attestation, reemit })
      },
    },
    constants,
  )
  const topic = createTopic(
    { host, clock, counters, logger: logger.child('gossip') },
    { name, validate: async (data) => (await inbox.receive(data)).kind },
  )
  releases.add('topic', () => topic.stop())
  const publisher = new Publisher(
    { topic, attestationOf: (id) => engine.attestationOf(id), clock, counters, logger: logger.child('gossip') },
    { network: constants.network },
  )
  releases.add('publisher', () => publisher.flush())
  const keeper = createPeerKeeper(
    {
      host,
      peerBook: parts.peerBook,
      clock,
      random,
      counters,
      logger: logger.child('peers'),
      isWanted: (peerId) => config.allowedPeers.length === 0 || config.allowedPeers.includes(peerId),
    },
    { bootstrapAddresses: config.dialAddresses, targetPeers: TARGET_PEERS },
  )
  releases.add('peer keeper', () => keeper.stop())
  return { host, keeper, topic, publisher, digest }
}
