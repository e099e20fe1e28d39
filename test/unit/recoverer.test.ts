import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from '../../src/core/hex.ts'
import type { Signature } from '../../src/core/statement.ts'
import { Recoverer } from '../../src/gossip/recoverer.ts'
import { TimeBudget, type VerificationBudget } from '../../src/gossip/verification-budget.ts'
import { attestCheaply } from '../helpers/engine-at-work.ts'
import { type KeyedHashCurve, createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { alice, bob, price, statement } from '../helpers/statements.ts'

const PLENTY: VerificationBudget = { hasTime: () => true, spend: (work) => work() }
const NONE: VerificationBudget = { hasTime: () => false, spend: (work) => work() }

function createRecoverer(breathe = (): Promise<void> => Promise.resolve()): {
  recoverer: Recoverer
  curve: KeyedHashCurve
} {
  const curve = createKeyedHashCurve()
  return { recoverer: new Recoverer({ curve, breather: { breathe } }), curve }
}

function signedBy(signer: typeof alice, text = '1'): { id: Hex; signature: Signature } {
  const { id, signatures } = attestCheaply(statement({ price: price(text) }), signer)
  const signature = signatures.get(signer.address)
  assert.ok(signature)
  return { id, signature }
}

/** Signatures of nobody one knows, numbered. */
function createNumbered(): (number: number) => { id: Hex; signature: Signature } {
  const { id, signature } = signedBy(alice)
  return (number) => {
    const bytes = Uint8Array.from(signature)
    new DataView(bytes.buffer).setUint32(40, number)
    return { id, signature: bytes }
  }
}

describe('who signed', () => {
  it('is found out on the budget that is given, and not at all when that is used up', async () => {
    const clock = new ManualClock()
    const { recoverer, curve } = createRecoverer()
    const recover = curve.recover.bind(curve)
    curve.recover = (...signed) => {
      clock.compute(10)
      return recover(...signed)
    }
    const budget = new TimeBudget({ clock }, { burstMs: 9, share: 0.001 })
    assert.deepEqual(await recoverer.recover(signedBy(alice), budget), { signer: alice.address, isRemembered: false })
    assert.deepEqual(await recoverer.recover(signedBy(bob), budget), { fault: 'budget' })
    assert.equal(curve.recoveries, 1)
  })

  it('is found out only when others have had their turn, and for want of time nobody waits', async () => {
    const others = Promise.withResolvers<void>()
    let breaths = 0
    const { recoverer, curve } = createRecoverer(() => {
      breaths += 1
      return others.promise
    })
    assert.deepEqual(await recoverer.recover(signedBy(alice), NONE), { fault: 'budget' })
    assert.equal(breaths, 0)
    const recovering = recoverer.recover(signedBy(alice), PLENTY)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual([breaths, curve.recoveries], [1, 0])
    others.resolve()
    assert.deepEqual(await recovering, { signer: alice.address, isRemembered: false })
  })
})

describe('a signature that is remembered', () => {
  it('costs neither time nor arithmetic', async () => {
    const { recoverer, curve } = createRecoverer()
    recoverer.remember(signedBy(bob), bob.address)
    assert.deepEqual(await recoverer.recover(signedBy(bob), NONE), { signer: bob.address, isRemembered: true })
    assert.equal(curve.recoveries, 0)
  })

  it('says nothing of the same bytes over something else, nor of bytes that differ in one bit', async () => {
    const { recoverer } = createRecoverer()
    const known = signedBy(bob)
    recoverer.remember(known, bob.address)
    const { id } = signedBy(bob, '2')
    assert.deepEqual(await recoverer.recover({ ...known, id }, NONE), { fault: 'budget' })
    for (let bit = 0; bit < 8; bit++) {
      const signature = Uint8Array.from(known.signature, (byte, index) => (index === 50 ? byte ^ (1 << bit) : byte))
      assert.deepEqual(await recoverer.recover({ ...known, signature }, NONE), { fault: 'budget' })
    }
  })

  it('is one of the latest 8,192; one that is remembered again is late again', async () => {
    const { recoverer } = createRecoverer()
    const numbered = createNumbered()
    const isRemembered = async (number: number): Promise<boolean> =>
      'signer' in (await recoverer.recover(numbered(number), NONE))
    for (let number = 0; number < 8_192; number++) recoverer.remember(numbered(number), alice.address)
    assert.equal(await isRemembered(0), true)
    recoverer.remember(numbered(0), alice.address)
    recoverer.remember(numbered(8_192), alice.address)
    assert.deepEqual([await isRemembered(0), await isRemembered(1), await isRemembered(2)], [true, false, true])
  })
})
