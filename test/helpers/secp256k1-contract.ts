import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { sign as signWithViem } from 'viem/accounts'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { type Secp256k1, recoverSigner } from '../../src/core/signature.ts'
import type { Signature } from '../../src/core/statement.ts'
import {
  GENERATOR_X,
  LARGEST,
  ORDER,
  bytes32,
  partsOf,
  signatureOf,
  signatureOfInfinity,
  twinOf,
} from './secp256k1-numbers.ts'

interface Vectors {
  readonly keys: readonly { readonly privateKey: string; readonly address: string }[]
  readonly statements: readonly {
    readonly digest: string
    readonly signatures: readonly { readonly signer: string; readonly signature: string }[]
  }[]
}

const vectors = JSON.parse(
  readFileSync(new URL('../vectors/price-statements.json', import.meta.url), 'utf8'),
) as Vectors
const keys = vectors.keys.map(({ privateKey, address }) => {
  return { privateKey: fromHex(privateKey), address: address.toLowerCase() }
})

const DIGEST = fromHex('0x8ec250c4e39ada6ad68b1805f1874bdb1eb0f0ec1ea6361010fba97aa4068d71')
const KEY = bytes32(0xc0ffeen)
/** Widely known, since the keys are 1 and n − 1: y of one is −y of the other. */
const EXTREME_KEYS = [
  { name: '1', key: 1n, address: '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf' },
  { name: 'n − 1', key: ORDER - 1n, address: '0x80c0dbf239224071c59dd8970ab9d542e3414ab2' },
]
const IMPOSSIBLE_KEYS = [
  { name: '0', key: 0n },
  { name: 'n', key: ORDER },
  { name: 'n + 1', key: ORDER + 1n },
  { name: '2^256 − 1', key: LARGEST },
]
const EXTREME_DIGESTS = [
  { name: '0', digest: 0n },
  { name: '1', digest: 1n },
  { name: 'n − 1', digest: ORDER - 1n },
  { name: 'n', digest: ORDER },
  { name: 'n + 1', digest: ORDER + 1n },
  { name: '2^256 − 1', digest: LARGEST },
]

/** What every implementation of the port must do: vectors of others, and the edges of the numbers. */
export function describeSecp256k1(curve: Secp256k1): void {
  describe(`the curve by ${curve.implementation}`, () => {
    describeSigning(curve)
    describeRecovery(curve)
    describeAddresses(curve)
  })
}

function describeSigning(curve: Secp256k1): void {
  it('gives the same bytes as an independent library', () => {
    for (const { digest, signatures } of vectors.statements) {
      for (const { signer, signature } of signatures) {
        const key = keys.find(({ address }) => address === signer.toLowerCase())
        assert.ok(key)
        assert.equal(toHex(curve.sign(fromHex(digest), key.privateKey)), signature)
      }
    }
  })

  for (const { name, digest } of EXTREME_DIGESTS) {
    it(`signs the digest ${name} as RFC 6979 says, and its signer recovers`, async () => {
      const signature = curve.sign(bytes32(digest), KEY)
      const expected = await signWithViem({ hash: toHex(bytes32(digest)), privateKey: toHex(KEY), to: 'hex' })
      assert.equal(toHex(signature), expected)
      assert.deepEqual(answerOf(curve, bytes32(digest), signature), { signer: curve.addressOf(KEY) })
    })
  }

  for (const { name, key, address } of EXTREME_KEYS) {
    it(`signs with the key ${name}`, () => {
      assert.deepEqual(answerOf(curve, DIGEST, curve.sign(DIGEST, bytes32(key))), { signer: address })
    })
  }

  for (const { name, key } of IMPOSSIBLE_KEYS) {
    it(`throws rather than sign with ${name}, which is no key`, () => {
      assert.throws(() => curve.sign(DIGEST, bytes32(key)))
    })
  }

  it('gives 65 bytes of their own, s low and v 27 or 28, whatever the digest', () => {
    const seen = new Set<number>()
    for (let digest = 1n; digest <= 20n; digest++) {
      const signature = curve.sign(bytes32(digest), KEY)
      const { s, v } = partsOf(signature)
      assert.equal(signature.length, 65)
      assert.equal(signature.buffer.byteLength, 65)
      assert.ok(s <= ORDER / 2n)
      seen.add(v)
    }
    assert.deepEqual(seen, new Set([27, 28]))
  })
}

