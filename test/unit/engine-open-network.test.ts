import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { OPEN_SIGNERS_LIMIT, lifeRules } from '../../src/consensus/statement-entry.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { EngineAtWork, RULES, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { INTERVAL_MS, alice, bob, carol, dave, statement, testSigner } from '../helpers/statements.ts'

const eve = testSigner(5)
const proposed = statement()
const { id } = attest(proposed, alice)
const ofBob = statement({ proposer: bob.address })

describe('the rules of life', () => {
  const { network, source } = proposed
  const constants = { ...RULES, network, pairs: [], source, maxDeviation: 0n }

  it('keep 64 signers a round where anybody may sign, and all who are allowed elsewhere', () => {
    assert.equal(OPEN_SIGNERS_LIMIT, 64)
    const open = lifeRules({ ...constants, signers: createSignerSet([]) })
    const entry = { address: alice.address, fromRound: undefined, toRound: undefined }
    const closed = lifeRules({ ...constants, signers: createSignerSet([entry]) })
    assert.deepEqual([open.signersPerRound, closed.signersPerRound], [64, Number.POSITIVE_INFINITY])
    assert.deepEqual({ ...open, signersPerRound: RULES.signersPerRound }, RULES)
  })
})

function create(): EngineAtWork {
  return new EngineAtWork({ signersPerRound: 3 })
}

describe('a round that takes three signers', () => {
  it('keeps the first three of one statement', () => {
    const node = create()
    node.receive(attest(proposed, alice, bob, carol, dave))
    assert.deepEqual(
      [...(node.engine.pool.signaturesOf(id)?.keys() ?? [])],
      [alice, bob, carol].map((one) => one.address),
    )
    assert.equal(node.engine.pool.takesSigner(proposed.round, dave.address), false)
    assert.equal(node.engine.pool.takesSigner(proposed.round, carol.address), true)
  })

  it('keeps the first three over all its statements, and those again everywhere', () => {
    const node = create()
    node.receive(attest(proposed, alice, carol))
    node.receive(attest(ofBob, bob, dave))
    assert.deepEqual([...(node.engine.pool.signaturesOf(attest(ofBob).id)?.keys() ?? [])], [bob.address])
    node.receive(attest(ofBob, alice, carol))
    assert.equal(node.engine.pool.signaturesOf(attest(ofBob).id)?.size, 3)
  })

  it('takes no statement of a fourth: round-full', () => {
    const node = create()
    node.receive(attest(proposed, alice, bob, carol))
    const ofDave = statement({ proposer: dave.address })
    assert.equal(node.engine.pool.notAdded(attest(ofDave).id, ofDave, node.clock.now()), 'round-full')
    assert.deepEqual(node.receive(attest(ofDave, dave, alice)), [])
    assert.equal(node.engine.pool.notAdded(attest(ofBob).id, ofBob, node.clock.now()), undefined)
  })

  it('keeps the proposer’s place, though its signature comes last', () => {
    const node = create()
    node.receive(attest(proposed, bob, carol, dave, alice))
    assert.deepEqual(
      [...(node.engine.pool.signaturesOf(id)?.keys() ?? [])],
      [bob, carol, alice].map((one) => one.address),
    )
  })

  it('keeps no signature aside and no refusal of a fourth either', () => {
    const node = new EngineAtWork({ signersPerRound: 3, maximumSigners: 3 })
    node.receive(attest(proposed, alice, bob, carol))
    node.receive(attest(proposed, dave))
    assert.equal(node.engine.pool.setAsideOf(id)?.size, 0)
    assert.deepEqual(node.refuse(id, dave), [])
    assert.equal(node.engine.pool.refusalsOf(id)?.size, 0)
  })

  it('counts those who refuse', () => {
    const node = create()
    node.receive(attest(proposed, alice))
    node.refuse(id, bob)
    node.refuse(id, carol)
    node.receive(attest(proposed, alice, dave))
    assert.deepEqual([...(node.engine.pool.signaturesOf(id)?.keys() ?? [])], [alice.address])
  })

  it('takes this node’s own signature all the same', () => {
    const node = create()
    node.receive(attest(proposed, alice, bob, carol))
    const own = statement({ proposer: eve.address })
    node.sign(attest(own), eve)
    node.sign(attest(proposed), eve)
    assert.equal(node.engine.pool.phaseOf(attest(own).id), 'collecting')
    assert.equal(node.engine.pool.signaturesOf(id)?.size, 4)
  })

  it('leaves the next round its own three, and is forgotten with its collect window', async () => {
    const node = create()
    node.receive(attest(proposed, alice, bob, carol))
    await node.until(INTERVAL_MS)
    const next = statement({ observedAt: proposed.observedAt + INTERVAL_MS, proposer: dave.address })
    node.receive(attest(next, dave))
    assert.equal(node.engine.pool.phaseOf(attest(next).id), 'collecting')
    await node.until(2 * INTERVAL_MS)
    assert.equal(node.engine.pool.takesSigner(proposed.round, dave.address), true)
  })
})
