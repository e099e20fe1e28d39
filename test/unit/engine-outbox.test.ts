import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EngineAtWork, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import {
  INTERVAL_MS,
  OBSERVED_AT,
  alice,
  bob,
  carol,
  dave,
  price,
  round,
  statement,
  testSigner,
  testSigners,
} from '../helpers/statements.ts'

const QUIET_MS = 30_000
const COLLECT_END_MS = 2 * INTERVAL_MS
const proposed = statement()
const quorum = attest(proposed, alice, bob, carol)
const { id } = quorum
const kinds = (effects: readonly { readonly kind: string }[]): string[] => effects.map(({ kind }) => kind)

describe('what must be on the disk', () => {
  it('is nothing below quorum', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob), { reemit: true })
    node.sign(attest(statement({ proposer: dave.address })), dave)
    assert.deepEqual(node.kept(), [])
  })

  it('is a quorum as soon as it is one, and before it is published', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    assert.deepEqual(kinds(node.sign(quorum, carol)), ['moved', 'keep', 'publish'])
    assert.deepEqual(
      node.kept().map(({ row }) => row),
      [{ attestation: quorum, lastSignedAtMs: OBSERVED_AT }],
    )
  })

  it('is it again with every signature added until the set closes, and when', async () => {
    const node = new EngineAtWork({ maximumSigners: 5 })
    node.receive(quorum)
    await node.until(1_000)
    node.receive(attest(proposed, alice, dave))
    await node.until(2_000)
    assert.deepEqual(kinds(node.receive(attest(proposed, testSigner(9)))), ['moved', 'keep'])
    node.receive(attest(proposed, testSigner(10)))
    await node.until(COLLECT_END_MS)
    assert.deepEqual(
      node.kept().map(({ atMs, row }) => [atMs, row.attestation.signatures.size, row.lastSignedAtMs - OBSERVED_AT]),
      [
        [0, 3, 0],
        [1_000, 4, 1_000],
        [2_000, 5, 2_000],
      ],
    )
    assert.deepEqual(node.commits()[0]?.row, node.kept().at(-1)?.row)
  })

  it('is nothing new when signatures are known, or come after the row was written', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    node.receive(quorum, { reemit: true })
    await node.until(QUIET_MS)
    node.settle(id)
    node.receive(attest(proposed, alice, dave))
    assert.equal(node.kept().length, 1)
  })
})

