import { recoverPublicKey } from '@noble/secp256k1'
import { addressBytes } from './eip712.ts'
import { fromHex, toHex } from './hex.ts'

const HALF_ORDER = BigInt('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0')

/**
 * Who made a signature over a digest.
 *
 * @param digest - 32 bytes
 * @param signature - `0x` and 65 bytes r‖s‖v in hexadecimal
 * @returns the address, or why nobody did, in words
 */
export function recoverSigner(
  digest: Uint8Array,
  signature: string,
): { readonly signer: string } | { readonly fault: string } {
  let bytes: Uint8Array
  try {
    bytes = fromHex(signature)
  } catch {
    return { fault: 'the signature is not hexadecimal' }
  }
  const v = bytes[64]
  if (bytes.length !== 65) return { fault: `the signature has ${bytes.length} bytes, not 65` }
  if (v !== 27 && v !== 28) return { fault: `the signature ends in ${v}, not in 27 or 28` }
  // A twin in the upper half recovers to the same signer, and no library refuses it while recovering.
  if (BigInt(toHex(bytes.subarray(32, 64))) > HALF_ORDER) return { fault: 'its s is in the upper half of the order' }
  const recoverable = new Uint8Array(65)
  recoverable[0] = v - 27
  recoverable.set(bytes.subarray(0, 64), 1)
  try {
    const publicKey = recoverPublicKey(recoverable, digest, { prehash: false, isCompressed: false })
    return { signer: toHex(addressBytes(publicKey)) }
  } catch {
    return { fault: 'no key can have made the signature' }
  }
}
