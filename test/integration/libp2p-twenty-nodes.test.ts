import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { Libp2pNetwork } from '../helpers/libp2p-network.ts'
import { until } from '../helpers/until.ts'

const NODES = 20
/** All in this process: on a busy machine they dial each other more than once. */
const PATIENCE = { timeoutMs: 240_000 }

describe('twenty nodes behind one IP address', { timeout: 600_000 }, () => {
  const network = new Libp2pNetwork()
  after(() => network.stop())

  it('all hear each other, though they start together and gossipsub thinks little of neighbours', async () => {
    const bootstrap = await network.bootstrap()
    const nodes = await network.nodes(NODES, { bootstrap: [bootstrap.address] })
    await until(() => nodes.every(({ topic }) => topic.meshPeers() >= 4), 'a mesh forms', PATIENCE)
    await Promise.all(nodes.map((node) => node.say(node.peerId)))
    await until(() => nodes.every(({ heard }) => heard.length >= NODES - 1), 'everybody hears everybody', PATIENCE)
    for (const { heard, peerId } of nodes) {
      assert.deepEqual(new Set(heard), new Set(nodes.map((other) => other.peerId).filter((id) => id !== peerId)))
      assert.equal(heard.length, NODES - 1, 'each message once')
    }
  })
})
