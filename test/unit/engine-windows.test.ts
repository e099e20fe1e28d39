import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EngineAtWork, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, dave, price, round, statement } from '../helpers/statements.ts'

const QUIET_MS = 30_000
const COLLECT_END_MS = 2 * INTERVAL_MS
const proposed = statement()
const { id } = attest(proposed, alice)

function nothingIsHeld(node: EngineAtWork): void {
  assert.deepEqual(node.engine.pool.census(), {
    collecting: 0,
    quorum: 0,
    closed: 0,
    committed: 0,
    disputed: 0,
    parked: 0,
    expired: 0,
  })
  assert.equal(node.engine.nextDelayMs(node.clock.now()), undefined)
  assert.equal(node.clock.pending, 0)
}

describe('the collect window', () => {
  it('lasts until the end of the round after: what has no quorum expires then, not a millisecond before', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    await node.until(COLLECT_END_MS - 1)
    assert.equal(node.engine.pool.phaseOf(id), 'collecting')
    await node.until(COLLECT_END_MS)
    assert.deepEqual(node.moves(id), [`expired@${COLLECT_END_MS}`])
    nothingIsHeld(node)
  })

  it('takes the signature that makes the quorum in its last millisecond', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob))
    await node.until(COLLECT_END_MS - 1)
    node.receive(attest(proposed, alice, carol))
    await node.until(COLLECT_END_MS + QUIET_MS)
    assert.deepEqual(node.moves(id), [`quorum@${COLLECT_END_MS - 1}`, `closed@${COLLECT_END_MS - 1 + QUIET_MS}`])
    assert.equal(node.commits().length, 1)
  })

  it('is the same for a statement observed at the end of its round', async () => {
    const node = new EngineAtWork()
    const last = statement({ observedAt: OBSERVED_AT + INTERVAL_MS - 1 })
    await node.until(INTERVAL_MS - 1)
    node.receive(attest(last, alice))
    await node.until(COLLECT_END_MS)
    assert.deepEqual(node.moves(attest(last).id), [`expired@${COLLECT_END_MS}`])
  })

  it('refuses statements once it has ended', async () => {
    const node = new EngineAtWork()
    await node.until(COLLECT_END_MS - 1)
    assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), undefined)
    await node.until(COLLECT_END_MS)
    assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), 'stale')
    assert.deepEqual(node.receive(attest(proposed, alice)), [])
    assert.deepEqual(node.sign(attest(proposed), alice), [])
    nothingIsHeld(node)
  })

  it('refuses statements observed more than 10 s from now, and takes one of exactly 10 s', () => {
    const node = new EngineAtWork()
    const ahead = statement({ observedAt: OBSERVED_AT + 10_000 })
    const tooFar = statement({ observedAt: OBSERVED_AT + 10_001, proposer: bob.address })
    assert.equal(node.engine.pool.notAdded(attest(ahead).id, ahead, node.clock.now()), undefined)
    assert.equal(node.engine.pool.notAdded(attest(tooFar).id, tooFar, node.clock.now()), 'early')
    node.receive(attest(ahead, alice))
    node.receive(attest(tooFar, bob))
    assert.equal(node.engine.pool.census().collecting, 1)
  })

  it('adds nothing to a quorum after its end, however long the row waits to be written', async () => {
    const node = new EngineAtWork()
    await node.until(COLLECT_END_MS - 10_000)
    node.receive(attest(proposed, alice, bob, carol))
    await node.until(COLLECT_END_MS)
    node.receive(attest(proposed, alice, dave), { reemit: true })
    node.sign(attest(proposed), dave)
    assert.equal(node.engine.pool.signaturesOf(id)?.size, 3)
    assert.deepEqual(node.published(id), [])
  })

  it('ends for each round by itself', async () => {
    const node = new EngineAtWork()
    const next = statement({ observedAt: OBSERVED_AT + INTERVAL_MS })
    node.receive(attest(proposed, alice))
    await node.until(INTERVAL_MS)
    node.receive(attest(next, alice))
    await node.until(COLLECT_END_MS)
    assert.equal(node.engine.pool.phaseOf(id), undefined)
    assert.equal(node.engine.pool.phaseOf(attest(next).id), 'collecting')
    await node.until(COLLECT_END_MS + INTERVAL_MS)
    nothingIsHeld(node)
  })

  it('frees the slot with its statements', async () => {
    const node = new EngineAtWork()
    const two = [statement({ price: price('1') }), statement({ price: price('2') })]
    for (const one of two) node.receive(attest(one, alice))
    assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), 'slot-full')
    await node.until(COLLECT_END_MS)
    node.clock.jumpWall(-INTERVAL_MS)
    assert.equal(node.engine.pool.notAdded(id, proposed, node.clock.now()), undefined)
  })
})

