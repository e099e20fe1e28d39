import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { TopicVerdict } from '../../src/gossip/topic.ts'
import { Libp2pNetwork, type TestNode } from '../helpers/libp2p-network.ts'
import { until } from '../helpers/until.ts'

/** What these tests look up in gossipsub, which does not export it. */
interface Insides {
  getScore(peerId: string): number
  readonly idontwants: ReadonlyMap<string, ReadonlyMap<string, number>>
}

function insidesOf({ host }: TestNode): Insides {
  return host.services.pubsub as unknown as Insides
}

/** Messages and pings share a connection, so what was said before the ping was answered has arrived. */
async function arrives(from: TestNode, to: TestNode): Promise<void> {
  await from.host.services.ping.ping(to.host.peerId)
}

describe('a message that was not looked at', { timeout: 300_000 }, () => {
  const network = new Libp2pNetwork()
  afterEach(() => network.stop())

  /** Four nodes, of which all know the one in the middle and nobody else. The middle gives the verdicts in turn. */
  const star = async (
    ...verdicts: readonly TopicVerdict[]
  ): Promise<{ middle: TestNode; a: TestNode; b: TestNode; far: TestNode; froms: string[] }> => {
    const middleKey = await generateKeyPair('Ed25519')
    const middleId = peerIdFromPrivateKey(middleKey).toString()
    const froms: string[] = []
    const middle = await network.node({
      privateKey: middleKey,
      idle: true,
      validate: async (text, from) => {
        if (text !== 'news') return 'accept'
        froms.push(from)
        return verdicts[froms.length - 1] ?? 'ignore'
      },
    })
    const [a, b, far] = await network.nodes(3, { allowPeers: [middleId], idle: true })
    assert.ok(a && b && far)
    await Promise.all([a, b, far].map((node) => node.dial(middle)))
    await until(() => middle.topic.meshPeers() === 3, 'the star stands')
    await until(() => [a, b, far].every(({ topic }) => topic.peers() === 1), 'all hear the middle')
    return { middle, a, b, far, froms }
  }

  it('is judged when another peer brings it, and travels on', async () => {
    const { middle, a, b, far, froms } = await star('unjudged', 'accept')
    await a.say('news')
    await until(() => froms.length === 1, 'the first copy came')
    await b.say('news')
    await until(() => far.heard.includes('news'), 'it travels on')
    assert.deepEqual(froms, [a.peerId, b.peerId])
    assert.equal(middle.heard.length, 2)
  })

  it('is judged no second time when it was ignored: the same bytes are one message', async () => {
    const { middle, a, b, far, froms } = await star('ignore', 'accept')
    await a.say('news')
    await until(() => froms.length === 1, 'the first copy came')
    await b.say('news')
    await b.say('the end')
    await until(() => far.heard.includes('the end'), 'the end travels on')
    await arrives(b, middle)
    assert.deepEqual(froms, [a.peerId])
    assert.ok(!far.heard.includes('news'))
  })

  it('is held against who brings it again when it turns out to be false, and against nobody else', async () => {
    const { middle, a, b, froms } = await star('unjudged', 'reject')
    await a.say('news')
    await until(() => froms.length === 1, 'the first copy came')
    await b.say('news')
    await until(() => insidesOf(middle).getScore(b.peerId) < 0, 'the score falls')
    assert.ok(insidesOf(middle).getScore(a.peerId) >= 0)
  })

  it('keeps nobody from sending its copy: before a message is judged, nobody is told not to send it', async () => {
    const verdict = Promise.withResolvers<TopicVerdict>()
    const middle = await network.node({
      idle: true,
      validate: () => verdict.promise,
    })
    const [a, b] = await network.nodes(2, { allowPeers: [middle.peerId], idle: true })
    assert.ok(a && b)
    await Promise.all([a.dial(middle), b.dial(middle)])
    await until(() => middle.topic.meshPeers() === 2 && a.topic.peers() === 1, 'they meet')
    await a.say('x'.repeat(65_536))
    await until(() => middle.heard.length === 1, 'it is being judged')
    await arrives(middle, b)
    verdict.resolve('accept')
    await until(() => b.heard.length === 1, 'it travels on')
    assert.equal(insidesOf(b).idontwants.get(middle.peerId)?.size ?? 0, 0)
  })
})
