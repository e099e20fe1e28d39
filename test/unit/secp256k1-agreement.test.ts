import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { toHex } from '../../src/core/hex.ts'
import { loadSecp256k1 } from '../../src/core/load-secp256k1.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { type Secp256k1, recoverSigner } from '../../src/core/signature.ts'
import type { Signature } from '../../src/core/statement.ts'
import { FIELD, LARGEST, ORDER, bytes32, partsOf, signatureOf, twinOf } from '../helpers/secp256k1-numbers.ts'

const { curve: native, fault } = loadSecp256k1()

const number = fc.oneof(
  { weight: 3, arbitrary: fc.bigInt({ min: 0n, max: LARGEST }) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 20n }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      ORDER / 2n,
      ORDER / 2n + 1n,
      ORDER - 1n,
      ORDER,
      ORDER + 1n,
      FIELD - ORDER,
      FIELD,
      LARGEST,
    ),
  },
)
const lowNumber = number.map((value) => value % (ORDER / 2n))
const key = fc.bigInt({ min: 1n, max: ORDER - 1n })

type Mangle = (signature: Signature) => Signature
const changed = (change: Partial<ReturnType<typeof partsOf>>): Mangle => {
  return (signature) => signatureOf({ ...partsOf(signature), ...change })
}
const mangle: fc.Arbitrary<Mangle> = fc.oneof(
  fc.constant<Mangle>((signature) => signature),
  fc.constant<Mangle>(twinOf),
  fc.nat({ max: 65 * 8 - 1 }).map(
    (bit): Mangle =>
      (signature) =>
        flip(signature, bit),
  ),
  number.map((r) => changed({ r })),
  number.map((s) => changed({ s })),
  lowNumber.map((s) => changed({ s })),
  fc.constantFrom(27, 28, 29, 30).map((v) => changed({ v })),
  fc.nat({ max: 255 }).map((v) => changed({ v })),
  fc.record({ r: fc.bigInt({ min: 1n, max: 2n ** 128n }), v: fc.constantFrom(29, 30) }).map(changed),
  fc.constantFrom(0, 1, 64, 66, 130).map(
    (length): Mangle =>
      (signature) =>
        resized(signature, length),
  ),
)

function flip(signature: Signature, bit: number): Signature {
  return signature.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}

function resized(signature: Signature, length: number): Signature {
  const bytes = new Uint8Array(length)
  bytes.set(signature.subarray(0, length))
  return bytes
}

/** What is said of a signature with all checks, and by the arithmetic alone, which must not stand on the checks. */
function answersOf(curve: Secp256k1, digest: Uint8Array, signature: Signature) {
  const judged = recoverSigner(curve, { id: toHex(digest), signature })
  return { judged, bare: curve.recover(digest, signature) }
}

describe('libsecp256k1 and the portable reference', { skip: fault?.reason ?? false }, () => {
  it('say the same of 2,000 mangled signatures', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(number, key, mangle, (digest, privateKey, mangled) => {
        const signature = mangled(native.sign(bytes32(digest), bytes32(privateKey)))
        const answers = answersOf(native, bytes32(digest), signature)
        assert.deepEqual(answers, answersOf(nobleSecp256k1, bytes32(digest), signature), toHex(signature))
        seen.add('fault' in answers.judged ? answers.judged.fault : 'signer')
      }),
      { numRuns: 2_000 },
    )
    const kinds = ['signer', 'signature-length', 'signature-v', 'signature-range', 'high-s', 'unrecoverable']
    assert.deepEqual(seen, new Set(kinds))
  })

  it('sign with the same bytes, and have the same addresses', () => {
    fc.assert(
      fc.property(number, number, (digest, privateKey) => {
        const address = nobleSecp256k1.addressOf(bytes32(privateKey))
        assert.equal(native.addressOf(bytes32(privateKey)), address)
        if (address === undefined) return
        const signature = native.sign(bytes32(digest), bytes32(privateKey))
        assert.deepEqual(signature, nobleSecp256k1.sign(bytes32(digest), bytes32(privateKey)))
      }),
      { numRuns: 300 },
    )
  })
})
