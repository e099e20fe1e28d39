import { type SubscriptionChangeData, TopicValidatorResult } from '@chainsafe/libp2p-gossipsub'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { GossipHost } from './peer-host.ts'
import { forgetSeen } from './seen-messages.ts'
import { isHeardBy } from './stream-repair.ts'

/**
 * What becomes of a message: passed on to others; dropped; dropped, and its sender thought less of. Or it was not looked
 * at, and is when somebody else sends it.
 */
export type TopicVerdict = 'accept' | 'ignore' | 'reject' | 'unjudged'

export interface TopicComponents {
  readonly host: GossipHost
  readonly clock: Clock
  readonly logger: Logger
  readonly counters: Counters
}

export interface TopicOptions {
  readonly name: string
  /** Judges what a peer sent (`from` is its peer id, and need not be who made the message). */
  readonly validate: (data: Uint8Array, from: string) => Promise<TopicVerdict>
}

/** A gossipsub topic, by which bytes reach every node of the network. */
export interface Topic {
  /** Begins to listen. */
  start(): void
  /** Hears nothing from now on. Peers learn of it when their connections close. */
  stop(): void
  /**
   * Sends a message to every peer of the topic. The same bytes again are dropped without a word.
   *
   * @returns to how many peers it went
   */
  publish(data: Uint8Array): Promise<number>
  /** Peers that listen to the topic and hear this node. */
  peers(): number
  /** Calls `listener` whenever somebody begins to listen to the topic, until the returned function is called. */
  onPeer(listener: () => void): () => void
  /** Those of them that messages are exchanged with as they come. */
  meshPeers(): number
  /**
   * Waits until there are `count` peers, for `timeoutMs` at most.
   *
   * @returns whether there are
   * @throws the signal's reason when it aborts first
   */
  waitForPeers(count: number, options: { readonly timeoutMs: number; readonly signal?: AbortSignal }): Promise<boolean>
}

const RESULTS = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject,
  unjudged: TopicValidatorResult.Ignore,
} as const

export function createTopic(
  { host, clock, logger, counters }: TopicComponents,
  { name, validate }: TopicOptions,
): Topic {
  const { pubsub } = host.services

  /** Whatever escaped from here would be held against the peer. */
  const judge = async (data: Uint8Array, from: string): Promise<TopicVerdict> => {
    try {
      return await validate(data, from)
    } catch (error) {
      counters.add('gp_topic_faults_total')
      logger.error('judging a message failed by a mistake of ours; the message is dropped', { error, from })
      return 'ignore'
    }
  }

  const peers = (): number => {
    return pubsub.getSubscribers(name).filter((peerId) => isHeardBy(host.getConnections(peerId))).length
  }

  return {
    start() {
      pubsub.topicValidators.set(name, async (from, { data }) => {
        const verdict = await judge(data, from.toString())
        if (verdict === 'unjudged') forgetSeen(pubsub, data)
        return RESULTS[verdict]
      })
      pubsub.subscribe(name)
    },

    stop() {
      if (!pubsub.getTopics().includes(name)) return
      // No farewell: to unsubscribe is to be pruned, and peers then refuse for a minute to take into their mesh
      // whoever comes back within ten seconds, as every node does that is restarted.
      pubsub.topicValidators.set(name, async () => TopicValidatorResult.Ignore)
    },

    async publish(data) {
      const { recipients } = await pubsub.publish(name, data)
      return recipients.length
    },

    peers,

    meshPeers() {
      // The class has it; the interface that the package exports does not.
      const { getMeshPeers } = pubsub as typeof pubsub & { getMeshPeers?: (topic: string) => readonly string[] }
      return getMeshPeers?.call(pubsub, name).length ?? 0
    },

    onPeer(listener) {
      const onChange = ({ detail: { subscriptions } }: CustomEvent<SubscriptionChangeData>): void => {
        if (subscriptions.some(({ topic, subscribe }) => topic === name && subscribe)) listener()
      }
      pubsub.addEventListener('subscription-change', onChange)
      return () => pubsub.removeEventListener('subscription-change', onChange)
    },

    waitForPeers(count, { timeoutMs, signal }) {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          cancel()
          pubsub.removeEventListener('subscription-change', look)
          pubsub.removeEventListener('gossipsub:heartbeat', look)
          signal?.removeEventListener('abort', onAbort)
          act()
        }
        const look = (): void => {
          if (peers() >= count) settle(() => resolve(true))
        }
        const onAbort = (): void => settle(() => reject(signal?.reason))
        const cancel = clock.after(timeoutMs, () => settle(() => resolve(peers() >= count)))
        pubsub.addEventListener('subscription-change', look)
        // Our own stream to a peer may open after it has subscribed, which makes no event.
        pubsub.addEventListener('gossipsub:heartbeat', look)
        signal?.addEventListener('abort', onAbort, { once: true })
        if (signal?.aborted) onAbort()
        else look()
      })
    },
  }
}
