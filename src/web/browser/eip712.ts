import { keccak_256 } from '@noble/hashes/sha3.js'
import { fromHex } from './hex.ts'

/**
 * The EIP-712 digest of a price statement, made a second time and on purpose without the server's code: who trusts
 * nobody can read this file alone.
 *
 * @see https://eips.ethereum.org/EIPS/eip-712
 */

const utf8 = new TextEncoder()
const hashText = (text: string): Uint8Array => keccak_256(utf8.encode(text))

const DOMAIN_TYPE = hashText('EIP712Domain(string name,string version,bytes32 salt)')
const PRICE_TYPE = hashText(
  'Price(string pair,uint256 price,uint64 round,uint64 observedAt,string source,address proposer)',
)
const NAME = hashText('gossip-price')
const VERSION = hashText('1')

/** What is signed. */
export interface SignedPrice {
  readonly network: string
  readonly pair: string
  /** In units of 10^-18. */
  readonly price: bigint
  readonly round: bigint
  /** Milliseconds since the Unix epoch. */
  readonly observedAt: bigint
  readonly source: string
  /** `0x` and 40 lower-case hexadecimal digits. */
  readonly proposer: string
}

/** keccak256(0x1901 ‖ domain separator ‖ struct hash): 32 bytes. */
export function priceDigest(signed: SignedPrice): Uint8Array {
  const separator = hashWords([DOMAIN_TYPE, NAME, VERSION, hashText(signed.network)])
  const struct = hashWords([
    PRICE_TYPE,
    hashText(signed.pair),
    word(signed.price),
    word(signed.round),
    word(signed.observedAt),
    hashText(signed.source),
    paddedLeft(fromHex(signed.proposer)),
  ])
  return keccak_256(concat([Uint8Array.of(0x19, 0x01), separator, struct]))
}

/** The Ethereum address of an uncompressed public key, 65 bytes. */
export function addressBytes(publicKey: Uint8Array): Uint8Array {
  return keccak_256(publicKey.subarray(1)).subarray(12)
}

function hashWords(words: readonly Uint8Array[]): Uint8Array {
  return keccak_256(concat(words))
}

function word(value: bigint): Uint8Array {
  const digits = value.toString(16)
  return paddedLeft(fromHex(`0x${digits.length % 2 === 0 ? '' : '0'}${digits}`))
}

function paddedLeft(bytes: Uint8Array): Uint8Array {
  if (bytes.length > 32) throw new RangeError('more than 32 bytes')
  const out = new Uint8Array(32)
  out.set(bytes, 32 - bytes.length)
  return out
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}
