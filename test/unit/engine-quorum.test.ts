import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EngineAtWork, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { alice, bob, carol, dave, price, statement, testSigners } from '../helpers/statements.ts'

const QUIET_MS = 30_000
const proposed = statement()
const { id } = attest(proposed, alice)

describe('quorum', () => {
  it('is reached by exactly the minimum of distinct signers, and not by one fewer', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    node.receive(attest(proposed, alice, bob))
    assert.equal(node.engine.pool.phaseOf(id), 'collecting')
    node.receive(attest(proposed, alice, carol))
    assert.equal(node.engine.pool.phaseOf(id), 'quorum')
    assert.deepEqual(node.moves(id), ['quorum@0'])
  })

  it('can come with one message that holds it all', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    assert.deepEqual(node.moves(id), ['quorum@0'])
  })

  it('counts the signature of this node itself', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    node.sign(attest(proposed), carol)
    assert.equal(node.engine.pool.phaseOf(id), 'quorum')
  })

  it('counts a proposal of this node from its first signature', () => {
    const node = new EngineAtWork({ minimumSigners: 1 })
    node.sign(attest(proposed), alice)
    assert.deepEqual(node.moves(id), ['quorum@0'])
  })

  it('counts a signer once, however often it signs', () => {
    const node = new EngineAtWork()
    for (let i = 0; i < 5; i++) node.receive(attest(proposed, alice, bob))
    assert.equal(node.engine.pool.signaturesOf(id)?.size, 2)
    assert.equal(node.engine.pool.phaseOf(id), 'collecting')
  })

  it('holds the proposer: without its signature nothing is taken at all', () => {
    const node = new EngineAtWork()
    assert.deepEqual(node.receive(attest(proposed, bob, carol, dave)), [])
    assert.equal(node.engine.pool.phaseOf(id), undefined)
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })

  it('takes a signature of the others without the proposer’s once that is held', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    node.receive(attest(proposed, bob, carol))
    assert.equal(node.engine.pool.phaseOf(id), 'quorum')
  })

  it('keeps the first of two signatures of one signer', () => {
    const node = new EngineAtWork()
    const first = attest(proposed, alice)
    node.receive(first)
    node.receive({ ...first, signatures: new Map([[alice.address, new Uint8Array(65)]]) })
    assert.deepEqual(node.engine.pool.signaturesOf(id), first.signatures)
  })
})

describe('the co-sign policy', () => {
  it('is asked once about a statement, when it is first seen', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    node.receive(attest(proposed, alice, bob))
    node.receive(attest(proposed, alice, bob, carol))
    assert.deepEqual(node.considered(), [id])
  })

  it('is asked about a statement that comes with its quorum, too', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    assert.deepEqual(node.considered(), [id])
  })

  it('is not asked about what takes no more signatures, nor about what this node signed itself', () => {
    const node = new EngineAtWork({ maximumSigners: 3 })
    node.receive(attest(proposed, alice, bob, carol))
    node.sign(attest(statement({ proposer: dave.address })), dave)
    assert.deepEqual(node.considered(), [])
  })
})

