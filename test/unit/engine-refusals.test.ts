import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EngineAtWork, attestCheaply as attest, refusalOf } from '../helpers/engine-at-work.ts'
import { INTERVAL_MS, alice, bob, carol, dave, statement } from '../helpers/statements.ts'

const QUIET_MS = 30_000
const COLLECT_END_MS = 2 * INTERVAL_MS
const proposed = statement()
const { id } = attest(proposed, alice)

function holding(...signers: Parameters<typeof attest> extends [unknown, ...infer Rest] ? Rest : never): EngineAtWork {
  const node = new EngineAtWork()
  node.receive(attest(proposed, alice, ...signers))
  return node
}

describe('a refusal', () => {
  it('is kept with its statement, and told once', () => {
    const node = holding()
    const refusal = refusalOf(id, { signer: bob, reason: 'feed-down' })
    assert.deepEqual(node.handle({ kind: 'refused', refusal }), [{ kind: 'refused', id, refusal }])
    assert.deepEqual(node.handle({ kind: 'refused', refusal }), [])
    assert.deepEqual(node.engine.pool.refusalsOf(id), new Map([[bob.address, refusal]]))
  })

  it('is the first of its signer: another reason does not replace it', () => {
    const node = holding()
    node.refuse(id, bob, 'feed-down')
    assert.deepEqual(node.refuse(id, bob, 'deviation'), [])
    assert.equal(node.engine.pool.refusalsOf(id)?.get(bob.address)?.refusal.reason, 'feed-down')
  })

  it('of a statement that is not held is not kept', () => {
    const node = new EngineAtWork()
    assert.deepEqual(node.refuse(id, bob), [])
    assert.equal(node.engine.pool.refusalsOf(id), undefined)
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })

  it('of who signed the statement is not kept, and goes when its signer signs', () => {
    const node = holding(bob)
    assert.deepEqual(node.refuse(id, bob), [])
    node.refuse(id, carol)
    node.receive(attest(proposed, alice, carol))
    assert.deepEqual(node.engine.pool.refusalsOf(id), new Map())
    assert.deepEqual(node.refuse(id, carol), [])
  })

  it('is kept while fewer have refused than may sign, and again when one of these has signed', () => {
    const node = new EngineAtWork({ maximumSigners: 2 })
    node.receive(attest(proposed, alice))
    assert.equal(node.engine.pool.roomForRefusals(id), 2)
    node.refuse(id, bob)
    node.refuse(id, carol)
    assert.equal(node.engine.pool.roomForRefusals(id), 0)
    assert.deepEqual(node.refuse(id, dave), [])
    node.receive(attest(proposed, alice, carol))
    assert.equal(node.engine.pool.roomForRefusals(id), 1)
    assert.equal(node.refuse(id, dave).length, 1)
    assert.deepEqual([...(node.engine.pool.refusalsOf(id)?.keys() ?? [])], [bob.address, dave.address])
  })

  it('has no room with a statement that is not held', () => {
    assert.equal(new EngineAtWork().engine.pool.roomForRefusals(id), 0)
  })

  it('is kept in every phase, and forgotten with the statement', async () => {
    const node = holding(bob, carol)
    await node.until(QUIET_MS)
    node.settle(id)
    node.refuse(id, dave)
    assert.equal(node.engine.pool.refusalsOf(id)?.size, 1)
    await node.until(COLLECT_END_MS)
    assert.equal(node.engine.pool.refusalsOf(id), undefined)
  })

  it('is not taken after the collect window, though the statement still waits for its row', async () => {
    const node = holding(bob, carol)
    await node.until(COLLECT_END_MS)
    assert.deepEqual(node.refuse(id, dave), [])
    assert.equal(node.engine.pool.refusalsOf(id)?.size, 0)
  })

  it('does not wake the co-sign policy, the row or a repeat', async () => {
    const node = holding(bob, carol)
    await node.until(10_000)
    node.refuse(id, dave)
    await node.until(QUIET_MS)
    assert.deepEqual(
      node.commits().map(({ atMs }) => atMs),
      [QUIET_MS],
    )
    assert.deepEqual(node.published(id), [])
  })
})

describe('a statement that expires', () => {
  it('says who refused it', async () => {
    const node = holding()
    node.refuse(id, bob, 'deviation')
    node.refuse(id, carol, 'no-memory')
    await node.until(COLLECT_END_MS)
    const said = node.effects.flatMap(({ effect }) => (effect.kind === 'moved' ? [effect] : []))
    assert.deepEqual(
      said.map(({ to, refusals }) => [to, [...refusals].map(([signer, { refusal }]) => [signer, refusal.reason])]),
      [
        [
          'expired',
          [
            [bob.address, 'deviation'],
            [carol.address, 'no-memory'],
          ],
        ],
      ],
    )
  })
})
