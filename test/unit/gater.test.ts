import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ConnectionGater, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Doorkeeper, createGater } from '../../src/gossip/gater.ts'

const ONE = peerIdFromString('12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp')
const OTHER = peerIdFromString('12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA')

interface DoorkeeperAtWork extends Doorkeeper {
  readonly expelled: Set<string>
  readonly asked: string[]
  places: number
}

function createDoorkeeper(): DoorkeeperAtWork {
  const doorkeeper: DoorkeeperAtWork = {
    expelled: new Set(),
    asked: [],
    places: 10,
    isExpelled: (peerId) => doorkeeper.expelled.has(peerId),
    admitsConnection(peerId) {
      doorkeeper.asked.push(peerId)
      return doorkeeper.asked.length <= doorkeeper.places
    },
  }
  return doorkeeper
}

/** Whether a peer is denied: when it is dialled, when it answers, and when it comes of its own accord. */
async function denied(gater: ConnectionGater, peer: PeerId): Promise<boolean[]> {
  // None of them looks at the connection.
  const connection = {} as Parameters<NonNullable<ConnectionGater['denyInboundEncryptedConnection']>>[1]
  return [
    (await gater.denyDialPeer?.(peer)) ?? false,
    (await gater.denyOutboundEncryptedConnection?.(peer, connection)) ?? false,
    (await gater.denyInboundEncryptedConnection?.(peer, connection)) ?? false,
  ]
}

describe('a gater', () => {
  it('denies nobody when nothing is configured', async () => {
    assert.deepEqual(await denied(createGater({ allowPeers: [] }), ONE), [false, false, false])
  })

  it('denies everybody but allowed peers, however their ids are spelled', async () => {
    const gater = createGater({ allowPeers: [ONE.toCID().toString()] })
    assert.deepEqual(await denied(gater, ONE), [false, false, false])
    assert.deepEqual(await denied(gater, OTHER), [true, true, true])
  })

  it('is not made of what is no peer id', () => {
    assert.throws(() => createGater({ allowPeers: ['nobody'] }), { name: 'HostError', code: 'bad-peer-id' })
  })

  it('denies who is expelled, in both directions, for as long as it is', async () => {
    const doorkeeper = createDoorkeeper()
    const gater = createGater({ allowPeers: [], doorkeeper })
    doorkeeper.expelled.add(ONE.toString())
    assert.deepEqual(await denied(gater, ONE), [true, true, true])
    assert.deepEqual(await denied(gater, OTHER), [false, false, false])
    doorkeeper.expelled.clear()
    assert.deepEqual(await denied(gater, ONE), [false, false, false])
  })

  it('asks for a place for who comes of its own accord, and not for whom this node dials', async () => {
    const doorkeeper = createDoorkeeper()
    doorkeeper.places = 1
    const gater = createGater({ allowPeers: [], doorkeeper })
    assert.deepEqual(await denied(gater, ONE), [false, false, false])
    assert.deepEqual(await denied(gater, OTHER), [false, false, true])
    assert.deepEqual(doorkeeper.asked, [ONE.toString(), OTHER.toString()])
  })

  it('asks for no place for who is denied anyhow', async () => {
    const doorkeeper = createDoorkeeper()
    const gater = createGater({ allowPeers: [OTHER.toString()], doorkeeper })
    await denied(gater, ONE)
    assert.deepEqual(doorkeeper.asked, [])
  })
})
