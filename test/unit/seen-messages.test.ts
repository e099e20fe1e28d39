import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import { assertForgetful, forgetSeen, messageId } from '../../src/gossip/seen-messages.ts'

const DATA = Uint8Array.of(1, 2, 3)
const ID = hexOf(messageId(DATA))

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** As much of gossipsub as keeps what it has seen. */
function caches(): Record<string, unknown> & {
  readonly seen: Map<string, unknown>
  readonly records: Map<string, unknown>
} {
  const [seen, records] = [new Map<string, unknown>(), new Map<string, unknown>()]
  return { msgIdToStrFn: hexOf, seenCache: { entries: seen }, score: { deliveryRecords: { records } }, seen, records }
}

describe('seen messages', () => {
  it('are forgotten one by one, and with them what became of them', async () => {
    const pubsub = caches()
    for (const cache of [pubsub.seen, pubsub.records]) cache.set(ID, 'it').set('other', 'other')
    forgetSeen(pubsub as unknown as GossipSub, DATA)
    assert.deepEqual([...pubsub.seen.keys()], ['other'])
    await new Promise(setImmediate)
    assert.deepEqual([...pubsub.records.keys()], ['other'])
  })

  it('a gossipsub that keeps them elsewhere is noticed at the start', () => {
    assertForgetful(caches() as unknown as GossipSub)
    for (const missing of ['msgIdToStrFn', 'seenCache', 'score']) {
      const pubsub = { ...caches(), [missing]: undefined } as unknown as GossipSub
      assert.throws(() => assertForgetful(pubsub), /gossipsub keeps what it has seen in another place/)
    }
    const renamed = { ...caches(), seenCache: { store: new Map() } } as unknown as GossipSub
    assert.throws(() => forgetSeen(renamed, DATA), /src\/gossip\/seen-messages\.ts/)
  })
})