describe('quorum never expires', () => {
  for (const phase of ['quorum', 'closed'] as const) {
    it(`in phase ${phase}: it is held until it is in the table, then freed`, async () => {
      const node = new EngineAtWork({ quietPeriodMs: phase === 'quorum' ? 2 * COLLECT_END_MS : QUIET_MS })
      node.receive(attest(proposed, alice, bob, carol))
      await node.until(COLLECT_END_MS + 1)
      assert.equal(node.engine.pool.phaseOf(id), phase)
      await node.until(10 * COLLECT_END_MS)
      assert.equal(node.commits().length, 1)
      node.settle(id, { kind: 'present' })
      nothingIsHeld(node)
    })
  }
})

describe('in the end', () => {
  it('everything is freed, whatever way it went', async () => {
    const node = new EngineAtWork()
    const ways = ['written', 'present', 'slot-taken', 'refused'] as const
    const settled = ways.map((kind, index) => ({
      outcome: kind === 'refused' ? { kind, reason: 'too large' } : { kind },
      statement: statement({ pair: `P${index}-USD` }),
    }))
    for (const { statement: one } of settled) node.receive(attest(one, alice, bob, carol), { reemit: true })
    node.receive(attest(proposed, alice))
    node.sign(attest(statement({ proposer: dave.address })), dave)
    node.handle({ kind: 'restored', attestation: attest(statement({ proposer: bob.address }), bob, alice) })
    await node.until(QUIET_MS)
    for (const { statement: one, outcome } of settled) node.settle(attest(one).id, outcome)
    assert.deepEqual(node.engine.pool.census(), {
      collecting: 3,
      quorum: 0,
      closed: 0,
      committed: 2,
      disputed: 1,
      parked: 1,
      expired: 0,
    })
    await node.until(COLLECT_END_MS)
    nothingIsHeld(node)
  })
})

describe('the wall clock', () => {
  it('set forward ends collect windows, and hurries no quiet period', async () => {
    const node = new EngineAtWork()
    const other = statement({ proposer: dave.address })
    node.receive(attest(proposed, alice, bob, carol))
    node.receive(attest(other, dave))
    await node.until(1_000)
    node.clock.jumpWall(COLLECT_END_MS)
    node.handle({ kind: 'tick' })
    assert.deepEqual(node.moves(attest(other).id), ['expired@1000'])
    assert.deepEqual(node.commits(), [])
    await node.until(QUIET_MS)
    assert.equal(node.commits().length, 1)
  })

  for (const hours of [-24, 24]) {
    it(`set by ${hours} h while signatures come moves no closing and no row`, async () => {
      const node = new EngineAtWork({ intervalMs: 48 * 3_600_000 })
      const long = statement({ round: round(Math.floor(OBSERVED_AT / (48 * 3_600_000))) })
      node.receive(attest(long, alice, bob))
      node.clock.jumpWall(hours * 3_600_000)
      const observed = hours < 0 ? node.sign(attest(long), carol) : node.receive(attest(long, alice, carol))
      assert.ok(observed.length > 0)
      await node.until(QUIET_MS - 1)
      assert.deepEqual(node.commits(), [])
      await node.until(QUIET_MS)
      assert.deepEqual(node.moves(attest(long).id), ['quorum@0', `closed@${QUIET_MS}`])
      assert.equal(node.commits().length, 1)
    })
  }

  it('set back keeps windows open that much longer, and everything is freed all the same', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    node.clock.jumpWall(-60_000)
    await node.until(COLLECT_END_MS)
    assert.equal(node.engine.pool.phaseOf(id), 'collecting')
    await node.until(COLLECT_END_MS + 60_000)
    assert.deepEqual(node.moves(id), [`expired@${COLLECT_END_MS + 60_000}`])
    nothingIsHeld(node)
  })

  it('set forward and back again leaves nothing behind', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    node.clock.jumpWall(COLLECT_END_MS)
    node.handle({ kind: 'tick' })
    node.clock.jumpWall(-COLLECT_END_MS)
    await node.until(QUIET_MS)
    node.settle(id)
    await node.until(COLLECT_END_MS)
    nothingIsHeld(node)
  })
})

