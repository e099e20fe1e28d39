import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Address } from './address.ts'
import { fromHex, toHex } from './hex.ts'
import type { PriceStatement, StatementId } from './statement.ts'

const utf8 = new TextEncoder()
const keccakText = (text: string): Uint8Array => keccak_256(utf8.encode(text))

export const DOMAIN_NAME = 'gossip-price'
export const DOMAIN_VERSION = '1'

const DOMAIN_TYPE = keccakText('EIP712Domain(string name,string version,bytes32 salt)')
const PRICE_TYPE = keccakText(
  'Price(string pair,uint256 price,uint64 round,uint64 observedAt,string source,address proposer)',
)
const NAME_HASH = keccakText(DOMAIN_NAME)
const VERSION_HASH = keccakText(DOMAIN_VERSION)

/** The types of a price statement as wallet libraries take them (`signTypedData`, `verifyTypedData`). */
export const PRICE_TYPES = {
  Price: [
    { name: 'pair', type: 'string' },
    { name: 'price', type: 'uint256' },
    { name: 'round', type: 'uint64' },
    { name: 'observedAt', type: 'uint64' },
    { name: 'source', type: 'string' },
    { name: 'proposer', type: 'address' },
  ],
} as const

/** The salt of a network's EIP-712 domain: keccak256 of its name in UTF-8. It keeps networks apart. */
export function domainSalt(network: string): Uint8Array {
  return keccakText(network)
}

/**
 * A function that gives a statement's id, the EIP-712 digest
 * keccak256(0x1901 ‖ domain separator ‖ keccak256(type ‖ members)).
 *
 * It remembers the hashes of the few texts that recur (network, pairs, source), so that a digest costs two
 * permutations. Texts arrive from strangers only after they were found to be our own network's.
 *
 * @see https://eips.ethereum.org/EIPS/eip-712
 */
export function createDigest(): (statement: PriceStatement) => StatementId {
  const texts = boundedMemo(keccakText)
  const separators = boundedMemo((network: string) =>
    keccak_256(words(DOMAIN_TYPE, NAME_HASH, VERSION_HASH, domainSalt(network))),
  )
  const preimage = new Uint8Array(66)
  preimage.set([0x19, 0x01])
  return (statement) => {
    const members = keccak_256(
      words(
        PRICE_TYPE,
        texts(statement.pair),
        statement.price,
        BigInt(statement.round),
        BigInt(statement.observedAt),
        texts(statement.source),
        statement.proposer,
      ),
    )
    preimage.set(separators(statement.network), 2)
    preimage.set(members, 34)
    return toHex(keccak_256(preimage)) as StatementId
  }
}

/** The id of one statement. Who needs many keeps the function of {@link createDigest}. */
export function statementId(statement: PriceStatement): StatementId {
  return createDigest()(statement)
}

function words(...members: readonly (Uint8Array | bigint | Address)[]): Uint8Array {
  const out = new Uint8Array(members.length * 32)
  members.forEach((member, index) => {
    const end = (index + 1) * 32
    if (typeof member === 'bigint') writeUint(out, member, end)
    else if (typeof member === 'string') out.set(fromHex(member), end - 20)
    else out.set(member, index * 32)
  })
  return out
}

function writeUint(out: Uint8Array, value: bigint, end: number): void {
  for (let i = end - 1, rest = value; rest > 0n; i--, rest >>= 8n) out[i] = Number(rest & 0xffn)
}

const MEMO_ENTRIES = 64

function boundedMemo(compute: (text: string) => Uint8Array): (text: string) => Uint8Array {
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