function describeRecovery(curve: Secp256k1): void {
  const sound = curve.sign(DIGEST, KEY)
  const { r, s, v } = partsOf(sound)

  it('recovers the signers of an independent library', () => {
    for (const { digest, signatures } of vectors.statements) {
      for (const { signer, signature } of signatures) {
        assert.deepEqual(answerOf(curve, fromHex(digest), fromHex(signature)), { signer: signer.toLowerCase() })
      }
    }
  })

  it('reads parts of larger buffers, and leaves what it reads as it is', () => {
    const buffer = Buffer.concat([Buffer.alloc(3, 0xff), DIGEST, KEY, sound, Buffer.alloc(3, 0xff)])
    const before = Buffer.from(buffer)
    const [digest, key, signature] = [buffer.subarray(3, 35), buffer.subarray(35, 67), buffer.subarray(67, 132)]
    assert.equal(curve.recover(digest, signature), curve.addressOf(key))
    assert.deepEqual(curve.sign(digest, key), sound)
    assert.deepEqual(buffer, before)
  })

  const outOfRange = [
    { name: 'r 0', signature: signatureOf({ r: 0n, s, v }) },
    { name: 's 0', signature: signatureOf({ r, s: 0n, v }) },
    { name: 'r n', signature: signatureOf({ r: ORDER, s, v }) },
    { name: 's n', signature: signatureOf({ r, s: ORDER, v }) },
    { name: 'r n + 1, which is not to be read as 1', signature: signatureOf({ r: ORDER + 1n, s, v }) },
    { name: 'r and s 2^256 − 1', signature: signatureOf({ r: LARGEST, s: LARGEST, v }) },
  ]
  for (const { name, signature } of outOfRange) {
    it(`nobody signed with ${name}`, () => {
      assert.deepEqual(answerOf(curve, DIGEST, signature), { fault: 'signature-range' })
      assert.equal(curve.recover(DIGEST, signature), undefined)
    })
  }

  it('a high-s twin is refused, though the arithmetic gives its signer', () => {
    assert.deepEqual(answerOf(curve, DIGEST, twinOf(sound)), { fault: 'high-s' })
    assert.equal(curve.recover(DIGEST, twinOf(sound)), curve.addressOf(KEY))
  })

  for (const wrong of [0, 1, 26, 29, 30, 31, 255]) {
    it(`v ${wrong} is refused`, () => {
      assert.deepEqual(answerOf(curve, DIGEST, signatureOf({ r, s, v: wrong })), { fault: 'signature-v' })
      assert.equal(curve.recover(DIGEST, signatureOf({ r, s, v: wrong })), undefined)
    })
  }

  it('an r above the group order, which v 29 or 30 would say, is refused', () => {
    const smallest = [...Array(16).keys()].map((index) => signatureOf({ r: BigInt(index + 1), s, v: 29 }))
    assert.ok(smallest.some((signature) => curve.recover(DIGEST, signature) !== undefined))
    for (const signature of smallest) {
      assert.deepEqual(answerOf(curve, DIGEST, signature), { fault: 'signature-v' })
    }
  })

  it('the other v is another signer’s, or nobody’s', () => {
    const answer = answerOf(curve, DIGEST, signatureOf({ r, s, v: 55 - v }))
    assert.notDeepEqual(answer, { signer: curve.addressOf(KEY) })
  })

  it('nobody signed what recovers to the point at infinity, whatever the nonce', () => {
    for (const k of [1n, 2n, 3n, 0xc0ffeen, ORDER - 2n]) {
      const signature = signatureOfInfinity(DIGEST, k)
      assert.deepEqual(answerOf(curve, DIGEST, signature), { fault: 'unrecoverable' }, `nonce ${k}`)
    }
  })

  for (const wrong of [27, 28]) {
    it(`nobody signed with the x of no point, v ${wrong}`, () => {
      assert.deepEqual(answerOf(curve, DIGEST, signatureOf({ r: 5n, s, v: wrong })), { fault: 'unrecoverable' })
    })
  }

  it('s at the ends of its range is like any other, over the digest 0 too', () => {
    for (const digest of [bytes32(0n), DIGEST]) {
      for (const end of [1n, ORDER / 2n]) {
        const answer = answerOf(curve, digest, signatureOf({ r: GENERATOR_X, s: end, v: 27 }))
        assert.ok('signer' in answer, JSON.stringify(answer))
      }
    }
  })

  for (const length of [0, 64, 66]) {
    it(`${length} bytes are no signature`, () => {
      const signature = new Uint8Array(length)
      signature.set(sound.subarray(0, length))
      assert.deepEqual(answerOf(curve, DIGEST, signature), { fault: 'signature-length' })
    })
  }
}

function describeAddresses(curve: Secp256k1): void {
  it('gives the addresses that an independent library gives', () => {
    for (const { privateKey, address } of keys) assert.equal(curve.addressOf(privateKey), address)
    for (const { key, address } of EXTREME_KEYS) assert.equal(curve.addressOf(bytes32(key)), address)
  })

  for (const { name, key } of IMPOSSIBLE_KEYS) {
    it(`${name} has no address`, () => {
      assert.equal(curve.addressOf(bytes32(key)), undefined)
    })
  }

  for (const length of [0, 31, 33]) {
    it(`${length} bytes have no address`, () => {
      assert.equal(curve.addressOf(new Uint8Array(length).fill(1)), undefined)
    })
  }
}

function answerOf(curve: Secp256k1, digest: Uint8Array, signature: Signature): ReturnType<typeof recoverSigner> {
  return recoverSigner(curve, { id: toHex(digest), signature })
}
