import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { equivocationFault } from '../../src/core/equivocation.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { EngineAtWork, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import {
  INTERVAL_MS,
  type TestSigner,
  alice,
  bob,
  carol,
  dave,
  digest,
  price,
  statement,
  testSigner,
} from '../helpers/statements.ts'

const QUIET_MS = 30_000
const COLLECT_END_MS = 2 * INTERVAL_MS
const proposed = statement()
const rival = statement({ price: price('3021.456') })
const third = statement({ price: price('3021.457') })
const eve = testSigner(5)
const ids = [digest(proposed), digest(rival)].toSorted()

/** Who equivocated, in the order in which it came to light. */
function accused(node: EngineAtWork): string[] {
  return node.equivocations().map(({ signer }) => signer)
}

function addresses(...signers: readonly TestSigner[]): string[] {
  return signers.map(({ address }) => address)
}

describe('a proposer of two statements of a slot', () => {
  for (const [name, first, second] of [
    ['in one order', proposed, rival],
    ['in the other order', rival, proposed],
  ] as const) {
    it(`has equivocated, and the proof is the same ${name}`, () => {
      const node = new EngineAtWork()
      node.receive(attest(first, alice, bob))
      assert.deepEqual(node.equivocations(), [])
      node.receive(attest(second, alice, carol))
      const [equivocation, ...more] = node.equivocations()
      assert.ok(equivocation)
      assert.deepEqual(more, [])
      const { network, pair, round, proposer } = proposed
      assert.deepEqual(equivocation.slot, { network, pair, round, proposer })
      assert.equal(equivocation.signer, alice.address)
      assert.deepEqual(
        equivocation.statements.map(({ id }) => id),
        ids,
      )
      assert.equal(equivocationFault({ curve: createKeyedHashCurve(), digest }, equivocation), undefined)
    })
  }

  it('is found once, however often the two come again, and however many statements follow', () => {
    const node = new EngineAtWork()
    for (let i = 0; i < 3; i++) for (const one of [proposed, rival, third]) node.receive(attest(one, alice))
    assert.deepEqual(accused(node), addresses(alice))
  })

  it('is found before the co-sign policy is asked about the second', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    assert.deepEqual(
      node.receive(attest(rival, alice)).map(({ kind }) => kind),
      ['equivocation', 'consider'],
    )
  })

  for (const [name, other] of [
    ['pair', statement({ pair: 'BTC-USD' })],
    ['round', statement({ observedAt: proposed.observedAt - INTERVAL_MS })],
    ['network', statement({ network: 'another' })],
  ] as const) {
    it(`of another ${name} has not equivocated`, () => {
      const node = new EngineAtWork()
      node.receive(attest(proposed, alice, bob))
      node.receive(attest(other, alice, bob))
      assert.deepEqual(node.equivocations(), [])
      assert.equal(node.engine.pool.isContested(proposed), false)
    })
  }
})

describe('a co-signer of two statements of a slot', () => {
  const orders: Record<string, (node: EngineAtWork) => void> = {
    'with the statements': (node) => {
      node.receive(attest(proposed, alice, bob))
      node.receive(attest(rival, alice, bob))
    },
    'after both, over the first': (node) => {
      node.receive(attest(proposed, alice))
      node.receive(attest(rival, alice, bob))
      node.receive(attest(proposed, alice, bob))
    },
    'after both, over the second': (node) => {
      node.receive(attest(proposed, alice, bob))
      node.receive(attest(rival, alice))
      node.receive(attest(rival, bob))
    },
    'restored, then received': (node) => {
      node.handle({ kind: 'restored', attestation: attest(proposed, alice, bob) })
      node.receive(attest(rival, alice, bob))
    },
    'received, then made by this node': (node) => {
      node.receive(attest(proposed, alice, bob))
      node.receive(attest(rival, alice))
      node.sign(attest(rival), bob)
    },
  }

  for (const [order, play] of Object.entries(orders)) {
    it(`has equivocated as its proposer has: ${order}`, () => {
      const node = new EngineAtWork()
      play(node)
      assert.deepEqual(accused(node).toSorted(), addresses(alice, bob).toSorted())
      const proof = node.equivocations().find(({ signer }) => signer === bob.address)
      assert.ok(proof)
      assert.equal(equivocationFault({ curve: createKeyedHashCurve(), digest }, proof), undefined)
    })
  }

  it('is another one for every co-signer, once each', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol, dave))
    node.receive(attest(rival, alice, bob))
    node.receive(attest(rival, alice, carol))
    node.receive(attest(rival, alice, bob, carol))
    assert.deepEqual(accused(node), addresses(alice, bob, carol))
  })
})

