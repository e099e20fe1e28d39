import { ClockOffset } from '../consensus/clock-offset.ts'
import type { EngineEvent } from '../consensus/effects.ts'
import type { PoolView } from '../consensus/holdings.ts'
import type { NoticeSigner } from '../consensus/notice-signer.ts'
import { agreedConstants } from '../core/agreed-constants.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { PriceStatement, StatementId } from '../core/statement.ts'
import { createDigest } from '../core/typed-data.ts'
import { expectedTraffic } from '../gossip/expected-traffic.ts'
import { NodeDirectory } from '../gossip/node-directory.ts'
import { PeerStanding } from '../gossip/peer-standing.ts'
import type { Publisher } from '../gossip/publisher.ts'
import type { RefusalPublisher } from '../gossip/refusal-publisher.ts'
import { ClockWatch } from './clock-watch.ts'
import { type PublishersParts, openPublishers } from './open-publishers.ts'
import { type Topics, type TopicsParts, openTopics } from './open-topics.ts'
import { type SyncOptions, openSync } from './open-sync.ts'
import type { NodeListener } from './node-listener.ts'
import type { NodePorts, PeerNetwork } from './ports.ts'
import type { Releases } from './releases.ts'
import type { NodeComponents } from './running-node.ts'
import { StatusWatch } from './status-watch.ts'

/** A node's part in the gossip: what comes in is judged and handed to the engine, what goes out is gathered. */
export interface Gossip {
  readonly topics: Topics
  readonly directory: NodeDirectory
  readonly publisher: Publisher
  readonly refusals: RefusalPublisher
  readonly clockWatch: ClockWatch
  readonly digest: (statement: PriceStatement) => StatementId
  /** Their peer ids. */
  connectedPeers(): readonly string[]
  /** Begins to listen, to look for peers, and to say what this node is. */
  start(): void
}

export interface GossipParts extends Pick<PublishersParts, 'report' | 'attestationToSend'> {
  readonly ports: Pick<NodePorts, 'connect' | 'instance' | 'digest' | 'table'> & Omit<TopicsParts['ports'], 'digest'>
  readonly constants: NetworkConstants
  readonly sync: SyncOptions
  readonly pool: PoolView
  readonly noticeSigner: NoticeSigner
  readonly releases: Releases
  readonly onEvent: (event: EngineEvent) => void
  readonly onTaken: NodeListener['heard']
  readonly onLate: NodeListener['signedLate']
}

/** Joins the network of peers, and puts together what speaks with them; nothing is sent or taken before it is started. */
export async function openGossip(components: NodeComponents, parts: GossipParts): Promise<Gossip> {
  const { clock, counters, logger } = components
  const { ports, constants, pool, releases, noticeSigner } = parts
  const { instance } = ports
  const directory = new NodeDirectory({ clock }, { open: constants.signers.open })
  const { peers, standing } = await connect(components, parts, directory)
  const own = { signer: noticeSigner.address, instance, constants: agreedConstants(constants) }
  const watch = new StatusWatch({ clock, counters, logger: logger.child('network') }, own)
  const offset = new ClockOffset(
    { clock },
    { ...constants, own: own.signer, lifetimeMs: () => directory.goneAfterMs() },
  )
  const clockWatch = new ClockWatch({ offset, clock, counters, logger: logger.child('clock') })
  const digest = ports.digest ?? createDigest()
  const { topics, receivePrices } = openTopics(components, {
    ports: { ...ports, digest },
    pool,
    openTopic: (options) => peers.openTopic(options),
    standing,
    directory,
    constants,
    releases,
    onEvent: parts.onEvent,
    onStatus: (signed, options) => watch.see(signed, options),
    onTaken: parts.onTaken,
    onLate: parts.onLate,
    onClock: (signed, at) => clockWatch.see(signed, at),
  })
  const publishers = openPublishers(components, {
    topics,
    pool,
    directory,
    noticeSigner,
    releases,
    report: parts.report,
    attestationToSend: parts.attestationToSend,
    own: { peerId: peers.peerId, instance, constants: own.constants },
  })
  const syncer =
    peers.exchange &&
    openSync(components, {
      ports,
      exchange: peers.exchange,
      pool,
      standing,
      directory,
      digest,
      receive: receivePrices,
      constants,
      options: parts.sync,
      releases,
    })
  return {
    topics,
    directory,
    publisher: publishers.prices,
    refusals: publishers.refusals,
    clockWatch,
    digest,
    connectedPeers: () => peers.connectedPeers(),
    start() {
      for (const topic of Object.values(topics)) topic.start()
      publishers.statuses.start()
      syncer?.start()
      peers.start()
    },
  }
}

/** The peers, and what is thought of them: each needs the other. */
async function connect(
  { clock, counters, logger }: NodeComponents,
  { ports, constants }: GossipParts,
  directory: NodeDirectory,
): Promise<{ readonly peers: PeerNetwork; readonly standing: PeerStanding }> {
  const standing = new PeerStanding(
    {
      clock,
      counters,
      logger: logger.child('peers'),
      vouchersOf: (peerId) => directory.vouchersOf(peerId),
      wasVouched: (peerId) => directory.wasVouched(peerId),
      connectedPeers: () => peers?.connectedPeers() ?? [],
      hangUp: (peerId) => peers?.hangUp(peerId),
    },
    expectedTraffic(constants),
  )
  let peers: PeerNetwork | undefined
  peers = await ports.connect({ doorkeeper: standing, scoreOf: (peerId) => standing.scoreOf(peerId) })
  return { peers, standing }
}