describe('closing', () => {
  it('comes with the maximum of signers, at once', async () => {
    const node = new EngineAtWork({ maximumSigners: 4 })
    node.receive(attest(proposed, alice, bob, carol))
    await node.until(1_000)
    node.receive(attest(proposed, alice, dave))
    assert.deepEqual(node.moves(id), ['quorum@0', 'closed@1000'])
  })

  it('goes through quorum when minimum and maximum are one', () => {
    const node = new EngineAtWork({ minimumSigners: 3, maximumSigners: 3 })
    node.receive(attest(proposed, alice, bob, carol))
    assert.deepEqual(node.moves(id), ['quorum@0', 'closed@0'])
  })

  it('never lets a set grow beyond the maximum, not even within one attestation', () => {
    const node = new EngineAtWork({ maximumSigners: 4 })
    node.receive(attest(proposed, ...testSigners(6)))
    assert.equal(node.engine.pool.signaturesOf(id)?.size, 4)
    assert.equal(node.engine.pool.phaseOf(id), 'closed')
  })

  it('comes two quiet periods after quorum while signatures keep coming, and not a millisecond before', async () => {
    const node = new EngineAtWork()
    const signers = testSigners(8)
    node.receive(attest(proposed, alice, bob, carol))
    for (const [index, signer] of signers.slice(3).entries()) {
      await node.until((index + 1) * 11_000)
      node.receive(attest(proposed, alice, signer))
    }
    await node.until(2 * QUIET_MS - 1)
    assert.equal(node.engine.pool.phaseOf(id), 'quorum')
    await node.until(2 * QUIET_MS)
    assert.deepEqual(node.moves(id), ['quorum@0', 'closed@60000'])
  })

  it('takes a signature one millisecond before, and none at the very moment', async () => {
    const [, , , , eve, frank] = testSigners(6)
    assert.ok(eve && frank)
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    await node.until(QUIET_MS - 1)
    node.receive(attest(proposed, alice, dave))
    await node.until(2 * QUIET_MS - 2)
    node.receive(attest(proposed, alice, eve))
    await node.until(2 * QUIET_MS)
    node.receive(attest(proposed, alice, frank), { reemit: true })
    assert.equal(node.engine.pool.signaturesOf(id)?.has(eve.address), true)
    assert.equal(node.engine.pool.signaturesOf(id)?.has(frank.address), false)
    assert.deepEqual(node.published(id), [])
  })

  it('makes later signatures late, of this node too: not added, not published, the row not delayed', async () => {
    const node = new EngineAtWork({ maximumSigners: 3 })
    node.receive(attest(proposed, alice, bob, carol))
    await node.until(10_000)
    assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), 'late')
    assert.deepEqual(node.receive(attest(proposed, alice, dave), { reemit: true }), [])
    assert.deepEqual(node.sign(attest(proposed), dave), [])
    await node.until(QUIET_MS)
    const [commit, ...more] = node.commits()
    assert.deepEqual(more, [])
    assert.equal(commit?.atMs, QUIET_MS)
    assert.equal(commit.row.attestation.signatures.size, 3)
  })
})

describe('a slot', () => {
  const second = statement({ price: price('3021.456') })
  const third = statement({ price: price('3021.457') })
  const otherSlots = [
    statement({ pair: 'BTC-USD' }),
    statement({ proposer: bob.address }),
    statement({ network: 'another' }),
  ]

  it('takes two statements, since the second proves that its proposer is dishonest, and no third', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    assert.equal(node.engine.pool.notAdded(attest(second).id, second, node.clock.now()), undefined)
    node.receive(attest(second, alice))
    assert.equal(node.engine.pool.notAdded(attest(third).id, third, node.clock.now()), 'slot-full')
    assert.deepEqual(node.receive(attest(third, alice)), [])
    assert.equal(node.engine.pool.phaseOf(attest(third).id), undefined)
  })

  it('still takes signatures for the two', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    node.receive(attest(second, alice))
    assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), undefined)
    node.receive(attest(second, alice, bob, carol))
    assert.equal(node.engine.pool.phaseOf(attest(second).id), 'quorum')
  })

  for (const other of otherSlots) {
    it(`is not filled by statements of ${other.network} ${other.pair} ${other.proposer.slice(0, 8)}`, () => {
      const node = new EngineAtWork()
      node.receive(attest(proposed, alice))
      node.receive(attest(second, alice))
      assert.equal(node.engine.pool.notAdded(attest(other).id, other, node.clock.now()), undefined)
    })
  }

  it('both of its statements can reach quorum and are handed out: the table decides', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    node.receive(attest(second, alice, bob, carol))
    await node.until(QUIET_MS)
    assert.deepEqual(
      node.commits().map(({ row }) => row.attestation.id),
      [id, attest(second).id],
    )
  })
})
