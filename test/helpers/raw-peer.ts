import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { StrictNoSign, gossipsub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identify } from '@libp2p/identify'
import type { Connection } from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { isHeardBy } from '../../src/gossip/stream-repair.ts'
import { defer } from './defer.ts'
import { until } from './until.ts'

/** A libp2p peer with none of our code in it, which says whatever it likes and never forwards. */
export interface RawPeer {
  readonly peerId: string
  /** Every message of the topics that reached it, the same bytes as often as they came. */
  readonly heard: readonly Uint8Array[]
  /** What of it came on one topic. */
  heardOn(topic: string): readonly Uint8Array[]
  /** Sends bytes to every node that it has joined, those that it has sent before included; on its first topic if no other is given. */
  say(data: Uint8Array, topic?: string): Promise<void>
  /** Tells the nodes that it listens to one more topic. */
  subscribe(topic: string): void
  /** Tries again to join the nodes that it is not connected to. */
  knock(): Promise<void>
  /** Whether it hears, and is heard by, all to which it is connected. */
  hasJoined(): boolean
  /** To how many nodes it is connected. */
  connected(): number
  connections(): readonly Connection[]
  /** Idempotent. */
  leave(): Promise<void>
}

export interface RawPeerOptions {
  /** What it listens to, and the nodes as well. */
  readonly topics: readonly [string, ...string[]]
  /** What it also says that it listens to. */
  readonly moreTopics?: readonly string[]
  /** The nodes that it joins. */
  readonly addresses: readonly string[]
  /** Takes it as it comes when nodes do not let it in, or do not let it stay. */
  readonly unwelcome?: boolean
}

/** A peer that has joined the nodes at `addresses` and listens for nobody; it has left when the test ends. */
export async function startRawPeer(t: TestContext, options: RawPeerOptions): Promise<RawPeer> {
  const { topics, moreTopics = [], addresses, unwelcome = false } = options
  const heard: { readonly topic: string; readonly data: Uint8Array }[] = []
  const host = await createLibp2p({
    privateKey: await generateKeyPair('Ed25519'),
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ maxOutboundStreams: 10_000 })],
    connectionManager: { reconnectRetries: 0 },
    // It would hang up by itself on who is slow to answer.
    connectionMonitor: { enabled: false },
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
        allowPublishToZeroTopicPeers: true,
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  })
  let leaving: Promise<void> | undefined
  const leave = (): Promise<void> => (leaving ??= Promise.resolve(host.stop()))
  defer(t, leave)
  const { pubsub } = host.services
  pubsub.addEventListener('gossipsub:message', ({ detail: { msg } }) => {
    heard.push({ topic: msg.topic, data: msg.data })
  })
  for (const topic of [...topics, ...moreTopics]) pubsub.subscribe(topic)
  const knock = async (): Promise<void> => {
    const known = new Set(host.getPeers().map(String))
    const others = addresses.filter((address) => !known.has(address.split('/').at(-1) ?? ''))
    const dials = await Promise.allSettled(others.map((address) => host.dial(multiaddr(address))))
    if (unwelcome) return
    for (const dial of dials) if (dial.status === 'rejected') throw dial.reason
  }
  const hasJoined = (): boolean =>
    topics.every((topic) => pubsub.getSubscribers(topic).length >= host.getPeers().length) &&
    host.getPeers().every((peer) => isHeardBy(host.getConnections(peer)))
  const isConnected = (): boolean => host.getPeers().length === addresses.length
  if (unwelcome) await knock()
  // Who is let in nowhere is connected to nobody, sooner or later; who is welcome may be too slow on a busy machine.
  await until(async () => {
    if (!unwelcome && !isConnected()) await knock().catch(() => undefined)
    return (unwelcome || isConnected()) && hasJoined()
  }, 'the raw peer has joined')
  const [first] = topics
  return {
    peerId: host.peerId.toString(),
    get heard() {
      return heard.map(({ data }) => data)
    },
    heardOn: (topic) => heard.filter((message) => message.topic === topic).map(({ data }) => data),
    async say(data, topic = first) {
      await pubsub.publish(topic, data)
    },
    subscribe: (topic) => pubsub.subscribe(topic),
    knock,
    hasJoined,
    connected: () => host.getPeers().length,
    connections: () => host.getConnections(),
    leave,
  }
}
