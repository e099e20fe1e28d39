import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { HostError, type HostErrorCode } from '../../src/gossip/host-error.ts'
import { swarmKey } from '../../src/gossip/swarm-key.ts'
import { Libp2pNetwork, type NodeOptions, allMeet } from '../helpers/libp2p-network.ts'
import { until } from '../helpers/until.ts'

describe('libp2p host', { timeout: 300_000 }, () => {
  const network = new Libp2pNetwork()
  afterEach(() => network.stop())

  const refuses = (options: NodeOptions, code: HostErrorCode, sentence: RegExp) => {
    return assert.rejects(network.node(options), (error: unknown) => {
      assert.ok(error instanceof HostError, String(error))
      assert.equal(error.code, code)
      assert.match(error.message, sentence)
      return true
    })
  }

  it('a port in use is told with the address and what to do, and nothing is left listening', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const address = `/ip4/127.0.0.1/tcp/${(taken.address() as AddressInfo).port}`
    const free = await network.node()
    await free.stop()
    await refuses(
      { listen: [free.address, address] },
      'address-in-use',
      new RegExp(`^${address} is in use: stop the process that listens there, or set GP_CONNECTIONADDR`),
    )
    taken.close()
    const again = await network.node({ listen: [free.address] })
    assert.equal(again.address, free.address)
  })

  it('every address must work: an IPv6 address that fails beside an IPv4 one is an error', async () => {
    const listen = ['/ip4/127.0.0.1/tcp/0', '/ip6/2001:db8::1/tcp/0']
    await refuses({ listen }, 'address-not-available', /^\/ip6\/2001:db8::1\/tcp\/0 is no address of this machine/)
  })

  it('what is no TCP address is refused before a socket is opened', async () => {
    for (const text of ['127.0.0.1:8000', '/ip4/127.0.0.1', '/ip4/127.0.0.1/udp/1', '/ip4/127.0.0.1/tcp/1/ws', '']) {
      await refuses({ listen: [text] }, 'bad-address', /should look like \/ip4\/0\.0\.0\.0\/tcp\/8000/)
    }
  })

  it('a network key that is none, and a peer id that is none, are refused', async () => {
    await refuses({ networkKey: Buffer.from('secret') }, 'bad-network-key', /GP_NETWORKKEY/)
    await refuses({ allowPeers: ['bob'] }, 'bad-peer-id', /GP_ALLOWPEERS: bob/)
  })

  it('a name is dialled as well as a number, with or without a peer id', async () => {
    const target = await network.node({ idle: true })
    const port = target.address.split('/').at(-1)
    for (const address of [
      `/dns4/localhost/tcp/${port}`,
      `/dns4/localhost/tcp/${port}/p2p/${target.peerId}`,
      `/dns/localhost/tcp/${port}`,
      target.address,
    ]) {
      const node = await network.node({ bootstrap: [address] })
      await until(() => node.host.getPeers().some(target.host.peerId.equals.bind(target.host.peerId)), address)
      await node.stop()
    }
  })

  it('a node tells peers its software, and speaks the protocols of this network', async () => {
    const [a, b] = await network.nodes(2, { idle: true })
    assert.ok(a && b)
    const connection = await a.host.dial(multiaddr(b.address))
    const { agentVersion, protocols } = await a.host.services.identify.identify(connection)
    assert.equal(agentVersion, 'gossip-price/0.0.0')
    assert.ok(protocols.includes('/gossip-price/kad/1'))
    assert.ok(protocols.includes('/meshsub/1.2.0'))
    assert.ok(!protocols.some((protocol) => protocol.includes('floodsub')))
  })

  it('several pings and identifications of one peer at once do not fail each other', async () => {
    const [a, b] = await network.nodes(2, { idle: true })
    assert.ok(a && b)
    const connection = await a.host.dial(multiaddr(b.address))
    const { ping, identify } = a.host.services
    await Promise.all([1, 2, 3].flatMap(() => [ping.ping(b.host.peerId), identify.identify(connection)]))
  })

  it('only who holds the network key gets in', async () => {
    const networkKey = swarmKey(Buffer.alloc(32, 1))
    const bootstrap = await network.bootstrap({ networkKey })
    const members = await network.nodes(2, { networkKey, bootstrap: [bootstrap.address] })
    const outsiders = await Promise.all([
      network.node({ bootstrap: [bootstrap.address], networkKey: swarmKey(Buffer.alloc(32, 2)) }),
      network.node({ bootstrap: [bootstrap.address] }),
    ])
    await allMeet(members)
    const refusals = ({ counters }: (typeof outsiders)[number]): number => {
      const outcomes = ['handshake', 'no-answer', 'other']
      return outcomes.reduce(
        (sum, outcome) => sum + counters.count('gp_dials_total', { target: 'bootstrap', outcome }),
        0,
      )
    }
    await until(() => outsiders.every((node) => refusals(node) > 0), 'outsiders try')
    for (const outsider of outsiders) assert.deepEqual(outsider.host.getPeers(), [])
  })

  it('with allowed peers given nobody else is connected, whoever dials', async () => {
    const [ownKey, friendKey] = await Promise.all([generateKeyPair('Ed25519'), generateKeyPair('Ed25519')])
    const friend = await network.node({ privateKey: friendKey })
    const stranger = await network.node()
    const guarded = await network.node({
      privateKey: ownKey,
      allowPeers: [friend.peerId],
      bootstrap: [friend.address, stranger.address],
    })
    const intruder = await network.node({ bootstrap: [guarded.address] })
    await allMeet([friend, guarded])
    const { counters } = guarded
    await until(
      () => counters.count('gp_dials_total', { target: 'bootstrap', outcome: 'not-allowed' }) > 0,
      'the stranger is denied',
    )
    await until(
      () => intruder.logger.lines.some(({ message }) => message === 'a peer is gone'),
      'the intruder is cut off',
    )
    assert.deepEqual(guarded.host.getPeers().map(String), [friend.peerId])
  })
})