describe('a signature over a set that has closed', () => {
  for (const phase of ['closed', 'committed', 'disputed', 'parked'] as const) {
    it(`in phase ${phase}, of a contested slot, is compared and not added`, async () => {
      const node = new EngineAtWork({ maximumSigners: 3 })
      const quorum = attest(proposed, alice, bob, carol)
      node.receive(quorum)
      if (phase !== 'closed') {
        await node.until(QUIET_MS)
        const kind = phase === 'committed' ? 'written' : 'slot-taken'
        node.settle(quorum.id, phase === 'parked' ? { kind: 'refused', reason: 'too large' } : { kind })
      }
      node.receive(attest(rival, alice, eve))
      const rows = node.commits().length
      assert.deepEqual(
        node.receive(attest(proposed, eve), { reemit: true }).map(({ kind }) => kind),
        ['equivocation'],
      )
      assert.deepEqual(accused(node), addresses(alice, eve))
      assert.equal(node.engine.pool.phaseOf(quorum.id), phase)
      assert.deepEqual(node.engine.pool.signaturesOf(quorum.id), quorum.signatures)
      assert.deepEqual(node.engine.pool.attestationOf(quorum.id), quorum)
      assert.deepEqual([...(node.engine.pool.setAsideOf(quorum.id)?.keys() ?? [])], addresses(eve))
      await node.until(QUIET_MS + 1)
      assert.deepEqual(node.published(quorum.id), [])
      assert.ok(node.commits().length - rows <= 1)
    })
  }

  it('is compared though its rival’s signature came after it', () => {
    const node = new EngineAtWork({ maximumSigners: 3 })
    node.receive(attest(proposed, alice, bob, carol))
    node.receive(attest(rival, alice))
    node.receive(attest(proposed, eve))
    node.receive(attest(rival, eve))
    assert.deepEqual(accused(node), addresses(alice, eve))
  })

  it('of this node itself is compared, too', () => {
    const node = new EngineAtWork({ maximumSigners: 3 })
    node.receive(attest(proposed, alice, bob, carol))
    node.receive(attest(rival, alice, dave))
    node.sign(attest(proposed), dave)
    assert.deepEqual(accused(node), addresses(alice, dave))
  })

  it('that is in the set already is kept once', () => {
    const node = new EngineAtWork({ maximumSigners: 3 })
    const quorum = attest(proposed, alice, bob, carol)
    node.receive(quorum)
    node.receive(quorum)
    assert.deepEqual(node.engine.pool.setAsideOf(quorum.id), new Map())
  })
})

describe('a contested slot', () => {
  it('is one of which two statements are held', () => {
    const node = new EngineAtWork()
    assert.deepEqual([node.engine.pool.isContested(proposed), node.engine.pool.heldInSlot(proposed)], [false, 0])
    node.receive(attest(proposed, alice))
    assert.deepEqual([node.engine.pool.isContested(proposed), node.engine.pool.heldInSlot(rival)], [false, 1])
    node.receive(attest(rival, alice))
    assert.deepEqual([node.engine.pool.isContested(third), node.engine.pool.heldInSlot(third)], [true, 2])
  })

  it('is forgotten when the collect window ends, and nothing of it is taken any more', async () => {
    const node = new EngineAtWork()
    for (const one of [proposed, rival]) node.receive(attest(one, alice, bob))
    await node.until(COLLECT_END_MS)
    assert.deepEqual([node.engine.pool.isContested(proposed), node.engine.pool.heldInSlot(proposed)], [false, 0])
    assert.equal(node.engine.pool.setAsideOf(digest(proposed)), undefined)
    assert.deepEqual(node.receive(attest(rival, alice, bob)), [])
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })

  it('stays contested while one of the two waits for its row', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    node.receive(attest(rival, alice))
    await node.until(COLLECT_END_MS)
    assert.deepEqual([node.engine.pool.isContested(proposed), node.engine.pool.heldInSlot(proposed)], [true, 1])
    node.receive(attest(proposed, dave))
    assert.equal(node.engine.pool.setAsideOf(digest(proposed))?.size, 0)
  })

  it('keeps two signatures of a signer at most, whatever is sent', () => {
    const node = new EngineAtWork({ maximumSigners: 3 })
    const everything: Attestation[] = [proposed, rival, third].map((one) => attest(one, alice, bob, carol, dave, eve))
    for (let i = 0; i < 3; i++) for (const each of everything) node.receive(each)
    const kept = everything.map(
      ({ id }) => (node.engine.pool.signaturesOf(id)?.size ?? 0) + (node.engine.pool.setAsideOf(id)?.size ?? 0),
    )
    assert.deepEqual(kept, [5, 5, 0])
    assert.equal(node.equivocations().length, 5)
  })
})
