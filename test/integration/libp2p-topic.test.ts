import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import type { TopicVerdict } from '../../src/gossip/topic.ts'
import { Libp2pNetwork, type TestNode, allMeet } from '../helpers/libp2p-network.ts'
import { until } from '../helpers/until.ts'

type Judge = (text: string) => Promise<TopicVerdict>

async function hears({ heard }: TestNode, text: string): Promise<void> {
  await until(() => heard.includes(text), `"${text.slice(0, 20)}" is heard`)
}

describe('statement topic', { timeout: 300_000 }, () => {
  const network = new Libp2pNetwork()
  afterEach(() => network.stop())

  /** Three nodes in a line: what the first says reaches the last through the one between, or not at all. */
  const line = async (judge: Judge): Promise<{ a: TestNode; b: TestNode; c: TestNode }> => {
    const keys = await Promise.all([1, 2, 3].map(() => generateKeyPair('Ed25519')))
    const [idA, idB, idC] = keys.map((key) => peerIdFromPrivateKey(key).toString())
    const [keyA, keyB, keyC] = keys
    assert.ok(idA && idB && idC && keyA && keyB && keyC)
    const [a, b, c] = await Promise.all([
      network.node({ privateKey: keyA, allowPeers: [idB], idle: true }),
      network.node({ privateKey: keyB, allowPeers: [idA, idC], idle: true, validate: judge }),
      network.node({ privateKey: keyC, allowPeers: [idB], idle: true }),
    ])
    await Promise.all([a.dial(b), c.dial(b)])
    await until(() => a.topic.peers() === 1 && b.topic.meshPeers() === 2 && c.topic.peers() === 1, 'the line stands')
    return { a, b, c }
  }

  it('what is accepted travels on, what is ignored or rejected does not', async () => {
    const { a, b, c } = await line(async (text) => (text === 'ignore' || text === 'reject' ? text : 'accept'))
    for (const text of ['ignore', 'reject', 'last']) {
      await a.say(text)
      await hears(b, text)
    }
    await b.say('the end')
    await hears(c, 'the end')
    assert.deepEqual(c.heard.includes('ignore') || c.heard.includes('reject'), false)
  })

  it('what is accepted reaches nodes that do not know its sender', async () => {
    const { a, c } = await line(async () => 'accept')
    await a.say('news')
    await hears(c, 'news')
  })

  it('a mistake of ours in judging is ignored, logged and counted, and not held against the peer', async () => {
    const { a, b, c } = await line(async (text) => {
      if (text.startsWith('bad')) throw new TypeError('our own mistake')
      return 'accept'
    })
    for (let i = 0; i < 8; i++) {
      await a.say(`bad ${i}`)
      await hears(b, `bad ${i}`)
    }
    // Gossipsub takes a new look at scores once a heartbeat, and listens on for a second to whom it found good before.
    for (let i = 0; i < 3; i++) await once(b.host.services.pubsub, 'gossipsub:heartbeat')
    await a.say('good')
    await hears(c, 'good')
    assert.equal(b.counters.count('gp_topic_faults_total'), 8)
    assert.equal(b.logger.at('error').length, 8)
    assert.ok(!c.heard.some((text) => text.startsWith('bad')))
  })

  it('a peer whose messages are rejected again and again is not listened to any more', async () => {
    const { a, b, c } = await line(async (text) => (text.startsWith('lie') ? 'reject' : 'accept'))
    for (let i = 0; i < 5; i++) {
      await a.say(`lie ${i}`)
      if (i < 4) await hears(b, `lie ${i}`)
    }
    // Messages and pings share a connection, so what was said before the ping was answered has arrived.
    await until(
      () => (b.host.services.pubsub as unknown as { getScore(peer: string): number }).getScore(a.peerId) < -80,
      'the score falls',
    )
    await a.say('the truth')
    await a.host.services.ping.ping(b.host.peerId)
    await c.say('something else')
    await hears(b, 'something else')
    assert.ok(!b.heard.includes('the truth'))
  })

  it('a message of 64 KiB arrives', async () => {
    const { a, c } = await line(async () => 'accept')
    const large = 'x'.repeat(65_536)
    await a.say(large)
    await hears(c, large)
  })

  it('what is larger than a peer may ever send never reaches the judge, and its sender is hung up on', async () => {
    const { a, b, c } = await line(async () => 'accept')
    const stream = await a.host.dialProtocol(b.host.peerId, '/meshsub/1.2.0')
    // The length of what follows, 5 MiB, as a varint; an honest node's gossipsub refuses to send it.
    stream.send(Uint8Array.of(0x80, 0x80, 0xc0, 0x02))
    await until(() => b.host.getConnections(a.host.peerId).length === 0, 'the line is cut')
    assert.deepEqual(b.heard, [])
    await a.dial(b)
    await until(() => a.topic.peers() === 1 && b.topic.peers() === 2, 'it may come again')
    await a.say('sorry')
    await hears(c, 'sorry')
  })

  it('the same bytes go out once and are judged once', async () => {
    const { a, b } = await line(async () => 'accept')
    assert.equal(await a.say('once'), 1)
    assert.equal(await a.say('once'), 0)
    await a.say('twice')
    await hears(b, 'twice')
    assert.deepEqual(b.heard, ['once', 'twice'])
  })

  it('publishing before anybody listens reaches nobody and is no error', async () => {
    const alone = await network.node()
    assert.equal(await alone.say('anyone?'), 0)
    assert.deepEqual(alone.heard, [])
  })

  it('other topics are not carried', async () => {
    const [a, b] = await network.nodes(2, { idle: true })
    assert.ok(a && b)
    a.host.services.pubsub.subscribe('/other')
    await a.dial(b)
    await allMeet([a, b])
    assert.deepEqual(b.host.services.pubsub.getSubscribers('/other'), [])
  })

  it('waiting for peers ends when they are there, when the time is over, and when it is called off', async () => {
    const [a, b] = await network.nodes(2, { idle: true })
    assert.ok(a && b)
    assert.equal(await a.topic.waitForPeers(0, { timeoutMs: 60_000 }), true)
    assert.equal(await a.topic.waitForPeers(1, { timeoutMs: 50 }), false)
    const controller = new AbortController()
    const calledOff = a.topic.waitForPeers(1, { timeoutMs: 60_000, signal: controller.signal })
    controller.abort(new Error('called off'))
    await assert.rejects(calledOff, /called off/)
    const there = a.topic.waitForPeers(1, { timeoutMs: 60_000 })
    await a.dial(b)
    assert.equal(await there, true)
    assert.equal(await a.say('heard at once'), 1)
    await hears(b, 'heard at once')
  })

  it('after stop nothing is heard', async () => {
    const [a, b] = await network.nodes(2, { idle: true })
    assert.ok(a && b)
    await a.dial(b)
    await allMeet([a, b])
    b.topic.stop()
    await a.say('anyone?')
    // Messages and pings share a connection, so what was said before the ping was answered has arrived.
    await a.host.services.ping.ping(b.host.peerId)
    assert.deepEqual(b.heard, [])
  })

  it('who ends and comes back at once is in the mesh again within seconds', async () => {
    const privateKey = await generateKeyPair('Ed25519')
    const [a, b] = await Promise.all([network.node({ idle: true }), network.node({ idle: true, privateKey })])
    await a.dial(b)
    await until(() => a.topic.meshPeers() === 1 && b.topic.meshPeers() === 1, 'both are in the mesh')
    b.topic.stop()
    await b.host.stop()
    await until(() => a.topic.meshPeers() === 0, 'a notices')
    const again = await network.node({ idle: true, privateKey })
    await a.dial(again)
    // A peer that has left is kept out for a minute.
    const areInMesh = (): boolean => a.topic.meshPeers() === 1 && again.topic.meshPeers() === 1
    await until(areInMesh, 'both are in the mesh again', { timeoutMs: 40_000 })
  })

  it('when one of two connections to a peer closes, both go on hearing each other', async () => {
    const [a, b] = await network.nodes(2, { idle: true })
    assert.ok(a && b)
    await a.dial(b)
    await allMeet([a, b])
    const [speaking] = a.host.getConnections(b.host.peerId)
    await a.host.dial(multiaddr(`${b.address}/p2p/${b.peerId}`), { force: true })
    await until(() => b.host.getConnections(a.host.peerId).length === 2, 'two connections')
    await speaking?.close()
    await until(() => a.topic.peers() === 0, 'gossipsub lost its stream')
    await allMeet([a, b])
    await Promise.all([a.say('from a'), b.say('from b')])
    await Promise.all([hears(a, 'from b'), hears(b, 'from a')])
    assert.equal(a.host.getConnections(b.host.peerId).length, 1, 'without connecting anew')
  })
})
