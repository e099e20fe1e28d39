import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { Libp2pNetwork, type TestNode, allMeet } from '../helpers/libp2p-network.ts'
import { until } from '../helpers/until.ts'

/** Each says something of its own; each hears all the others. */
async function allHear(nodes: readonly TestNode[], word: string): Promise<void> {
  await Promise.all(nodes.map((node) => node.say(`${word} ${node.peerId}`)))
  const hears = ({ heard, peerId }: TestNode): boolean => {
    return nodes.every((other) => other.peerId === peerId || heard.includes(`${word} ${other.peerId}`))
  }
  await until(() => nodes.every(hears), `everybody hears "${word}"`)
}

describe('finding peers', { timeout: 300_000 }, () => {
  const network = new Libp2pNetwork()
  afterEach(() => network.stop())

  it('five nodes that know only a bootstrap address without peer id all find each other and hear each other', async () => {
    const bootstrap = await network.bootstrap()
    const nodes = await network.nodes(5, { bootstrap: [bootstrap.address] })
    await allMeet(nodes)
    await allHear(nodes, 'hello')
    for (const { logger } of nodes) {
      assert.equal(logger.at('info').filter((line) => line === 'joined the network').length, 1)
      assert.deepEqual(logger.at('warn'), [])
    }
  })

  it('any gossip node serves as bootstrap address', async () => {
    const first = await network.node()
    const others = await network.nodes(3, { bootstrap: [first.address] })
    await allMeet([first, ...others])
    await allHear([first, ...others], 'hello')
  })

  it('nodes that start before their bootstrap listens join when it does', async () => {
    const reserved = await network.bootstrap()
    await reserved.stop()
    const nodes = await network.nodes(2, { bootstrap: [reserved.address] })
    await until(
      () =>
        nodes.every(
          ({ counters }) => counters.count('gp_dials_total', { target: 'bootstrap', outcome: 'refused' }) > 1,
        ),
      'they try',
    )
    await network.bootstrap({ listen: [reserved.address] })
    await allMeet(nodes)
  })

  it('without the bootstrap messages go on being heard; when it returns with its peer id it is rejoined', async () => {
    const dataDir = await network.dataDir()
    const bootstrap = await network.bootstrap({ dataDir })
    const nodes = await network.nodes(3, { bootstrap: [bootstrap.address] })
    await allMeet(nodes)
    await bootstrap.stop()
    await until(() => nodes.every(({ host }) => host.getPeers().length === 2), 'it is gone')
    await allHear(nodes, 'still here')

    const returned = await network.bootstrap({ dataDir, listen: [bootstrap.address] })
    assert.equal(returned.peerId, bootstrap.peerId)
    await until(
      () => nodes.every(({ host }) => host.getPeers().some((peer) => peer.toString() === returned.peerId)),
      'it is rejoined',
    )
    const newcomer = await network.node({ bootstrap: [returned.address] })
    await allMeet([...nodes, newcomer])
  })

  it('a node that restarts while the bootstrap is down comes back by its peer book', async () => {
    const bootstrap = await network.bootstrap()
    const nodes = await network.nodes(3, { bootstrap: [bootstrap.address] })
    await allMeet(nodes)
    const [restarted, ...others] = nodes
    assert.ok(restarted)
    await until(() => restarted.peerBook.load().length === 3, 'everybody is in the book')
    await bootstrap.stop()
    await restarted.stop()
    const back = await network.node({ bootstrap: [bootstrap.address], peerBook: restarted.peerBook })
    await allMeet([back, ...others])
  })

  it('a bootstrap address that is the node itself is left out, and the node serves others', async () => {
    const first = await network.node()
    await first.stop()
    const selfish = await network.node({ listen: [first.address], bootstrap: [first.address] })
    await until(() => selfish.logger.at('info').some((line) => line.includes('is this node itself')), 'it notices')
    const other = await network.node({ bootstrap: [selfish.address] })
    await allMeet([selfish, other])
  })

  it('a bootstrap node that returns alone finds the network by an address of its own', async () => {
    const nodes = await network.nodes(2)
    const [a, b] = nodes
    assert.ok(a && b)
    await a.dial(b)
    const bootstrap = await network.bootstrap({ bootstrapAddresses: [a.address] })
    await until(
      () => nodes.every(({ host }) => host.getPeers().some((peer) => peer.toString() === bootstrap.peerId)),
      'it finds both',
    )
  })
})
