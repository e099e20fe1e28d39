import { keccak_256 } from '@noble/hashes/sha3.js'
import { type Hex, toHex } from './hex.ts'

/** An Ethereum address: `0x` and 40 lower-case hexadecimal digits. Who signed is always one of these. */
export type Address = Hex & { readonly __brand: 'Address' }

/**
 * The address written in `text`, in lower case. A mixed-case text must carry a correct EIP-55 checksum; a text in one
 * case carries none. Undefined when `text` is no address.
 */
export function parseAddress(text: string): Address | undefined {
  if (!/^0x[0-9a-fA-F]{40}$/.test(text)) return undefined
  const digits = text.slice(2)
  const address = `0x${digits.toLowerCase()}` as Address
  if (digits === digits.toLowerCase() || digits === digits.toUpperCase()) return address
  return checksumAddress(address) === text ? address : undefined
}

/** The EIP-55 spelling of an address, for people. */
export function checksumAddress(address: Address): string {
  const digits = address.slice(2)
  const hash = toHex(keccak_256(Buffer.from(digits, 'ascii'))).slice(2)
  let out = '0x'
  for (let i = 0; i < digits.length; i++) {
    out += Number.parseInt(hash.charAt(i), 16) >= 8 ? digits.charAt(i).toUpperCase() : digits.charAt(i)
  }
  return out
}

/**
 * The address of a public key.
 *
 * @param publicKey - uncompressed, 65 bytes, first byte 4
 * @see https://ethereum.github.io/yellowpaper/paper.pdf appendix F
 */
export function addressOfPublicKey(publicKey: Uint8Array): Address {
  return toHex(keccak_256(publicKey.subarray(1)).subarray(12)) as Address
}

/** @param bytes - 20 bytes */
export function addressFromBytes(bytes: Uint8Array): Address {
  return toHex(bytes) as Address
}
