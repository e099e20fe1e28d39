import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Verdict } from '../../src/core/verdict.ts'
import { Recoverer } from '../../src/gossip/recoverer.ts'
import { RefusalJudge } from '../../src/gossip/refusal-judge.ts'
import { encodeRefusalMessage, encodeWireRefusals, decodeRefusalMessage } from '../../src/gossip/refusal-wire.ts'
import { attestCheaply, refusalOf } from '../helpers/engine-at-work.ts'
import { NEIGHBOUR, STRANGER, createInboxAtWork } from '../helpers/inbox-at-work.ts'
import { REFUSED, createNoticesAtWork, signRefusal, signRefusalAgain } from '../helpers/notices-at-work.ts'
import { INTERVAL_MS, alice, bob, carol, dave, statement, testSigners } from '../helpers/statements.ts'

const message = (...signed: readonly ReturnType<typeof signRefusal>[]): Uint8Array =>
  encodeRefusalMessage(signed, { network: statement().network })

/** Who refuses without a reason that is known here. */
const unknownReason = (...signed: readonly ReturnType<typeof signRefusal>[]): Uint8Array => {
  const wire = decodeRefusalMessage(message(signRefusal(bob), ...signed))
  return encodeWireRefusals({
    ...wire,
    refusals: wire.refusals.map((each, index) => (index === 0 ? Object.assign(each, { reason: 'full-moon' }) : each)),
  })
}

interface JudgeAtWork {
  readonly judge: (data: Uint8Array) => Promise<Verdict>
  readonly wasted: () => number
}

/** A judge by itself, before an engine that holds the statement. */
async function createJudge({ isFull = false } = {}): Promise<JudgeAtWork> {
  const node = createInboxAtWork()
  const { engine, clock, curve, standing } = node
  await node.receive(REFUSED)
  const judge = new RefusalJudge(
    {
      holdings: {
        refusalsOf: (id) => engine.pool.refusalsOf(id),
        roomForRefusals: (id) => engine.pool.roomForRefusals(id),
        signaturesOf: (id) => engine.pool.signaturesOf(id),
        setAsideOf: (id) => engine.pool.setAsideOf(id),
        takesSigner: () => !isFull,
      },
      recoverer: new Recoverer({ curve, breather: { breathe: () => Promise.resolve() } }),
      clock,
      roundOf: (id) => engine.pool.attestationOf(id)?.statement.round,
      deliver(signed) {
        for (const refusal of signed) engine.handle({ kind: 'refused', refusal }, clock.now())
      },
    },
    {
      network: statement().network,
      intervalMs: INTERVAL_MS,
      signers: { allows: (signer) => signer !== STRANGER.address },
    },
  )
  let wasted = 0
  const sender = { ...standing.senderOf(NEIGHBOUR), wasted: () => void (wasted += 1) }
  return { judge: (data) => judge.judge(data, sender), wasted: () => wasted }
}

describe('a refusal that counts nowhere', () => {
  it('is held against who brings it, once however often it comes', async () => {
    const { judge, wasted } = await createJudge()
    await judge(message(signRefusal(bob)))
    assert.equal(wasted(), 0)
    for (const unsound of [signRefusal(STRANGER), signRefusalAgain(bob), signRefusal(bob, { reason: 'disk' })]) {
      const before = wasted()
      for (let i = 0; i < 3; i++) await judge(message(unsound))
      assert.equal(wasted() - before, 1)
    }
  })

  it('may be of a signer for whom an open network has no place in the round', async () => {
    const { judge, wasted } = await createJudge({ isFull: true })
    assert.deepEqual(await judge(message(signRefusal(bob))), { kind: 'ignore', code: 'round-full' })
    assert.equal(wasted(), 1)
  })
})

describe('a message of refusals', () => {
  it('has the code of the first part that is left out, but budget before all others', async () => {
    const node = createNoticesAtWork()
    await node.receive(REFUSED)
    const notHeld = signRefusal(carol, { statement: `0x${'77'.repeat(32)}` as typeof REFUSED.id })
    assert.deepEqual(await node.receiveRefusals(unknownReason(notHeld)), { kind: 'ignore', code: 'unknown-reason' })
    node.standing.senderOf('stranger').budget.spend(() => node.clock.compute(60_000))
    const late = unknownReason(signRefusal(dave))
    assert.deepEqual(await node.receiveRefusals(late, 'stranger'), { kind: 'ignore', code: 'budget' })
  })

  it('may bring refusals of one signer for several statements', async () => {
    const node = createNoticesAtWork()
    const other = attestCheaply(statement({ pair: 'BTC-USD' }), alice)
    await node.receive(REFUSED, other)
    const verdict = await node.receiveRefusals(message(signRefusal(bob), signRefusal(bob, { statement: other.id })))
    assert.deepEqual(verdict, { kind: 'accept' })
    assert.equal(node.refused.length, 2)
  })

  it('delivers one of each signer, however many it holds; the others keep it from being forwarded', async () => {
    const node = createNoticesAtWork()
    await node.receive(REFUSED)
    const first = signRefusal(bob)
    const verdict = await node.receiveRefusals(
      message(first, first, signRefusal(bob, { reason: 'disk' }), signRefusal(carol)),
    )
    assert.deepEqual(verdict, { kind: 'ignore', code: 'second-refusal' })
    assert.deepEqual(
      node.refused.map(({ signer }) => signer),
      [bob.address, carol.address],
    )
  })

  it('delivers as many for a statement as have room, and the others keep it from being forwarded', async () => {
    const node = createNoticesAtWork()
    await node.receive(REFUSED)
    for (const signer of testSigners(24).slice(10)) {
      node.engine.handle(
        { kind: 'refused', refusal: refusalOf(REFUSED.id, { signer, reason: 'disk' }) },
        node.clock.now(),
      )
    }
    const verdict = await node.receiveRefusals(message(...[bob, carol, dave].map((signer) => signRefusal(signer))))
    assert.deepEqual(verdict, { kind: 'ignore', code: 'refusals-full' })
    assert.deepEqual(
      node.refused.map(({ signer }) => signer),
      [bob.address, carol.address],
    )
    assert.equal(node.engine.pool.roomForRefusals(REFUSED.id), 0)
  })

  it('is accepted when a part of it is known and another is new', async () => {
    const node = createNoticesAtWork()
    await node.receive(REFUSED)
    await node.receiveRefusals(message(signRefusal(bob)))
    const verdict = await node.receiveRefusals(message(signRefusal(bob), signRefusal(carol)))
    assert.deepEqual(verdict, { kind: 'accept' })
  })
})
