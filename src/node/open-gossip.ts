import { randomBytes } from 'node:crypto'
import type { Config } from '../config.ts'
import type { EngineEvent } from '../consensus/effects.ts'
import type { Engine } from '../consensus/engine.ts'
import type { NoticeSigner } from '../consensus/notice-signer.ts'
import { agreedConstants } from '../core/agreed-constants.ts'
import { toHex } from '../core/hex.ts'
import type { Secp256k1 } from '../core/signature.ts'
import type { Attestation, PriceStatement, StatementId } from '../core/statement.ts'
import { createDigest } from '../core/typed-data.ts'
import { expectedTraffic } from '../gossip/expected-traffic.ts'
import { createHost } from '../gossip/libp2p-host.ts'
import { NodeDirectory } from '../gossip/node-directory.ts'
import type { PeerBook } from '../gossip/peer-book.ts'
import type { GossipHost } from '../gossip/peer-host.ts'
import { type PeerKeeper, createPeerKeeper } from '../gossip/peer-keeper.ts'
import { PeerStanding } from '../gossip/peer-standing.ts'
import { Publisher } from '../gossip/publisher.ts'
import { RefusalPublisher } from '../gossip/refusal-publisher.ts'
import { StatusPublisher } from '../gossip/status-publisher.ts'
import { SCORE_THRESHOLDS, peerScoreParams } from '../gossip/score-params.ts'
import { swarmKey } from '../gossip/swarm-key.ts'
import { topicNames } from '../gossip/topic-name.ts'
import { loadTransportKey } from '../gossip/transport-key.ts'
import { AGENT_VERSION } from '../version.ts'
import { type Topics, openTopics } from './open-topics.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'
import { StatusWatch } from './status-watch.ts'

/** Connections beside those to the bootstrap addresses: gossipsub's mesh takes 4 to 12. */
const TARGET_PEERS = 12

/** A node's part in the gossip: what comes in is judged and handed to the engine, what goes out is gathered. */
export interface Gossip {
  readonly host: GossipHost
  readonly topics: Topics
  readonly publisher: Publisher
  readonly refusals: RefusalPublisher
  readonly digest: (statement: PriceStatement) => StatementId
  /** Begins to listen, to look for peers, and to say what this node is. */
  start(): void
}

export interface GossipParts {
  readonly config: Config
  readonly engine: Engine
  readonly curve: Secp256k1
  readonly noticeSigner: NoticeSigner
  readonly peerBook: PeerBook
  readonly releases: Releases
  readonly onEvent: (event: EngineEvent) => void
  /** What is held of a statement at the moment of sending; undefined when it is gone. */
  readonly attestationToSend: (id: StatementId) => Attestation | undefined
}

export async function openGossip(components: NodeComponents, parts: GossipParts): Promise<Gossip> {
  const { clock, random, counters, logger } = components
  const { config, engine, releases, noticeSigner } = parts
  const { constants } = config
  const { network } = constants
  const directory = new NodeDirectory({ clock }, { open: constants.signers.open })
  const host = await openHost(components, parts, directory)
  const { standing } = host
  const instance = toHex(randomBytes(16))
  const own = { signer: noticeSigner.address, instance, constants: agreedConstants(constants) }
  const watch = new StatusWatch({ clock, counters, logger: logger.child('network') }, own)
  const digest = createDigest()
  const topics = openTopics(components, {
    ...parts,
    ...host,
    directory,
    constants,
    digest,
    instance,
    onStatus: (signed, options) => watch.see(signed, options),
  })

  const gossipLogger = logger.child('gossip')
  const sending = { clock, counters, logger: gossipLogger }
  const publisher = new Publisher(
    { ...sending, topic: topics.prices, attestationOf: parts.attestationToSend },
    { network },
  )
  releases.add('publisher', () => publisher.flush())
  const refusals = new RefusalPublisher(
    { ...sending, topic: topics.refusals, isCollecting: (id) => engine.phaseOf(id) === 'collecting' },
    { network },
  )
  releases.add('publisher of refusals', () => refusals.stop())
  const statuses = new StatusPublisher(
    { ...sending, topic: topics.status, noticeSigner, random, intervalMs: () => directory.intervalMs() },
    { peerId: host.host.peerId.toString(), instance, agent: AGENT_VERSION, constants: own.constants },
  )
  releases.add('publisher of statuses', () => statuses.stop())
  const keeper = openKeeper(components, { ...parts, host: host.host, standing })
  return {
    host: host.host,
    topics,
    publisher,
    refusals,
    digest,
    start() {
      for (const topic of Object.values(topics)) topic.start()
      statuses.start()
      keeper.start()
    },
  }
}

/** The libp2p node, and what is thought of its peers: each needs the other. */
async function openHost(
  { clock, counters, logger }: NodeComponents,
  { config, releases }: GossipParts,
  directory: NodeDirectory,
): Promise<{ readonly host: GossipHost; readonly standing: PeerStanding }> {
  const { constants } = config
  const traffic = expectedTraffic(constants)
  const topics = topicNames(constants.network)
  const standing = new PeerStanding(
    {
      clock,
      counters,
      logger: logger.child('peers'),
      voucherOf: (peerId) => directory.voucherOf(peerId),
      wasVouched: (peerId) => directory.wasVouched(peerId),
      connectedPeers: () => host.getPeers().map(String),
      hangUp: (peerId) => {
        const peer = host.getPeers().find((each) => each.toString() === peerId)
        if (peer === undefined) return
        host.hangUp(peer).catch((error: unknown) => logger.debug('a peer cannot be hung up on', { peerId, error }))
      },
    },
    traffic,
  )
  const host = await createHost(
    { logger: logger.child('libp2p') },
    {
      role: 'gossip',
      privateKey: await loadTransportKey({ logger: logger.child('keys') }, { dataDir: config.dataDir }),
      listen: config.listenAddresses,
      agentVersion: AGENT_VERSION,
      networkKey: config.networkKey && swarmKey(config.networkKey.reveal()),
      allowPeers: config.allowedPeers,
      doorkeeper: standing,
      router: {
        topics: Object.values(topics),
        scoreParams: peerScoreParams({ topics, scoreOf: (peerId) => standing.scoreOf(peerId) }, traffic),
        scoreThresholds: SCORE_THRESHOLDS,
      },
    },
  )
  releases.add('libp2p node', () => host.stop())
  return { host, standing }
}

function openKeeper(
  { clock, random, counters, logger }: NodeComponents,
  parts: GossipParts & { readonly host: GossipHost; readonly standing: PeerStanding },
): PeerKeeper {
  const { host, standing, peerBook, releases } = parts
  const { allowedPeers, dialAddresses } = parts.config
  const keeper = createPeerKeeper(
    {
      host,
      peerBook,
      clock,
      random,
      counters,
      logger: logger.child('peers'),
      isWanted: (peerId) =>
        (allowedPeers.length === 0 || allowedPeers.includes(peerId)) && !standing.isExpelled(peerId),
    },
    { bootstrapAddresses: dialAddresses, targetPeers: TARGET_PEERS },
  )
  releases.add('peer keeper', () => keeper.stop())
  return keeper
}