describe('a row that was owed when the node ended', () => {
  for (const [age, late] of [
    ['in its collect window', 0],
    ['long after its collect window', 1_000 * INTERVAL_MS],
    ['though the wall clock was set back before it', -INTERVAL_MS],
  ] as const) {
    it(`is taken ${age}, and written one quiet period later with the time of its last signature`, async () => {
      const node = new EngineAtWork()
      node.clock.jumpWall(late)
      node.owe(quorum, OBSERVED_AT + 77)
      assert.deepEqual(node.moves(id), ['quorum@0'])
      assert.equal(node.engine.pool.census().quorum, 1)
      await node.until(QUIET_MS - 1)
      assert.deepEqual(node.commits(), [])
      await node.until(QUIET_MS)
      assert.deepEqual(node.commits(), [
        { atMs: QUIET_MS, row: { attestation: quorum, lastSignedAtMs: OBSERVED_AT + 77 } },
      ])
      assert.deepEqual([node.kept(), node.published(id), node.considered()], [[], [], []])
    })
  }

  it('leaves nothing behind once the table has it, its collect window being over', async () => {
    const node = new EngineAtWork()
    node.clock.jumpWall(COLLECT_END_MS)
    node.owe(quorum)
    assert.equal(node.engine.nextDelayMs(node.clock.now()), QUIET_MS)
    await node.until(QUIET_MS)
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
    node.settle(id)
    assert.equal(node.engine.pool.phaseOf(id), undefined)
    assert.equal(node.engine.pool.heldInSlot(proposed), 0)
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })

  it('stays as a tombstone until its collect window ends', async () => {
    const node = new EngineAtWork()
    node.owe(quorum)
    await node.until(QUIET_MS)
    node.settle(id)
    assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), 'settled')
    await node.until(COLLECT_END_MS)
    assert.equal(node.engine.pool.phaseOf(id), undefined)
  })

  it('takes signatures in its collect window as if nothing had happened, and none after it', async () => {
    const open = new EngineAtWork()
    open.owe(quorum)
    await open.until(1_000)
    open.receive(attest(proposed, alice, dave))
    await open.until(1_000 + QUIET_MS)
    assert.equal(open.kept()[0]?.row.attestation.signatures.size, 4)
    assert.deepEqual(
      open.commits().map(({ atMs, row }) => [atMs, row.attestation.signatures.size]),
      [[31_000, 4]],
    )

    const over = new EngineAtWork()
    over.clock.jumpWall(COLLECT_END_MS)
    over.owe(quorum)
    over.receive(attest(proposed, alice, dave), { reemit: true })
    over.sign(attest(proposed), testSigner(9))
    over.refuse(id, testSigner(10))
    assert.equal(over.engine.pool.signaturesOf(id)?.size, 3)
    assert.equal(over.engine.pool.notAdded(id, proposed, over.clock.now()), 'stale')
  })

  it('joins what was heard of it before, and all of that is kept', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, dave))
    node.owe(quorum)
    assert.deepEqual(node.moves(id), ['quorum@0'])
    assert.deepEqual(
      [...(node.kept()[0]?.row.attestation.signatures.keys() ?? [])].toSorted(),
      [alice, bob, carol, dave].map(({ address }) => address).toSorted(),
    )
  })

  it('is taken once', async () => {
    const node = new EngineAtWork()
    node.owe(quorum)
    node.owe(quorum)
    node.handle({ kind: 'restored', attestation: quorum })
    await node.until(COLLECT_END_MS)
    assert.equal(node.commits().length, 1)
    node.settle(id)
    assert.equal(node.engine.pool.phaseOf(id), undefined)
  })

  it('is not taken below quorum', () => {
    const node = new EngineAtWork()
    assert.deepEqual(node.owe(attest(proposed, alice, bob)), [])
    assert.deepEqual(node.owe(attest(proposed, bob, carol, dave)), [])
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })

  it('is taken with all its signers in a round that is full', () => {
    const node = new EngineAtWork({ signersPerRound: 3 })
    for (const signer of testSigners(9).slice(6)) node.receive(attest(statement({ proposer: signer.address }), signer))
    node.owe(quorum)
    assert.equal(node.engine.pool.signaturesOf(id)?.size, 3)
    for (const { address } of [alice, bob, carol]) assert.ok(node.engine.pool.takesSigner(proposed.round, address))
    assert.ok(!node.engine.pool.takesSigner(proposed.round, dave.address))
    assert.equal(node.engine.pool.phaseOf(id), 'quorum')
  })

  it('and its rival that was owed too are both handed out, each has its outcome, and who signed both is shown up', async () => {
    const rival = attest(statement({ price: price('3021.46') }), alice, bob, dave)
    for (const late of [0, COLLECT_END_MS]) {
      const node = new EngineAtWork()
      node.clock.jumpWall(late)
      node.owe(quorum)
      node.owe(rival)
      assert.equal(node.engine.pool.isContested(proposed), true)
      assert.deepEqual(
        node.equivocations().map(({ signer }) => signer),
        [alice.address, bob.address],
      )
      await node.until(QUIET_MS)
      assert.equal(node.commits().length, 2)
      node.settle(id)
      node.settle(rival.id, { kind: 'slot-taken' })
      assert.equal(node.moves(rival.id).at(-1), `disputed@${QUIET_MS}`)
      await node.until(COLLECT_END_MS)
      assert.equal(node.engine.pool.heldInSlot(proposed), 0)
    }
  })

  it('is taken beside two statements of its slot that came first', () => {
    const node = new EngineAtWork()
    for (const text of ['1', '2']) node.receive(attest(statement({ price: price(text) }), alice))
    node.owe(quorum)
    assert.equal(node.engine.pool.phaseOf(id), 'quorum')
  })

  it('hurries nothing and holds up nothing of other rounds', async () => {
    const node = new EngineAtWork()
    const other = statement({ observedAt: OBSERVED_AT + INTERVAL_MS, proposer: dave.address })
    node.clock.jumpWall(INTERVAL_MS)
    node.receive(attest(other, dave))
    node.owe(attest(statement({ round: round(0), observedAt: 0 }), alice, bob, carol))
    await node.until(COLLECT_END_MS)
    assert.deepEqual(node.moves(attest(other).id), [`expired@${COLLECT_END_MS}`])
    assert.ok(node.wakes <= 5, `${node.wakes} wakes`)
  })
})
