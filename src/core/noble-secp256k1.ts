import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { getPublicKey, hashes, recoverPublicKey, sign } from '@noble/secp256k1'
import { type Address, addressOfPublicKey } from './address.ts'
import type { Secp256k1 } from './signature.ts'

hashes.sha256 = sha256
hashes.hmacSha256 = (key, message) => hmac(sha256, key, message)

/** The portable reference: `@noble/secp256k1`. */
export const nobleSecp256k1: Secp256k1 = {
  implementation: '@noble/secp256k1',

  sign(digest, privateKey) {
    // noble puts the recovery byte first; Ethereum puts it last, plus 27.
    const recovered = sign(digest, privateKey, { prehash: false, lowS: true, format: 'recovered' })
    const signature = new Uint8Array(65)
    signature.set(recovered.subarray(1), 0)
    const recovery = recovered[0]
    // 2 and 3 mean that r was reduced by the group order: once in 2^127 signatures, and not expressible as v.
    if (recovery !== 0 && recovery !== 1) throw new RangeError('this digest cannot be signed with v 27 or 28')
    signature[64] = 27 + recovery
    return signature
  },

  recover(digest, signature) {
    const recovered = new Uint8Array(65)
    recovered[0] = (signature[64] ?? 0) - 27
    recovered.set(signature.subarray(0, 64), 1)
    return unlessRefused(() =>
      addressOfPublicKey(recoverPublicKey(recovered, digest, { prehash: false, isCompressed: false })),
    )
  },

  addressOf(privateKey) {
    return unlessRefused(() => addressOfPublicKey(getPublicKey(privateKey, false)))
  },
}

/** noble answers impossible numbers (r of no point, a key out of range) by throwing. */
function unlessRefused(compute: () => Address): Address | undefined {
  try {
    return compute()
  } catch {
    return undefined
  }
}
