import { hash } from 'node:crypto'
import { StrictNoSign, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { type TopicScoreParams, defaultTopicScoreParams } from '@chainsafe/libp2p-gossipsub/score'

/** What a peer may send in one go, bytes: room for all that IWANT brings at once, far from what memory holds. */
const RPC_BYTES_LIMIT = 4 * 1024 * 1024
const SUBSCRIPTIONS_LIMIT = 64

/**
 * Of what gossipsub can hold against a peer rejected messages count most: one takes it out of the mesh, five in a row
 * silence it, and a few minutes without make it good. How much a peer delivers is no measure where a round brings a
 * handful of messages.
 */
const TOPIC_SCORE: TopicScoreParams = {
  ...defaultTopicScoreParams,
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -5,
  invalidMessageDeliveriesDecay: 0.99,
}

/**
 * Gossipsub as this network runs it: messages carry signatures of their own, so none of gossipsub's; the same bytes
 * are one message, whoever sends them; one's own messages go to every peer of the topic.
 *
 * @param topics - the only ones that subscriptions and messages are taken for
 */
export function topicRouter(topics: readonly string[]): ReturnType<typeof gossipsub> {
  return gossipsub({
    globalSignaturePolicy: StrictNoSign,
    msgIdFn: ({ data }) => hash('sha256', data, 'buffer'),
    allowedTopics: [...topics],
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    floodPublish: true,
    emitSelf: false,
    fallbackToFloodsub: false,
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
    scoreParams: {
      // More than ten peers behind one address would all score below zero, and nothing be delivered, without a word.
      IPColocationFactorWeight: 0,
      topics: Object.fromEntries(topics.map((topic) => [topic, TOPIC_SCORE])),
    },
  })
}
