import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Address } from './address.ts'
import { type Hex, fromHex, toHex } from './hex.ts'

export const DOMAIN_NAME = 'gossip-price'
export const DOMAIN_VERSION = '1'

const utf8 = new TextEncoder()

/** keccak256 of a text in UTF-8: what EIP-712 puts in the place of a `string`. */
export function keccakText(text: string): Uint8Array {
  return keccak_256(utf8.encode(text))
}

/** What EIP-712 puts in the place of a `string[]`. */
export function keccakTexts(texts: readonly string[]): Uint8Array {
  return hashWords(...texts.map(keccakText))
}

/** The members of a struct as wallet libraries take them, in the order in which they are hashed. */
type Members = readonly { readonly name: string; readonly type: string }[]

/** The type hash of a struct; those that it refers to follow it, in the order of their names. */
export function typeHash(structs: Readonly<Record<string, Members>>): Uint8Array {
  const written = Object.entries(structs).map(
    ([struct, members]) => `${struct}(${members.map(({ name, type }) => `${type} ${name}`).join(',')})`,
  )
  return keccakText(written.join(''))
}

const DOMAIN_TYPE = keccakText('EIP712Domain(string name,string version,bytes32 salt)')
const NAME_HASH = keccakText(DOMAIN_NAME)
const VERSION_HASH = keccakText(DOMAIN_VERSION)

/** The salt of a network's EIP-712 domain: keccak256 of its name in UTF-8. It keeps networks apart. */
export function domainSalt(network: string): Uint8Array {
  return keccakText(network)
}

/**
 * A function that gives the digest keccak256(0x1901 ‖ domain separator ‖ struct hash) of what is signed in a network.
 * It remembers the separators of networks, which come from strangers only after they were found to be our own.
 *
 * @see https://eips.ethereum.org/EIPS/eip-712
 */
export function createDomainDigest(): (network: string, structHash: Uint8Array) => Hex {
  const separators = boundedMemo((network) => hashWords(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, domainSalt(network)))
  const preimage = new Uint8Array(66)
  preimage.set([0x19, 0x01])
  return (network, structHash) => {
    preimage.set(separators(network), 2)
    preimage.set(structHash, 34)
    return toHex(keccak_256(preimage))
  }
}

/** Up to here integers are numbers as well, which are written in a tenth of the time. */
const EXACT = BigInt(Number.MAX_SAFE_INTEGER)

/**
 * keccak256 of members in 32 bytes each: integers and addresses to the right, those below 0 as two's complement, bytes of
 * a fixed length to the left.
 */
export function hashWords(...members: readonly (Uint8Array | bigint | Address)[]): Uint8Array {
  const out = new Uint8Array(members.length * 32)
  members.forEach((member, index) => {
    const end = (index + 1) * 32
    if (typeof member === 'bigint') writeUint(out, member, end)
    else if (typeof member === 'string') out.set(fromHex(member), end - 20)
    else out.set(member, index * 32)
  })
  return keccak_256(out)
}

function writeUint(out: Uint8Array, value: bigint, end: number): void {
  if (value >= 0n && value <= EXACT) {
    for (let i = end - 1, rest = Number(value); rest > 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256
    return
  }
  for (let i = end - 1, rest = BigInt.asUintN(256, value); rest > 0n; i--, rest >>= 8n) out[i] = Number(rest & 0xffn)
}

const MEMO_ENTRIES = 64

/** Remembers the hashes of the few texts that recur. */
export function boundedMemo(compute: (text: string) => Uint8Array): (text: string) => Uint8Array {
  const known = new Map<string, Uint8Array>()
  return (text) => {
    let hash = known.get(text)
    if (hash === undefined) {
      if (known.size >= MEMO_ENTRIES) known.clear()
      hash = compute(text)
      known.set(text, hash)
    }
    return hash
  }
}
