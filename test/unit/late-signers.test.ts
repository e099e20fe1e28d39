import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLateSigners } from '../../src/node/late-signers.ts'
import { attest } from '../helpers/driver-at-work.ts'
import { RecordingCounters } from '../helpers/recorders.ts'
import { alice, bob, carol, dave, statement, testSigner } from '../helpers/statements.ts'

const held = attest(statement(), alice, bob, carol)
const aside = attest(statement(), testSigner(5))

/** A node that holds one statement with three signatures, and one more beside it. */
function createAtWork() {
  const counters = new RecordingCounters()
  const peers = new Map([alice, dave, testSigner(5)].map(({ address }) => [`peer of ${address}`, address]))
  const see = createLateSigners({
    holdings: {
      signaturesOf: (id) => (id === held.id ? held.signatures : undefined),
      setAsideOf: (id) => (id === held.id ? aside.signatures : undefined),
    },
    directory: { voucherOf: (peerId) => peers.get(peerId) },
    counters,
  })
  const late = ({ address }: { readonly address: string }): number =>
    counters.count('gp_late_signatures_total', { signer: address })
  return { see, late }
}

describe('late signatures', () => {
  it('are counted once for each statement and signer, by whose peer sent them', () => {
    const { see, late } = createAtWork()
    see(held.id, `peer of ${dave.address}`)
    see(held.id, `peer of ${dave.address}`)
    assert.equal(late(dave), 1)
  })

  it('are not those of who is in the set, or beside it, of strangers, or over what is not held', () => {
    const { see, late } = createAtWork()
    see(held.id, `peer of ${alice.address}`)
    see(held.id, `peer of ${testSigner(5).address}`)
    see(held.id, 'a stranger')
    see(attest(statement({ pair: 'BTC-USD' }), alice).id, `peer of ${dave.address}`)
    assert.deepEqual([alice, dave, testSigner(5)].map(late), [0, 0, 0])
  })
})
