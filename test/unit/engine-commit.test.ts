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
  round,
  statement,
  testSigners,
} from '../helpers/statements.ts'

const QUIET_MS = 30_000
const COLLECT_END_MS = 2 * INTERVAL_MS
const proposed = statement()
const quorum = attest(proposed, alice, bob, carol)
const { id } = quorum

describe('the row', () => {
  it('is handed out exactly one quiet period after the last signature, not a millisecond before', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    await node.until(12_345)
    node.receive(attest(proposed, alice, dave))
    await node.until(12_345 + QUIET_MS - 1)
    assert.deepEqual(node.commits(), [])
    await node.until(12_345 + QUIET_MS)
    assert.deepEqual(
      node.commits().map(({ atMs }) => atMs),
      [12_345 + QUIET_MS],
    )
    assert.deepEqual(node.moves(id), ['quorum@0', 'closed@42345'])
  })

  for (const byMs of [-3_600_000, 3_600_000]) {
    it(`is handed out one quiet period after the last signature though the wall clock jumps by ${byMs / 1_000} s`, async () => {
      const node = new EngineAtWork()
      node.receive(quorum)
      await node.until(QUIET_MS / 2)
      node.clock.jumpWall(byMs)
      await node.until(QUIET_MS - 1)
      assert.deepEqual(node.commits(), [])
      await node.until(QUIET_MS)
      assert.equal(node.commits().length, 1)
    })
  }

  it('counts the quiet period from the last signature, though quorum came with it', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    await node.until(100_000)
    node.receive(attest(proposed, alice, carol))
    await node.until(200_000)
    assert.deepEqual(
      node.commits().map(({ atMs }) => atMs),
      [130_000],
    )
  })

  it('holds the statement, every signature and the wall clock of the last one added', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    await node.until(5_000)
    const { wallMs } = node.clock.now()
    node.receive(attest(proposed, alice, dave))
    await node.until(20_000)
    node.receive(quorum)
    await node.until(COLLECT_END_MS)
    assert.deepEqual(
      node.commits().map(({ row }) => row),
      [{ attestation: attest(proposed, alice, bob, carol, dave), lastSignedAtMs: wallMs }],
    )
  })

  it('is not put off by signatures that are known already', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    for (let atMs = 1_000; atMs < QUIET_MS; atMs += 1_000) {
      await node.until(atMs)
      node.receive(quorum, { reemit: true })
    }
    await node.until(QUIET_MS)
    assert.equal(node.commits().length, 1)
  })

  for (const everyMs of [1, 7_000, 14_999, 29_999]) {
    it(`comes at most three quiet periods after quorum, with a signature every ${everyMs} ms`, async () => {
      const node = new EngineAtWork({ maximumSigners: 64 })
      const others = testSigners(40).slice(3)
      node.receive(quorum)
      let lastAddedMs = 0
      for (const [index, signer] of others.entries()) {
        const atMs = (index + 1) * everyMs
        await node.until(atMs)
        const before = node.engine.pool.signaturesOf(id)?.size
        node.receive(attest(proposed, alice, signer))
        if (node.engine.pool.signaturesOf(id)?.size !== before) lastAddedMs = atMs
      }
      await node.until(200_000)
      const [commit, ...more] = node.commits()
      assert.deepEqual(more, [])
      assert.ok(lastAddedMs > 0 && lastAddedMs < 2 * QUIET_MS)
      assert.equal(commit?.atMs, lastAddedMs + QUIET_MS)
      assert.ok(commit.atMs <= 3 * QUIET_MS)
    })
  }

  it('is handed out once, though nothing is heard of it for long', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    await node.until(COLLECT_END_MS + 3 * INTERVAL_MS)
    assert.equal(node.commits().length, 1)
    assert.equal(node.engine.pool.phaseOf(id), 'closed')
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })

  it('waits for a quiet period even when that ends after the collect window', async () => {
    const intervalMs = 10_000
    const node = new EngineAtWork({ intervalMs })
    const observed = statement({ round: round(OBSERVED_AT / intervalMs) })
    node.receive(attest(observed, alice, bob))
    await node.until(2 * intervalMs - 1)
    node.receive(attest(observed, alice, carol))
    await node.until(2 * intervalMs)
    assert.equal(node.engine.pool.notAdded(attest(observed).id, observed, node.clock.now()), 'stale')
    node.receive(attest(observed, alice, dave))
    await node.until(2 * intervalMs - 1 + QUIET_MS - 1)
    assert.deepEqual(node.commits(), [])
    await node.until(2 * intervalMs - 1 + QUIET_MS)
    const [commit] = node.commits()
    assert.deepEqual(commit?.row.attestation, attest(observed, alice, bob, carol))
    node.settle(attest(observed).id)
    assert.equal(node.engine.pool.phaseOf(attest(observed).id), undefined)
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })
})

describe('the outcome of a write', () => {
  const outcomes = [
    { outcome: { kind: 'written' }, phase: 'committed' },
    { outcome: { kind: 'present' }, phase: 'committed' },
    { outcome: { kind: 'slot-taken' }, phase: 'disputed' },
    { outcome: { kind: 'refused', reason: 'numeric field overflow' }, phase: 'parked' },
  ] as const

  for (const { outcome, phase } of outcomes) {
    it(`${outcome.kind} ends in ${phase}, and the tombstone lasts until the collect window ends`, async () => {
      const node = new EngineAtWork()
      node.receive(quorum)
      await node.until(QUIET_MS)
      node.settle(id, outcome)
      assert.equal(node.moves(id).at(-1), `${phase}@30000`)
      assert.equal(node.engine.pool.census()[phase], 1)
      assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), 'settled')

      await node.until(COLLECT_END_MS - 1)
      node.receive(attest(proposed, alice, bob, carol, dave), { reemit: true })
      assert.equal(node.engine.pool.phaseOf(id), phase)
      await node.until(COLLECT_END_MS)
      assert.equal(node.engine.pool.phaseOf(id), undefined)

      assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), 'stale')
      node.receive(quorum, { reemit: true })
      node.handle({ kind: 'restored', attestation: quorum })
      assert.equal(node.engine.pool.phaseOf(id), undefined)
      assert.equal(node.commits().length, 1)
      assert.deepEqual(node.published(id), [])
      assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
    })
  }

  it('counts once: a second one changes nothing', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    await node.until(QUIET_MS)
    node.settle(id, { kind: 'written' })
    assert.deepEqual(node.settle(id, { kind: 'slot-taken' }), [])
    assert.equal(node.engine.pool.phaseOf(id), 'committed')
  })

  it('of a statement that is not held is no matter', () => {
    const node = new EngineAtWork()
    assert.deepEqual(node.settle(id), [])
  })

  it('that comes after the collect window leaves nothing behind', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    await node.until(COLLECT_END_MS + INTERVAL_MS)
    assert.equal(node.engine.pool.phaseOf(id), 'closed')
    node.settle(id)
    assert.equal(node.moves(id).at(-1), `committed@${COLLECT_END_MS + INTERVAL_MS}`)
    assert.equal(node.engine.pool.phaseOf(id), undefined)
  })

  it('that comes after the collect window, the wall clock set back since, leaves nothing behind either', async () => {
    const node = new EngineAtWork()
    node.receive(quorum)
    await node.until(COLLECT_END_MS)
    node.clock.jumpWall(-INTERVAL_MS)
    node.settle(id)
    assert.equal(node.engine.pool.phaseOf(id), undefined)
    assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  })
})
