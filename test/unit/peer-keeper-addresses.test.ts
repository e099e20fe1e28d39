import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ADDRESSES_LIMIT, addressesWorthKeeping, peerIdIn, withoutPeerId } from '../../src/gossip/peer-addresses.ts'

const ID = '12D3KooWQ4qg1sU4tqZRLGDw3UZyVL5Xz73MqAt5WDzdsdcRbBPX'

describe('the addresses worth keeping of a peer', () => {
  it('the one that was dialled and worked comes first, a name included', () => {
    const kept = addressesWorthKeeping({
      direction: 'outbound',
      remote: `/dns4/node1/tcp/8000/p2p/${ID}`,
      announced: ['/ip4/172.18.0.4/tcp/8000'],
    })
    assert.deepEqual(kept, ['/dns4/node1/tcp/8000', '/ip4/172.18.0.4/tcp/8000'])
  })

  it('of a peer that dialled us, what it listens on where we see it comes first; its own port is of no use', () => {
    const kept = addressesWorthKeeping({
      direction: 'inbound',
      remote: '/ip4/172.18.0.4/tcp/51234',
      announced: ['/ip4/192.168.7.7/tcp/8000', `/ip4/172.18.0.4/tcp/8000/p2p/${ID}`],
    })
    assert.deepEqual(kept, ['/ip4/172.18.0.4/tcp/8000', '/ip4/192.168.7.7/tcp/8000'])
  })

  it('the loopback address of another machine is our own, and is not kept', () => {
    const announced = ['/ip4/127.0.0.1/tcp/8000', '/ip6/::1/tcp/8000', '/ip4/10.0.0.2/tcp/8000']
    assert.deepEqual(addressesWorthKeeping({ direction: 'inbound', remote: '/ip4/10.0.0.2/tcp/5', announced }), [
      '/ip4/10.0.0.2/tcp/8000',
    ])
  })

  it('on one machine the loopback address is kept, before the others', () => {
    const announced = ['/ip4/10.0.0.2/tcp/8001', '/ip4/127.0.0.1/tcp/8001']
    assert.deepEqual(addressesWorthKeeping({ direction: 'inbound', remote: '/ip4/127.0.0.1/tcp/5', announced }), [
      '/ip4/127.0.0.1/tcp/8001',
      '/ip4/10.0.0.2/tcp/8001',
    ])
  })

  it('no address is kept twice, nor any that this transport cannot dial, nor more than the limit', () => {
    const announced = [
      `/ip4/10.0.0.2/udp/1/quic-v1`,
      `/ip4/10.0.0.3/tcp/1/p2p/${ID}/p2p-circuit`,
      '/ip4/10.0.0.2/tcp/1',
      '/ip4/10.0.0.2/tcp/1',
      ...Array.from({ length: 100 }, (_, i) => `/ip4/10.0.1.1/tcp/${i + 1}`),
    ]
    const kept = addressesWorthKeeping({ direction: 'outbound', remote: '/ip4/10.0.0.2/tcp/1', announced })
    assert.equal(kept.length, ADDRESSES_LIMIT)
    assert.equal(new Set(kept).size, ADDRESSES_LIMIT)
    assert.ok(kept.every((address) => !address.includes('udp') && !address.includes('circuit')))
  })
})

describe('the peer id in an address', () => {
  it('is what follows the last /p2p/, if it does', () => {
    assert.equal(peerIdIn(`/ip4/1.2.3.4/tcp/1/p2p/${ID}`), ID)
    assert.equal(peerIdIn('/ip4/1.2.3.4/tcp/1'), undefined)
  })

  it('can be taken off', () => {
    assert.equal(withoutPeerId(`/dns4/a/tcp/1/p2p/${ID}`), '/dns4/a/tcp/1')
    assert.equal(withoutPeerId('/dns4/a/tcp/1'), '/dns4/a/tcp/1')
  })
})
