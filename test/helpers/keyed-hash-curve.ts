import { createHash } from 'node:crypto'
import { type Address, addressFromBytes } from '../../src/core/address.ts'
import { fromHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import type { Secp256k1 } from '../../src/core/signature.ts'
import type { Signature } from '../../src/core/statement.ts'

/**
 * Stands in for the elliptic curve where its arithmetic is not the point: hundreds of times faster, no secret at all.
 * A signature names its signer and binds the digest by a hash; a byte changed makes it, as on the real curve, a
 * signature of nobody one knows. Keys have their real addresses.
 *
 *     r = 01 ‖ variant ‖ 00 × 10 ‖ address (20)     s = 01 ‖ hash(digest, variant, address) (31)     v = 27
 */
export interface KeyedHashCurve extends Secp256k1 {
  /** How many signatures were recovered so far. */
  readonly recoveries: number
  /** Other bytes by the same signer over the same digest, as another nonce would give. */
  signAgain(digest: Uint8Array, privateKey: Uint8Array): Signature
}

/** A signature in shape of which no key can be recovered. */
export const UNRECOVERABLE: Signature = compose({
  variant: 0xff,
  address: new Uint8Array(20),
  hash: new Uint8Array(31),
})

export function createKeyedHashCurve(): KeyedHashCurve {
  let recoveries = 0
  const addresses = new Map<string, Address | undefined>()

  function addressOf(privateKey: Uint8Array): Address | undefined {
    const key = Buffer.from(privateKey).toString('hex')
    if (!addresses.has(key)) addresses.set(key, nobleSecp256k1.addressOf(privateKey))
    return addresses.get(key)
  }

  function sign(digest: Uint8Array, key: { readonly privateKey: Uint8Array; readonly variant: number }): Signature {
    const signer = addressOf(key.privateKey)
    if (signer === undefined) throw new RangeError('no private key')
    const signed = { variant: key.variant, address: fromHex(signer) }
    return compose({ ...signed, hash: bind(digest, signed) })
  }

  return {
    implementation: 'keyed hash, for tests',
    get recoveries() {
      return recoveries
    },
    sign: (digest, privateKey) => sign(digest, { privateKey, variant: 0 }),
    signAgain: (digest, privateKey) => sign(digest, { privateKey, variant: 1 }),
    recover(digest, signature) {
      recoveries += 1
      const variant = signature[1] ?? 0
      if (variant === 0xff) return undefined
      const address = signature.subarray(12, 32)
      const again = compose({ variant, address, hash: bind(digest, { variant, address }) })
      const genuine = Buffer.compare(again, signature) === 0
      return addressFromBytes(genuine ? address : sha256(digest, signature).subarray(0, 20))
    },
    addressOf,
  }
}

function bind(digest: Uint8Array, signed: { readonly variant: number; readonly address: Uint8Array }): Uint8Array {
  return sha256(digest, Uint8Array.of(signed.variant), signed.address).subarray(0, 31)
}

function compose(parts: {
  readonly variant: number
  readonly address: Uint8Array
  readonly hash: Uint8Array
}): Signature {
  const signature = new Uint8Array(65)
  signature[0] = 1
  signature[1] = parts.variant
  signature.set(parts.address, 12)
  signature[32] = 1
  signature.set(parts.hash, 33)
  signature[64] = 27
  return signature
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
