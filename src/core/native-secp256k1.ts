import { type Address, addressOfPublicKey } from './address.ts'
import { fromHex, toHex } from './hex.ts'
import type { Secp256k1 } from './signature.ts'

/** What is used of `secp256k1/bindings.js`, which brings no types. It answers impossible numbers by throwing. */
export interface Libsecp256k1 {
  readonly ecdsaSign: (digest: Uint8Array, privateKey: Uint8Array) => { signature: Uint8Array; recid: number }
  readonly ecdsaRecover: (signature: Uint8Array, recid: number, digest: Uint8Array, compressed: boolean) => Uint8Array
  readonly publicKeyCreate: (privateKey: Uint8Array, compressed: boolean) => Uint8Array
}

const PRIVATE_KEY_BYTES = 32
const ORDER = fromHex('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141')

/** How the library says that no key can be had from what it was given. Whatever else it throws is a fault of ours. */
const REFUSALS: ReadonlySet<string> = new Set([
  'Signature could not be parsed',
  'Public key could not be recover',
  'Private Key is invalid',
])

/** The fast one: libsecp256k1, with the same answers as the portable reference, byte for byte. */
export function createNativeSecp256k1(library: Libsecp256k1): Secp256k1 {
  return {
    implementation: 'libsecp256k1',

    sign(digest, privateKey) {
      const { signature: compact, recid } = library.ecdsaSign(reduce(digest), privateKey)
      // 2 and 3 mean that r was reduced by the group order: once in 2^127 signatures, and not expressible as v.
      if (recid !== 0 && recid !== 1) throw new RangeError('this digest cannot be signed with v 27 or 28')
      const signature = new Uint8Array(65)
      signature.set(compact, 0)
      signature[64] = 27 + recid
      return signature
    },

    recover(digest, signature) {
      const recid = (signature[64] ?? 0) - 27
      if (recid < 0 || recid > 3) return undefined
      return unlessRefused(() =>
        addressOfPublicKey(library.ecdsaRecover(signature.subarray(0, 64), recid, digest, false)),
      )
    },

    addressOf(privateKey) {
      if (privateKey.length !== PRIVATE_KEY_BYTES) return undefined
      return unlessRefused(() => addressOfPublicKey(library.publicKeyCreate(privateKey, false)))
    },
  }
}

/** RFC 6979, 2.3.4: a nonce is made from the digest modulo the group order. The library makes it from the bytes as given. */
function reduce(digest: Uint8Array): Uint8Array {
  if (Buffer.compare(digest, ORDER) < 0) return digest
  const reduced = BigInt(toHex(digest)) - BigInt(toHex(ORDER))
  return fromHex(`0x${reduced.toString(16).padStart(64, '0')}`)
}

function unlessRefused(compute: () => Address): Address | undefined {
  try {
    return compute()
  } catch (error) {
    if (error instanceof Error && REFUSALS.has(error.message)) return undefined
    throw error
  }
}
