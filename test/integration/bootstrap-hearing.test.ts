import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { type TestContext, describe, it } from 'node:test'
import { toHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { SecretValue } from '../../src/core/secret-value.ts'
import { decodeStatusMessage, encodeStatusMessage } from '../../src/gossip/status-wire.ts'
import { topicNames } from '../../src/gossip/topic-name.ts'
import { askAt } from '../helpers/api-at-work.ts'
import { Contract } from '../helpers/api-contract.ts'
import { askPatiently } from '../helpers/ask-patiently.ts'
import { openStream } from '../helpers/event-reader.ts'
import { memoryInUse } from '../helpers/hostile-flood.ts'
import { judged } from '../helpers/hostile-stage.ts'
import { createTestDatabase } from '../helpers/postgres.ts'
import { type RawPeer, startRawPeer } from '../helpers/raw-peer.ts'
import { roundThatLasts } from '../helpers/round-length.ts'
import { type NodeAtWork, NodeNetwork } from '../helpers/running-node.ts'
import { constants, noticeSigner, report } from '../helpers/signed-notices.ts'
import type { TestSigner } from '../helpers/statements.ts'

const ANY_PORT = { GP_HTTPADDR: '127.0.0.1:0' }
const TOPICS = topicNames('test-network')
/** Neighbours that are in no signer set and shown all the same. */
const UNLISTED_PLACES = 64
const MADE_UP = 300

interface Shown {
  readonly role: string
  readonly constants: { readonly signerCount: number } | null
  readonly nodes: readonly {
    readonly signer: string
    readonly peerId: string
    readonly listed: boolean
    readonly state: string
  }[]
  readonly links: readonly { readonly from: string; readonly to: string }[]
  readonly peers: readonly { readonly peerId: string; readonly signer: string | null; readonly bootstrap: boolean }[]
}

async function get(node: NodeAtWork, path: string): Promise<Shown> {
  const answer = await askPatiently(node.httpUrl ?? assert.fail('no HTTP'), path)
  assert.equal(answer.status, 200, answer.body)
  return answer.json() as Shown
}

function metricsOf({ metrics }: NodeAtWork): Promise<string> {
  return metrics.text()
}

function openNetwork(t: TestContext): Promise<NodeNetwork> {
  return createTestDatabase(t).then(({ url }) =>
    NodeNetwork.open(t, { databaseUrl: url, signers: 3, env: { GP_FETCHPRICEINTERVAL: `${roundThatLasts()}` } }),
  )
}

/** Waits until exactly these nodes are shown as being there. */
async function shows(network: NodeNetwork, bootstrap: NodeAtWork, names: readonly string[]): Promise<Shown> {
  const wanted = names.map((name) => network.signer(name)).toSorted()
  return network.until(
    async () => {
      const shown = await get(bootstrap, '/v1/network')
      const here = shown.nodes.filter(({ signer, state }) => state === 'here' && network.isSigner(signer))
      return JSON.stringify(here.map(({ signer }) => signer)) === JSON.stringify(wanted) && shown
    },
    `the bootstrap node shows ${names.join(', ')}`,
  )
}

function strangerKey(): TestSigner {
  const privateKey = randomBytes(32)
  const address = nobleSecp256k1.addressOf(privateKey) ?? assert.fail('not a key')
  return { address, privateKey: new SecretValue(privateKey) }
}

/** A sound status by a key that was made up for it. */
function madeUp(peerId: string): Uint8Array {
  const [sequence, sentAt] = [Date.now(), Date.now()]
  const instance = toHex(randomBytes(16))
  const status = { peerId, instance, sequence, sentAt, agent: 'made-up/1', constants: constants(), report: report() }
  return encodeStatusMessage(noticeSigner(strangerKey()).signStatus(status))
}

/** Who is named in the statuses that reached a peer. */
function agentsHeard(peer: RawPeer): Set<string> {
  return new Set(peer.heardOn(TOPICS.status).map((bytes) => decodeStatusMessage(bytes).agent))
}

describe('the bootstrap node', { timeout: 480_000 }, () => {
  it('shows every node, tells of them as they come and go, and hears no price', async (t) => {
    const network = await openNetwork(t)
    const bootstrap = await network.bootstrap(ANY_PORT)
    const url = bootstrap.httpUrl ?? assert.fail('no HTTP')
    const contract = new Contract((await askAt(url, '/openapi.json')).json())
    assert.deepEqual((await get(bootstrap, '/v1/network')).nodes, [])
    const stream = await openStream(t, { url })
    const names = ['node1', 'node2', 'node3']
    const nodes = [await network.node('node1', ANY_PORT), ...(await network.nodes('node2', 'node3'))]
    const shown = await shows(network, bootstrap, names)
    assert.deepEqual([shown.role, shown.constants?.signerCount], ['bootstrap', 3])
    assert.ok(shown.nodes.every(({ listed }) => listed))
    for (const { peerId } of nodes) {
      assert.ok(shown.links.some(({ from, to }) => from === bootstrap.peerId && to === peerId))
    }
    const { peers } = await get(bootstrap, '/v1/peers')
    for (const { name, peerId } of nodes) {
      assert.equal(peers.find((peer) => peer.peerId === peerId)?.signer, network.signer(name))
    }

    const [first] = nodes
    assert.ok(first)
    const ofFirst = await get(first, '/v1/peers')
    const bootstraps = ofFirst.peers.filter((peer) => peer.bootstrap).map(({ peerId }) => peerId)
    assert.deepEqual(bootstraps, [bootstrap.peerId], 'nodes know it for what it is')
    await network.until(
      async () => /^gp_topic_peers\{topic="status"\} 3$/m.test(await metricsOf(first)),
      'the bootstrap node listens to status',
    )
    assert.match(await metricsOf(bootstrap), /^gp_nodes\{state="here"\} 3$/m)
    await network.committed(nodes, 3)
    for (const topic of ['prices', 'refusals']) {
      const isOfNodes = new RegExp(`^gp_topic_peers\\{topic="${topic}"\\} 2$`, 'm')
      await network.until(async () => isOfNodes.test(await metricsOf(first)), `only nodes listen to ${topic}`)
    }
    assert.equal(judged(bootstrap), judged(bootstrap, { topic: 'status' }))

    const last = nodes[2] ?? assert.fail('no third node')
    await last.stop()
    await stream.until(() => stream.events.some(({ event, data }) => event === 'node' && data.includes('"gone"')))
    const left = await get(bootstrap, '/v1/network')
    assert.deepEqual(
      left.nodes.filter(({ state }) => state === 'gone').map(({ signer }) => signer),
      [network.signer('node3')],
    )
    for (const { event, data } of stream.events) contract.checkEvent(event, data)
  })

  it('shows all neighbours where it knows no signer set, and passes nothing on', async (t) => {
    const network = await openNetwork(t)
    const bootstrap = await network.bootstrap({ ...ANY_PORT, GP_SIGNERS: '' })
    const listener = await startRawPeer(t, { topics: [TOPICS.status], addresses: [bootstrap.address] })
    const names = ['node1', 'node2', 'node3']
    const nodes = await network.nodes(...names)
    const shown = await shows(network, bootstrap, names)
    assert.equal(shown.constants, null)
    const { peers } = await get(bootstrap, '/v1/peers')
    for (const { name, peerId } of nodes) {
      assert.equal(peers.find((peer) => peer.peerId === peerId)?.signer, network.signer(name))
    }

    await listener.say(madeUp('somebodyElse'))
    await listener.say(madeUp(listener.peerId))
    await network.until(
      async () => (await get(bootstrap, '/v1/network')).nodes.length === 4,
      'who speaks of itself is shown',
    )
    const after = await get(bootstrap, '/v1/network')
    assert.ok(after.nodes.every(({ peerId }) => peerId !== 'somebodyElse'))
    assert.deepEqual(agentsHeard(listener), new Set())
  })

  it('is filled by no flood of made-up signers, and passes none of them on', async (t) => {
    const network = await openNetwork(t)
    const bootstrap = await network.bootstrap(ANY_PORT)
    const names = ['node1', 'node2', 'node3']
    await network.nodes(...names)
    await shows(network, bootstrap, names)
    const addresses = [bootstrap.address]
    const listener = await startRawPeer(t, { topics: [TOPICS.status], addresses })
    const crowd = await Promise.all(
      Array.from({ length: 6 }, () => startRawPeer(t, { topics: [TOPICS.status], addresses, unwelcome: true })),
    )
    const before = memoryInUse()
    for (let made = 0; made < MADE_UP; made++) {
      for (const peer of crowd) await peer.say(madeUp(made === 0 ? peer.peerId : `stranger${made}`))
    }
    await network.until(
      () => judged(bootstrap, { topic: 'status' }) >= MADE_UP || crowd.every((peer) => peer.connected() === 0),
      'the flood is judged, or its senders are expelled',
    )
    const grownMb = (memoryInUse() - before) / 1e6
    t.diagnostic(`${grownMb} MB`)
    assert.ok(grownMb < 24, `${grownMb} MB for ${MADE_UP * crowd.length} made-up signers`)
    const shown = await shows(network, bootstrap, names)
    assert.ok(shown.nodes.filter(({ listed }) => !listed).length <= Math.min(UNLISTED_PLACES, crowd.length))
    // Who was expelled says nothing any more, and may be late by now.
    assert.ok(shown.nodes.every(({ listed, state }) => !listed || state !== 'gone'))
    await network.until(() => agentsHeard(listener).size > 0, 'what signers of the set say is passed on')
    assert.ok(!agentsHeard(listener).has('made-up/1'))
  })
})
