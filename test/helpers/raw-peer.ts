import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { StrictNoSign, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@libp2p/yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { isHeardBy } from '../../src/gossip/stream-repair.ts'
import { defer } from './defer.ts'
import { until } from './until.ts'

/** A libp2p peer with none of our code in it, which says whatever it likes and never forwards. */
export interface RawPeer {
  /** Every message of the topic that reached it, the same bytes as often as they came. */
  readonly heard: readonly Uint8Array[]
  /** Sends bytes to every node that it has joined, those that it has sent before included. */
  say(data: Uint8Array): Promise<void>
  /** Idempotent. */
  leave(): Promise<void>
}

/** A peer that has joined the nodes at `addresses` and listens for nobody; it has left when the test ends. */
export async function startRawPeer(
  t: TestContext,
  { topic, addresses }: { readonly topic: string; readonly addresses: readonly string[] },
): Promise<RawPeer> {
  const heard: Uint8Array[] = []
  const host = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: {
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: StrictNoSign,
        // No message is known, so that nothing keeps this peer from repeating itself.
        msgIdFn: () => randomBytes(32),
        // What is never judged is never forwarded.
        asyncValidation: true,
        floodPublish: true,
        fallbackToFloodsub: false,
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  })
  let leaving: Promise<void> | undefined
  const leave = (): Promise<void> => (leaving ??= Promise.resolve(host.stop()))
  defer(t, leave)
  const { pubsub } = host.services
  pubsub.addEventListener('gossipsub:message', ({ detail }) => void heard.push(detail.msg.data))
  pubsub.subscribe(topic)
  await Promise.all(addresses.map((address) => host.dial(multiaddr(address))))
  await until(
    () =>
      pubsub.getSubscribers(topic).length === addresses.length &&
      host.getPeers().every((peer) => isHeardBy(host.getConnections(peer))),
    'the raw peer has joined',
  )
  return {
    heard,
    async say(data) {
      await pubsub.publish(topic, data)
    },
    leave,
  }
}
