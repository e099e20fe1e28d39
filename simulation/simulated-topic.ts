import type { Clock } from '../src/core/clock.ts'
import type { Topic, TopicOptions } from '../src/gossip/topic.ts'
import type { GossipMember } from './gossip-member.ts'

/** A topic as a node sees it, over the simulated gossip. */
export function createSimulatedTopic(
  { member, clock }: { readonly member: GossipMember; readonly clock: Clock },
  { name, validate }: TopicOptions,
): Topic {
  const peers = (): number => member.peersOf(name)
  return {
    start: () => member.subscribe(name, validate),
    stop: () => member.unsubscribe(name),
    publish: async (data) => member.publish(name, data),
    peers,
    meshPeers: () => member.meshOf(name),
    onPeer: (listener) => member.onPeer(name, validate, listener),
    waitForPeers(count, { timeoutMs, signal }) {
      return new Promise((resolve, reject) => {
        const settle = (act: () => void): void => {
          cancel()
          unwatch()
          signal?.removeEventListener('abort', onAbort)
          act()
        }
        const look = (): void => {
          if (peers() >= count) settle(() => resolve(true))
        }
        const onAbort = (): void => settle(() => reject(signal?.reason))
        const cancel = clock.after(timeoutMs, () => settle(() => resolve(peers() >= count)))
        const unwatch = member.onChange(look)
        signal?.addEventListener('abort', onAbort, { once: true })
        if (signal?.aborted) onAbort()
        else look()
      })
    },
  }
}
