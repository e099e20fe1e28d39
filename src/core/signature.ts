import type { Address } from './address.ts'
import { type Hex, fromHex } from './hex.ts'
import type { Signature } from './statement.ts'

export const SIGNATURE_BYTES = 65

/** Elliptic-curve arithmetic, behind a port: whatever library does it must pass the same vectors. */
export interface Secp256k1 {
  /** What does the arithmetic, for the log. */
  readonly implementation: string
  /**
   * Signs a digest with an RFC 6979 nonce.
   *
   * @param digest - 32 bytes
   * @param privateKey - 32 bytes
   * @returns 65 bytes r‖s‖v, s in the lower half of the order, v 27 or 28
   * @throws when the bytes are no private key: zero, or not below the group order
   */
  sign(digest: Uint8Array, privateKey: Uint8Array): Signature
  /**
   * The address whose key made a signature over a digest; undefined when no key can have.
   *
   * @param signature - 65 bytes for which {@link signatureFault} is undefined
   */
  recover(digest: Uint8Array, signature: Signature): Address | undefined
  /** The address of a private key (32 bytes); undefined when it is zero or not below the group order. */
  addressOf(privateKey: Uint8Array): Address | undefined
}

export type SignatureFault = 'signature-length' | 'signature-v' | 'signature-range' | 'high-s'

const ORDER = fromHex('0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141')
const HALF_ORDER = fromHex('0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0')
const ZERO = new Uint8Array(32)

/**
 * What can be said against a signature without any arithmetic: its length, v, r or s outside 1 … n − 1, s in the upper
 * half. For every signature (r, s, v) the twin (r, n − s, v′) recovers to the same signer; one spelling must be the
 * only one, and no library checks it while recovering.
 */
export function signatureFault(signature: Uint8Array): SignatureFault | undefined {
  if (signature.length !== SIGNATURE_BYTES) return 'signature-length'
  if (signature[64] !== 27 && signature[64] !== 28) return 'signature-v'
  const [r, s] = [0, 32]
  if (compareAt(signature, r, ZERO) === 0 || compareAt(signature, r, ORDER) >= 0) return 'signature-range'
  if (compareAt(signature, s, ZERO) === 0 || compareAt(signature, s, ORDER) >= 0) return 'signature-range'
  if (compareAt(signature, s, HALF_ORDER) > 0) return 'high-s'
  return undefined
}

/**
 * Who signed, or why nobody did: the whole check of one signature.
 *
 * @param signed - `id` is the digest that was signed
 * @returns the signer's address, a {@link SignatureFault}, or `unrecoverable`
 */
export function recoverSigner(
  curve: Secp256k1,
  signed: { readonly id: Hex; readonly signature: Signature },
): { readonly signer: Address } | { readonly fault: SignatureFault | 'unrecoverable' } {
  const fault = signatureFault(signed.signature)
  if (fault !== undefined) return { fault }
  const signer = curve.recover(fromHex(signed.id), signed.signature)
  return signer === undefined ? { fault: 'unrecoverable' } : { signer }
}

/** Compares the 32 bytes from `from` on as a number. They mostly differ in the first of them. */
function compareAt(bytes: Uint8Array, from: number, other: Uint8Array): number {
  for (let i = 0; i < other.length; i++) {
    const difference = (bytes[from + i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
