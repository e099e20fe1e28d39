import { hash } from 'node:crypto'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'

/** What gossipsub keeps to itself, and this file needs. */
interface Caches {
  readonly msgIdToStrFn: (id: Uint8Array) => string
  /** Ids of the last two minutes: what is in it is a duplicate. */
  readonly seenCache: { readonly entries: Map<string, unknown> }
  /** What became of messages, for scores: of one that is ignored here, a later rejection would not count. */
  readonly score: { readonly deliveryRecords: { readonly records: Map<string, unknown> } }
}

/** The id of a message: the same bytes are one message, whoever sends them. */
export function messageId(data: Uint8Array): Uint8Array {
  return hash('sha256', data, 'buffer')
}

/**
 * Makes gossipsub take these bytes for new when they come again, for a message that this node had no time to look at.
 *
 * Gossipsub marks a message as seen before it asks anybody about it. Who sends a message first, and so much else that it
 * is dropped unread, would otherwise keep everybody else's copies of it away for two minutes.
 *
 * Only copies that come later are taken; gossipsub asks nobody for one, but for what it hears of by IHAVE.
 *
 * @throws {Error} see {@link assertForgetful}
 */
export function forgetSeen(pubsub: GossipSub, data: Uint8Array): void {
  const { msgIdToStrFn, seenCache, score } = cachesOf(pubsub)
  const id = msgIdToStrFn(messageId(data))
  seenCache.entries.delete(id)
  // The record of the message is made, or marked, after its judge has answered and before this is run.
  setImmediate(() => score.deliveryRecords.records.delete(id))
}

/**
 * Makes sure at the start that {@link forgetSeen} will work.
 *
 * @throws {Error} when this version of gossipsub keeps what it has seen elsewhere
 */
export function assertForgetful(pubsub: GossipSub): void {
  cachesOf(pubsub)
}

function cachesOf(pubsub: GossipSub): Caches {
  const { msgIdToStrFn, seenCache, score } = pubsub as unknown as Partial<{
    [Name in keyof Caches]: Partial<Caches[Name]>
  }>
  const records = score?.deliveryRecords?.records
  if (typeof msgIdToStrFn === 'function' && seenCache?.entries instanceof Map && records instanceof Map) {
    return pubsub as unknown as Caches
  }
  throw new Error(
    'gossipsub keeps what it has seen in another place than version 17 did: see src/gossip/seen-messages.ts',
  )
}
