import { getPublicKey } from '@noble/secp256k1'
import { fromHex, toHex } from '../../src/core/hex.ts'
import type { Signature } from '../../src/core/statement.ts'

/** n, the order of the group. */
export const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** p: coordinates are below it. */
export const FIELD = 2n ** 256n - 2n ** 32n - 977n
/** The generator: y is even, so v is 27. */
export const GENERATOR_X = 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n
export const LARGEST = 2n ** 256n - 1n

/** 32 bytes, big-endian. */
export function bytes32(value: bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(64, '0')}`)
}

export function integerOf(bytes: Uint8Array): bigint {
  return BigInt(toHex(bytes))
}

export function signatureOf(parts: { readonly r: bigint; readonly s: bigint; readonly v: number }): Signature {
  return Uint8Array.of(...bytes32(parts.r), ...bytes32(parts.s), parts.v)
}

/** r, s and v of 65 bytes. */
export function partsOf(signature: Signature): { r: bigint; s: bigint; v: number } {
  const [r, s] = [integerOf(signature.subarray(0, 32)), integerOf(signature.subarray(32, 64))]
  return { r, s, v: signature[64] ?? 0 }
}

/** (r, n − s, v′): what the same signer might have signed, in the upper half when the first was in the lower. */
export function twinOf(signature: Signature): Signature {
  const { r, s, v } = partsOf(signature)
  return signatureOf({ r, s: ORDER - s, v: 55 - v })
}

/**
 * In shape and of no key. The point that recovery arrives at is r⁻¹(sR − zG); with R = kG and s = z/k that is infinity.
 */
export function signatureOfInfinity(digest: Uint8Array, k: bigint): Signature {
  const point = getPublicKey(bytes32(k), false)
  const s = (integerOf(digest) * inverse(k)) % ORDER
  const isOdd = ((point[64] ?? 0) & 1) === 1
  const signature = signatureOf({ r: integerOf(point.subarray(1, 33)), s, v: isOdd ? 28 : 27 })
  return s > ORDER / 2n ? twinOf(signature) : signature
}

/** Fermat: k^(n − 2) mod n. */
function inverse(k: bigint): bigint {
  let result = 1n
  for (let base = k % ORDER, exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER
    base = (base * base) % ORDER
  }
  return result
}