function ofNow(node: EngineAtWork): number | undefined {
  return node.engine.nextDelayMs(node.clock.now())
}

describe('nextDelayMs', () => {
  it('is undefined while nothing is held', () => {
    assert.equal(ofNow(new EngineAtWork()), undefined)
  })

  it('is the end of the collect window, on the wall clock, for what merely waits', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    assert.equal(ofNow(node), COLLECT_END_MS)
    await node.until(1_234)
    assert.equal(ofNow(node), COLLECT_END_MS - 1_234)
    node.clock.jumpWall(1_000)
    assert.equal(ofNow(node), COLLECT_END_MS - 2_234)
  })

  it('is the next repeat below quorum, the commit after it, and then the end of the tombstone', async () => {
    const node = new EngineAtWork()
    node.sign(attest(proposed), alice)
    assert.equal(ofNow(node), 5_000)
    await node.until(5_000)
    assert.equal(ofNow(node), 10_000)
    await node.until(15_000)
    node.receive(attest(proposed, bob, carol))
    assert.equal(ofNow(node), QUIET_MS)
    await node.until(15_000 + QUIET_MS)
    node.settle(id)
    assert.equal(ofNow(node), COLLECT_END_MS - 45_000)
  })

  it('is the closing when that comes before the commit', async () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    await node.until(QUIET_MS - 1)
    node.receive(attest(proposed, alice, dave))
    await node.until(QUIET_MS)
    assert.equal(ofNow(node), QUIET_MS - 1)
  })

  it('is not below 0 when something is overdue', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice))
    node.clock.jumpWall(2 * COLLECT_END_MS)
    assert.equal(ofNow(node), 0)
  })

  it('wakes the engine a few times for a statement, never in a loop', async () => {
    const node = new EngineAtWork()
    node.sign(attest(proposed), alice)
    node.receive(attest(proposed, bob, carol))
    await node.until(QUIET_MS)
    node.settle(id)
    await node.until(10 * COLLECT_END_MS)
    assert.ok(node.wakes <= 3, `${node.wakes} wakes`)
  })
})

describe('an engine that is woken late', () => {
  it('does all that was due, once, in order', async () => {
    const node = new EngineAtWork()
    node.sign(attest(proposed), alice)
    const late = { wallMs: OBSERVED_AT + 50_000, monoMs: node.clock.now().monoMs + 50_000 }
    const effects = node.engine.handle({ kind: 'tick' }, late)
    assert.deepEqual(
      effects.map((effect) => (effect.kind === 'publish' ? effect.attempt : effect.kind)),
      [1, 2, 3],
    )
    assert.deepEqual(node.engine.handle({ kind: 'tick' }, late), [])
  })

  it('closes a set before it looks at the signature that woke it', () => {
    const node = new EngineAtWork()
    node.receive(attest(proposed, alice, bob, carol))
    const late = { wallMs: OBSERVED_AT + 70_000, monoMs: node.clock.now().monoMs + 70_000 }
    const received = { kind: 'received', attestation: attest(proposed, alice, dave), reemit: true } as const
    assert.deepEqual(
      node.engine.handle(received, late).map(({ kind }) => kind),
      ['moved', 'commit'],
    )
    assert.equal(node.engine.pool.signaturesOf(id)?.has(dave.address), false)
  })
})
