import {
  type PeerScoreParams,
  type PeerScoreThresholds,
  type TopicScoreParams,
  defaultTopicScoreParams,
} from '@chainsafe/libp2p-gossipsub/score'
import type { ExpectedTraffic, TopicTraffic } from './expected-traffic.ts'

/** Scores are looked at, and counts decay, once in so long, milliseconds. */
const DECAY_INTERVAL_MS = 1_000
/** What a count decays to before it is 0. */
const DECAYED = 0.1

/** P4: n rejected messages of a topic cost 5 × n². */
const INVALID_WEIGHT = -5
/** n shrinks by 1 % a second: 229 s until one rejected message is made good. */
const INVALID_DECAY = 0.99

/**
 * All that a peer can earn: what its last rejected message costs in the moment before it is forgotten, 5 × 0.1². So a
 * peer that was good for a day is back not a second earlier than one that has just come, and merit does nothing but
 * rank peers whom nothing is held against: who stays in a mesh that has become too large.
 */
const MERIT_LIMIT = -INVALID_WEIGHT * DECAYED ** 2
/** Being there costs nothing, so it earns the less. */
const TIME_PART = 0.25
/** Two thirds for what the network is there for. */
const MERIT_PARTS = { prices: 4 / 6, status: 1 / 6, refusals: 1 / 6 } as const

/** Peers in a mesh that first copies come from, as gossipsub aims for. */
const MESH_PEERS = 6

/**
 * P7 counts promises of IHAVE that were not kept and grafts too soon after a prune. Honest are: a node that starts anew
 * and grafts in all three topics, counted twice each; an answer that takes longer than 3 s, or comes while this node is
 * too busy to look at it, one a topic. So many are free, more than twice as many silence, and of those that were a minute
 * ago, as long as gossipsub keeps pruned peers away, a tenth counts.
 */
const BEHAVIOUR_FREE = 9
const BEHAVIOUR_SECONDS = 60

/**
 * With −5 × n²: one rejected message puts a peer out of the mesh (below 0), the second ends gossip with it (−20), at the
 * fourth it is not told our own messages (−80), at the fifth nothing that it sends is read (−125).
 */
export const SCORE_THRESHOLDS: PeerScoreThresholds = {
  gossipThreshold: -10,
  publishThreshold: -50,
  graylistThreshold: -80,
  // Above all that can be earned: no addresses are taken by PRUNE, from nobody. The DHT has them.
  acceptPXThreshold: 1,
  // A mesh whose median peer has nothing to show but its time looks for better ones.
  opportunisticGraftThreshold: MERIT_LIMIT * TIME_PART,
}

/** Names of the topics of a network. */
export type TopicNames = Readonly<Record<keyof typeof MERIT_PARTS, string>>

export interface ScoreSources {
  readonly topics: TopicNames
  /** What this node itself holds against a peer: 0 or less, in the units of {@link SCORE_THRESHOLDS}. */
  readonly scoreOf: (peerId: string) => number
}

/** How gossipsub scores peers in a network with this traffic. */
export function peerScoreParams({ topics, scoreOf }: ScoreSources, traffic: ExpectedTraffic): PeerScoreParams {
  const paramsOf = (topic: keyof TopicNames): TopicScoreParams => topicScore(topic, traffic)
  return {
    topics: {
      [topics.prices]: paramsOf('prices'),
      [topics.status]: paramsOf('status'),
      [topics.refusals]: paramsOf('refusals'),
    },
    topicScoreCap: MERIT_LIMIT,
    // P5. Nothing that we think of a peer pays for its lies.
    appSpecificScore: (peerId) => Math.min(0, scoreOf(peerId)),
    appSpecificWeight: 1,
    // P6 is off: more than ten peers behind one address, a local cluster or an office, would all score below zero, and
    // nothing be delivered, without a word.
    IPColocationFactorWeight: 0,
    IPColocationFactorThreshold: 1,
    IPColocationFactorWhitelist: new Set(),
    behaviourPenaltyWeight: SCORE_THRESHOLDS.graylistThreshold / BEHAVIOUR_FREE ** 2,
    behaviourPenaltyThreshold: BEHAVIOUR_FREE,
    behaviourPenaltyDecay: decayOver(BEHAVIOUR_SECONDS),
    decayInterval: DECAY_INTERVAL_MS,
    decayToZero: DECAYED,
    // Scores do not decay while a peer is away. It is read 133 rejected messages at most, 128 of them in the second in
    // which its score is not looked at again, and ln(1330) / −ln(0.99) = 716 s make good for them. Kept for longer, ever
    // new peer ids would fill the memory.
    retainScore: 720_000,
  }
}

function topicScore(topic: keyof TopicNames, traffic: ExpectedTraffic): TopicScoreParams {
  const merit = MERIT_LIMIT * MERIT_PARTS[topic]
  return {
    ...defaultTopicScoreParams,
    topicWeight: 1,
    ...timeInMesh(merit * TIME_PART, traffic),
    ...firstDeliveries(merit * (1 - TIME_PART), { traffic, topic: traffic[topic] }),
    ...NO_MESH_DELIVERIES,
    invalidMessageDeliveriesWeight: INVALID_WEIGHT,
    invalidMessageDeliveriesDecay: INVALID_DECAY,
  }
}

/** P1 grows for a round: who has stayed for one was there in its burst. */
function timeInMesh(most: number, { roundSeconds }: ExpectedTraffic): Partial<TopicScoreParams> {
  return { timeInMeshQuantum: 1_000, timeInMeshCap: roundSeconds, timeInMeshWeight: most / roundSeconds }
}

/**
 * P2 has forgotten a round when the next one is over. It is at its most for a fair share of a round: the messages of
 * all, by as many peers as the mesh has, one at least. Where none are expected, as refusals, bringing them is no merit.
 */
function firstDeliveries(
  most: number,
  { traffic, topic }: { readonly traffic: ExpectedTraffic; readonly topic: TopicTraffic },
): Partial<TopicScoreParams> {
  const peers = Math.max(1, Math.min(MESH_PEERS, traffic.signers - 1))
  const cap = Math.max(1, topic.messagesPerRound / peers)
  return {
    firstMessageDeliveriesCap: cap,
    firstMessageDeliveriesDecay: decayOver(traffic.roundSeconds),
    firstMessageDeliveriesWeight: topic.messagesPerRound === 0 ? 0 : most / cap,
  }
}

/**
 * P3 and P3b are off at every rate. They punish peers of the mesh that deliver less than a threshold, and an honest one
 * owes us only what we did not send it first. A node that hears everything from us owes its own messages: as an observer
 * none, as a signer a single one a round when it gathers its signatures. With λ messages expected in the time counted,
 * none comes with probability e^−λ; for less than one mistake in a million, λ would have to be 13.8, so even the lowest
 * threshold, one message, needs the memory of 14 rounds, 2 h 20 min by default, and a mesh without observers.
 */
const NO_MESH_DELIVERIES = { meshMessageDeliveriesWeight: 0, meshFailurePenaltyWeight: 0 } as const

/** By what a count is multiplied each time, so that after so many seconds a tenth is left of it. */
function decayOver(seconds: number): number {
  return 0.1 ** (DECAY_INTERVAL_MS / 1_000 / seconds)
}
