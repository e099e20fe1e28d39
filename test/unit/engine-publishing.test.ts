import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EngineAtWork, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, dave, round, statement } from '../helpers/statements.ts'

const QUIET_MS = 30_000
const proposed = statement()
const { id } = attest(proposed, alice)

describe('publishing', () => {
  it('follows this node’s own signature: a proposal, and a co-signature', () => {
    const node = new EngineAtWork()
    node.sign(attest(proposed), alice)
    assert.deepEqual(node.published(id), ['0@0'])
    const other = statement({ proposer: bob.address })
    node.receive(attest(other, bob))
    assert.deepEqual(node.published(attest(other).id), [])
    node.sign(attest(other), alice)
    assert.deepEqual(node.published(attest(other).id), ['0@0'])
  })

  it('follows an own signature that makes or follows the quorum, too', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    node.sign(attest(proposed), carol)
    await node.until(1_000)
    node.sign(attest(proposed), dave)
    assert.deepEqual(node.published(id), ['0@0', '0@1000'])
  })

  it('does not follow an own signature that is held already', () => {
    const node = new EngineAtWork()
    node.sign(attest(proposed), alice)
    node.sign(attest(proposed), alice)
    assert.deepEqual(node.published(id), ['0@0'])
  })

  it('does not follow what was forwarded as it was', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    node.receive(attest(proposed, alice, carol))
    await node.until(INTERVAL_MS)
    assert.deepEqual(node.published(id), [])
  })
})

describe('re-emitting', () => {
  it('sends what a message that could not be forwarded added', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice), { reemit: true })
    assert.deepEqual(node.published(id), ['0@0'])
    node.receive(attest(proposed, alice, bob), { reemit: true })
    assert.deepEqual(node.published(id), ['0@0', '0@0'])
  })

  it('sends nothing when nothing was added', async () => {
    const node = new EngineAtWork({ maximumSigners: 3 })
    node.receive(attest(proposed, alice, bob))
    node.receive(attest(proposed, alice, bob), { reemit: true })
    node.receive(attest(proposed, alice, carol))
    node.receive(attest(proposed, alice, dave), { reemit: true })
    await node.until(QUIET_MS)
    assert.deepEqual(node.published(id), [])
  })
})

describe('repeats', () => {
  it('come 5, 15 and 45 s after the first time below quorum, with rising attempts, and no more', async () => {
    const node = new EngineAtWork()
    await node.until(1_000)
    node.sign(attest(proposed), alice)
    await node.until(INTERVAL_MS)
    assert.deepEqual(node.published(id), ['0@1000', '1@6000', '2@16000', '3@46000'])
  })

  it('stop at quorum', async () => {
    const node = new EngineAtWork()
    node.sign(attest(proposed), alice)
    await node.until(5_000)
    node.receive(attest(proposed, bob, carol))
    await node.until(INTERVAL_MS)
    assert.deepEqual(node.published(id), ['0@0', '1@5000'])
  })

  it('are counted from the first time, whatever is sent in between', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice), { reemit: true })
    await node.until(4_000)
    node.sign(attest(proposed), bob)
    await node.until(INTERVAL_MS)
    assert.deepEqual(node.published(id), ['0@0', '0@4000', '1@5000', '2@15000', '3@45000'])
  })

  it('come for nothing that this node did not publish', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    await node.until(INTERVAL_MS)
    assert.deepEqual(node.published(id), [])
  })

  it('end with the collect window', async () => {
    const intervalMs = 10_000
    const node = new EngineAtWork({ intervalMs })
    const short = statement({ round: round(OBSERVED_AT / intervalMs) })
    node.sign(attest(short), alice)
    await node.until(INTERVAL_MS)
    assert.deepEqual(node.published(attest(short).id), ['0@0', '1@5000', '2@15000'])
  })
})

describe('after a restart', () => {
  it('what was signed is sent again, repeats included', async () => {
    const node = new EngineAtWork()
    node.handle({ kind: 'restored', attestation: attest(proposed, alice) })
    await node.until(5_000)
    assert.deepEqual(node.published(id), ['0@0', '1@5000'])
  })

  it('it is sent again although others were faster', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    node.handle({ kind: 'restored', attestation: attest(proposed, alice, bob) })
    assert.deepEqual(node.published(id), ['0@0'])
  })

  it('nobody is asked whether to sign it', () => {
    const node = new EngineAtWork()
    node.handle({ kind: 'restored', attestation: attest(proposed, alice) })
    assert.deepEqual(node.considered(), [])
  })

  it('the quiet period begins anew', async () => {
    const node = new EngineAtWork()
    await node.until(100_000)
    node.handle({ kind: 'restored', attestation: attest(proposed, alice, bob, carol) })
    await node.until(100_000 + QUIET_MS)
    assert.deepEqual(node.moves(id), ['quorum@100000', 'closed@130000'])
  })

  it('nothing is sent of what cannot be collected any more', async () => {
    const node = new EngineAtWork()
    await node.until(2 * INTERVAL_MS)
    node.handle({ kind: 'restored', attestation: attest(proposed, alice) })
    assert.deepEqual(node.effects, [])
  })
})
