import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Equivocation, createEquivocation, equivocationFault, isByProposer } from '../../src/core/equivocation.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { type TestSigner, alice, attest, bob, digest, price, statement } from '../helpers/statements.ts'

const components = { curve: nobleSecp256k1, digest }
const proposed = statement()
const rival = statement({ price: price('3021.456') })

function signed(one = proposed, signer: TestSigner = bob) {
  const { id, signatures } = attest(one, signer)
  const signature = signatures.get(signer.address)
  assert.ok(signature)
  return { id, statement: one, signature }
}

const genuine = createEquivocation(bob.address, [signed(proposed), signed(rival)])
const [first, second] = genuine.statements

describe('an equivocation', () => {
  it('is the same whichever statement is named first, in ascending order of ids', () => {
    assert.deepEqual(createEquivocation(bob.address, [signed(rival), signed(proposed)]), genuine)
    assert.ok(first.id < second.id)
  })

  it('tells a proposer of two statements from a signer of two', () => {
    assert.equal(isByProposer(genuine), false)
    assert.equal(isByProposer({ ...genuine, signer: alice.address }), true)
  })

  it('is proved by two statements and two signatures, and by nothing else', () => {
    assert.equal(equivocationFault(components, genuine), undefined)
  })

  const swapped = { ...second, signature: first.signature }
  const lies: readonly { readonly name: string; readonly claim: Equivocation; readonly fault: string }[] = [
    { name: 'of one statement twice', claim: { ...genuine, statements: [first, first] }, fault: 'same-statement' },
    {
      name: 'of one statement twice under two ids',
      claim: { ...genuine, statements: [first, { ...first, id: second.id }] },
      fault: 'wrong-id',
    },
    {
      name: 'of another pair',
      claim: createEquivocation(bob.address, [signed(), signed(statement({ pair: 'BTC-USD' }))]),
      fault: 'other-slot',
    },
    {
      name: 'of another round',
      claim: createEquivocation(bob.address, [
        signed(),
        signed(statement({ observedAt: proposed.observedAt + 600_000 })),
      ]),
      fault: 'other-slot',
    },
    {
      name: 'of another network',
      claim: createEquivocation(bob.address, [signed(), signed(statement({ network: 'another' }))]),
      fault: 'other-slot',
    },
    {
      name: 'of another proposer',
      claim: createEquivocation(bob.address, [signed(), signed(statement({ proposer: bob.address }))]),
      fault: 'other-slot',
    },
    {
      name: 'whose slot is not that of its statements',
      claim: { ...genuine, slot: { ...genuine.slot, pair: 'BTC-USD' } },
      fault: 'other-slot',
    },
    {
      name: 'whose price was changed afterwards',
      claim: { ...genuine, statements: [first, { ...second, statement: { ...second.statement, price: price('1') } }] },
      fault: 'wrong-id',
    },
    {
      name: 'with a signature over the other',
      claim: { ...genuine, statements: [first, swapped] },
      fault: 'other-signer',
    },
    { name: 'laid to somebody else', claim: { ...genuine, signer: alice.address }, fault: 'other-signer' },
    {
      name: 'with a signature of another signer',
      claim: createEquivocation(bob.address, [signed(), signed(rival, alice)]),
      fault: 'other-signer',
    },
    {
      name: 'with a signature that is none',
      claim: { ...genuine, statements: [first, { ...second, signature: new Uint8Array(65) }] },
      fault: 'bad-signature',
    },
  ]

  for (const { name, claim, fault } of lies) {
    it(`${name} proves nothing: ${fault}`, () => {
      assert.equal(equivocationFault(components, claim), fault)
    })
  }
})
