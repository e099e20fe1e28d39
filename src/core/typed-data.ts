import { boundedMemo, createDomainDigest, hashWords, keccakText, keccakTexts, typeHash } from './eip712.ts'
import { type Hex, fromHex } from './hex.ts'
import { RecentMap } from './recent-map.ts'
import type { Refusal } from './refusal.ts'
import { REPORT_TYPES, hashReport } from './report-typed-data.ts'
import type { PriceStatement, StatementId } from './statement.ts'
import type { AgreedConstants, NodeStatus } from './status.ts'

export { DOMAIN_NAME, DOMAIN_VERSION, domainSalt } from './eip712.ts'

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

/** The types of a refusal; `ownPrice` and `signedInstead` are 0 where the refusal has none. */
export const REFUSAL_TYPES = {
  Refusal: [
    { name: 'statement', type: 'bytes32' },
    { name: 'reason', type: 'string' },
    { name: 'ownPrice', type: 'uint256' },
    { name: 'signedInstead', type: 'bytes32' },
    { name: 'refusedAt', type: 'uint64' },
  ],
} as const

/** The types of a status; interval and quiet period are in milliseconds, the deviation in parts of 10^9. */
export const STATUS_TYPES = {
  Status: [
    { name: 'peerId', type: 'string' },
    { name: 'instance', type: 'bytes16' },
    { name: 'sequence', type: 'uint64' },
    { name: 'sentAt', type: 'uint64' },
    { name: 'agent', type: 'string' },
    { name: 'constants', type: 'Constants' },
    { name: 'report', type: 'Report' },
  ],
  Constants: [
    { name: 'network', type: 'string' },
    { name: 'pairs', type: 'string[]' },
    { name: 'source', type: 'string' },
    { name: 'interval', type: 'uint64' },
    { name: 'quietPeriod', type: 'uint64' },
    { name: 'minimum', type: 'uint16' },
    { name: 'maximum', type: 'uint16' },
    { name: 'deviation', type: 'uint64' },
    { name: 'signerCount', type: 'uint16' },
    { name: 'signers', type: 'bytes32' },
  ],
  ...REPORT_TYPES,
} as const

const PRICE_TYPE = typeHash(PRICE_TYPES)
const REFUSAL_TYPE = typeHash(REFUSAL_TYPES)
const STATUS_TYPE = typeHash(STATUS_TYPES)
const CONSTANTS_TYPE = typeHash({ Constants: STATUS_TYPES.Constants })
const NONE = new Uint8Array(32)

/**
 * A function that gives a statement's id, its EIP-712 digest.
 *
 * It remembers the hashes of the few texts that recur (network, pairs, source), so that a digest costs two
 * permutations. Texts arrive from strangers only after they were found to be our own network's.
 *
 * @see https://eips.ethereum.org/EIPS/eip-712
 */
export function createDigest(): (statement: PriceStatement) => StatementId {
  const texts = boundedMemo(keccakText)
  const inDomain = createDomainDigest()
  return (statement) => {
    const members = hashWords(
      PRICE_TYPE,
      texts(statement.pair),
      statement.price,
      BigInt(statement.round),
      BigInt(statement.observedAt),
      texts(statement.source),
      statement.proposer,
    )
    return inDomain(statement.network, members) as StatementId
  }
}

/** The id of one statement. Who needs many keeps the function of {@link createDigest}. */
export function statementId(statement: PriceStatement): StatementId {
  return createDigest()(statement)
}

/** A function that gives the EIP-712 digest of a refusal. */
export function createRefusalDigest(): (refusal: Refusal) => Hex {
  const reasons = boundedMemo(keccakText)
  const inDomain = createDomainDigest()
  return ({ network, statement, reason, ownPrice, signedInstead, refusedAt }) => {
    const members = hashWords(
      REFUSAL_TYPE,
      fromHex(statement),
      reasons(reason),
      ownPrice ?? 0n,
      signedInstead === undefined ? NONE : fromHex(signedInstead),
      BigInt(refusedAt),
    )
    return inDomain(network, members)
  }
}

/** A function that gives the EIP-712 digest of a status, in the domain of the network that its constants name. */
export function createStatusDigest(): (status: NodeStatus) => Hex {
  const inDomain = createDomainDigest()
  return ({ peerId, instance, sequence, sentAt, agent, constants, report }) => {
    const members = hashWords(
      STATUS_TYPE,
      keccakText(peerId),
      fromHex(instance),
      BigInt(sequence),
      BigInt(sentAt),
      keccakText(agent),
      hashConstants(constants),
      hashReport(report),
    )
    return inDomain(constants.network, members)
  }
}

/** All nodes of a network say the same of it with every status: it takes ten times as long as the rest of one. */
const constantsHashes = new RecentMap<string, Uint8Array>({ limit: 64 })
/** A node's own are the same object every time. */
const hashesOfObjects = new WeakMap<AgreedConstants, Uint8Array>()

/** The EIP-712 struct hash of a network's constants, 32 bytes. */
export function hashConstants(constants: AgreedConstants): Uint8Array {
  const hash = hashesOfObjects.get(constants) ?? hashOfSame(constants)
  hashesOfObjects.set(constants, hash)
  return hash
}

function hashOfSame(constants: AgreedConstants): Uint8Array {
  const key = JSON.stringify(constants, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
  const known = constantsHashes.get(key)
  if (known !== undefined) return known
  const hash = computeHash(constants)
  constantsHashes.set(key, hash)
  return hash
}

function computeHash(constants: AgreedConstants): Uint8Array {
  return hashWords(
    CONSTANTS_TYPE,
    keccakText(constants.network),
    keccakTexts(constants.pairs),
    keccakText(constants.source),
    BigInt(constants.intervalMs),
    BigInt(constants.quietPeriodMs),
    BigInt(constants.minimumSigners),
    BigInt(constants.maximumSigners),
    constants.maxDeviation,
    BigInt(constants.signerCount),
    fromHex(constants.signersHash),
  )
}
