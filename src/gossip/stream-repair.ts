import type { Connection, IdentifyResult, PeerId } from '@libp2p/interface'
import type { Logger } from '../core/logger.ts'
import type { GossipHost } from './peer-host.ts'

const GOSSIP_PROTOCOLS = '/meshsub/'

/** Heartbeats (seconds) after which a peer that does not hear us is met anew, and after which it is hung up on. */
const MEET_AFTER: ReadonlySet<number> = new Set([3, 8, 13])
const HANG_UP_AFTER = 20
/** The same for a peer that gossipsub has dropped. */
const HANG_UP_DROPPED_AFTER = 2

/** Whether this node has a stream on which the peer hears it; without one gossipsub sends it nothing, and says nothing. */
export function isHeardBy(connections: readonly Connection[]): boolean {
  return connections.some(({ streams }) => {
    return streams.some(({ direction, protocol }) => direction === 'outbound' && protocol.startsWith(GOSSIP_PROTOCOLS))
  })
}

/**
 * Sees to it that every connected peer hears this node's topics, for as long as the node runs.
 *
 * - Two nodes that dial each other at once share two connections, and gossipsub speaks on one of them. When that one
 *   closes and the other stays, gossipsub sees no peer leave and opens no new stream: the peer stays in the mesh and
 *   hears nothing, for ever. Likewise when a busy machine lets the first identification time out. Identifying the peer
 *   anew makes gossipsub meet it again; where gossipsub holds on to a dead stream, only a new connection helps.
 * - A peer whose stream breaks, by a message above all bounds for example, is dropped by gossipsub while its connection
 *   stays. Only a new connection helps here too.
 *
 * New connections are the peer keeper's to make.
 */
export function repairTopicStreams({ host, logger }: { readonly host: GossipHost; readonly logger: Logger }): void {
  const { pubsub, identify } = host.services
  const silentFor = new Map<string, number>()
  const hasTopics = new Map<string, boolean>()

  const meet = async (peerId: PeerId): Promise<void> => {
    const [connection] = host.getConnections(peerId)
    if (connection === undefined) return
    try {
      await identify.identify(connection)
    } catch (error) {
      logger.debug('a peer that hears nothing does not say who it is', { peer: String(peerId), error })
    }
  }

  const hangUp = async (peerId: PeerId): Promise<void> => {
    logger.debug('the topics do not reach a peer any more; it is hung up on', { peer: String(peerId) })
    try {
      await host.hangUp(peerId)
    } catch (error) {
      logger.debug('a peer cannot be hung up on', { peer: String(peerId), error })
    }
  }

  host.addEventListener('peer:identify', ({ detail: { peerId, protocols } }: CustomEvent<IdentifyResult>) => {
    hasTopics.set(
      String(peerId),
      protocols.some((protocol) => protocol.startsWith(GOSSIP_PROTOCOLS)),
    )
  })

  host.addEventListener('peer:disconnect', ({ detail }: CustomEvent<PeerId>) => {
    silentFor.delete(String(detail))
    hasTopics.delete(String(detail))
  })

  pubsub.addEventListener('gossipsub:heartbeat', () => {
    const met = new Set(pubsub.getPeers().map(String))
    for (const peerId of host.getPeers()) {
      const peer = String(peerId)
      if (hasTopics.get(peer) === false || (met.has(peer) && isHeardBy(host.getConnections(peerId)))) {
        silentFor.delete(peer)
        continue
      }
      const heartbeats = (silentFor.get(peer) ?? 0) + 1
      silentFor.set(peer, heartbeats)
      const isDropped = hasTopics.get(peer) === true && !met.has(peer)
      if (heartbeats === (isDropped ? HANG_UP_DROPPED_AFTER : HANG_UP_AFTER)) void hangUp(peerId)
      else if (MEET_AFTER.has(heartbeats)) void meet(peerId)
    }
  })
}
