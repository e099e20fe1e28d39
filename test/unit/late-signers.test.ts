import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import { createLateSigners } from '../../src/node/late-signers.ts'
import { attest } from '../helpers/driver-at-work.ts'
import { alice, bob, carol, dave, statement } from '../helpers/statements.ts'

const held = attest(statement(), alice, bob, carol)

/** A node that holds one statement with three signatures. */
function createAtWork() {
  const late: Address[] = []
  const peers = new Map([alice, dave].map(({ address }) => [`peer of ${address}`, address]))
  const see = createLateSigners({
    holdings: { signaturesOf: (id) => (id === held.id ? held.signatures : undefined) },
    directory: { voucherOf: (peerId) => peers.get(peerId) },
    onLate: (_, signer) => void late.push(signer),
  })
  return { see, late }
}

describe('late signatures', () => {
  it('are taken to be by the signer whose peer sent them', () => {
    const { see, late } = createAtWork()
    see(held.id, `peer of ${dave.address}`)
    assert.deepEqual(late, [dave.address])
  })

  it('are not those of who is in the set, of strangers, or over what is not held', () => {
    const { see, late } = createAtWork()
    see(held.id, `peer of ${alice.address}`)
    see(held.id, 'a stranger')
    see(attest(statement({ pair: 'BTC-USD' }), alice).id, `peer of ${dave.address}`)
    assert.deepEqual(late, [])
  })
})
