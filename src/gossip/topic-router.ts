import { type GossipsubOpts, StrictNoSign, gossipsub } from '@chainsafe/libp2p-gossipsub'
import type { PeerScoreParams, PeerScoreThresholds } from '@chainsafe/libp2p-gossipsub/score'
import { assertForgetful, messageId } from './seen-messages.ts'

/** What a peer may send in one go, bytes: room for all that IWANT brings at once, far from what memory holds. */
const RPC_BYTES_LIMIT = 4 * 1024 * 1024
const SUBSCRIPTIONS_LIMIT = 64

export interface TopicRouterOptions {
  /** The only ones that subscriptions and messages are taken for. */
  readonly topics: readonly string[]
  readonly scoreParams: PeerScoreParams
  readonly scoreThresholds: PeerScoreThresholds
  /** Where gossipsub measures itself. */
  readonly metrics?: NonNullable<GossipsubOpts['metricsRegister']> | undefined
}

/**
 * Gossipsub as this network runs it: messages carry signatures of their own, so none of gossipsub's; the same bytes
 * are one message, whoever sends them; one's own messages go to every peer of the topic.
 */
export function topicRouter({
  topics,
  scoreParams,
  scoreThresholds,
  metrics,
}: TopicRouterOptions): ReturnType<typeof gossipsub> {
  const create = gossipsub({
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: ({ data }) => messageId(data),
    allowedTopics: [...topics],
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    floodPublish: true,
    emitSelf: false,
    fallbackToFloodsub: false,
    // Never. IDONTWANT goes out before a message is judged: who brings it first, among so much that nothing of his is
    // read any more, would keep back the copies of honest peers.
    idontwantMinDataSize: Number.POSITIVE_INFINITY,
    maxInboundDataLength: RPC_BYTES_LIMIT,
    decodeRpcLimits: {
      maxSubscriptions: SUBSCRIPTIONS_LIMIT,
      maxMessages: 5_000,
      maxIhaveMessageIDs: 5_000,
      maxIwantMessageIDs: 5_000,
      maxControlMessages: 5_000,
      maxIdontwantMessageIDs: 512,
      maxPeerInfos: 16,
    },
    scoreParams,
    scoreThresholds,
    ...(metrics === undefined
      ? {}
      : { metricsRegister: metrics, metricsTopicStrToLabel: new Map(topics.map((topic) => [topic, topic])) }),
  })
  return (components) => {
    const pubsub = create(components)
    assertForgetful(pubsub)
    return pubsub
  }
}
