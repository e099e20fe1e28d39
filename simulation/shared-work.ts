import { type CoSignLots, drawLots } from '../src/consensus/co-sign-turn.ts'
import type { Address } from '../src/core/address.ts'
import { type Hex, equalBytes, toLatin1 } from '../src/core/hex.ts'
import { nobleSecp256k1 } from '../src/core/noble-secp256k1.ts'
import { RecentMap } from '../src/core/recent-map.ts'
import type { Refusal } from '../src/core/refusal.ts'
import type { Secp256k1 } from '../src/core/signature.ts'
import type { PriceStatement, StatementId } from '../src/core/statement.ts'
import type { NodeStatus } from '../src/core/status.ts'
import { createDigest, createRefusalDigest, createStatusDigest } from '../src/core/typed-data.ts'

/** Beyond it all is forgotten: rounds that are over are asked about no more. */
const MEMORY_LIMIT = 100_000
/** A status takes some kilobytes. */
const STATUSES_LIMIT = 10_000
/** Statements whose signers are ranked at about the same time. */
const LOTS_LIMIT = 256

interface Recovered {
  readonly digest: Uint8Array
  readonly signature: Uint8Array
  readonly signer: Address | undefined
}

/** Every node recovers the same signatures: what one has found all know. */
export function rememberingCurve(curve: Secp256k1): Secp256k1 {
  const recovered = new Map<number, Recovered>()
  const addresses = new Map<string, Address | undefined>()
  return {
    ...curve,
    implementation: curve.implementation,
    sign: (digest, privateKey) => curve.sign(digest, privateKey),
    recover(digest, signature) {
      const key = middleOf(signature)
      const known = recovered.get(key)
      if (known !== undefined && equalBytes(known.signature, signature) && equalBytes(known.digest, digest)) {
        return known.signer
      }
      if (recovered.size >= MEMORY_LIMIT) recovered.clear()
      const signer = curve.recover(digest, signature)
      recovered.set(key, { digest, signature, signer })
      return signer
    },
    addressOf(privateKey) {
      const key = toLatin1(privateKey)
      if (!addresses.has(key)) addresses.set(key, nobleSecp256k1.addressOf(privateKey))
      return addresses.get(key)
    },
  }
}

export function rememberingDigest(): (statement: PriceStatement) => StatementId {
  return remembering(
    createDigest(),
    ({ network, pair, price, round, observedAt, source, proposer }) =>
      `${network} ${pair} ${price} ${round} ${observedAt} ${source} ${proposer}`,
  )
}

/** `compute`, which is asked once for an object: nobody changes what was read or signed. */
export function rememberingObjects<About extends object, Found, Rules extends readonly unknown[]>(
  compute: (about: About, ...rules: Rules) => Found,
): (about: About, ...rules: Rules) => Found {
  const known = new WeakMap<About, { readonly found: Found }>()
  return (about, ...rules) => {
    const before = known.get(about)
    if (before !== undefined) return before.found
    const found = compute(about, ...rules)
    known.set(about, { found })
    return found
  }
}

/** Statuses are long, so they are compared and not spelt out: a process says one thing at a time. */
export function rememberingStatusDigest(): (status: NodeStatus) => Hex {
  const digest = createStatusDigest()
  const known = new Map<string, { readonly status: NodeStatus; readonly digest: Hex }>()
  return rememberingObjects((status) => {
    const key = `${status.peerId} ${status.sequence}`
    const before = known.get(key)
    if (before !== undefined && isSame(before.status, status)) return before.digest
    if (known.size >= STATUSES_LIMIT) known.clear()
    const found = digest(status)
    known.set(key, { status, digest: found })
    return found
  })
}

function isSame({ constants, report, ...rest }: NodeStatus, other: NodeStatus): boolean {
  const { peers, received, ...figures } = report
  const { pairs, ...rules } = constants
  const there = other.report
  return (
    haveSame(rest, other) &&
    haveSame(figures, there) &&
    haveSame(rules, other.constants) &&
    pairs.join(' ') === other.constants.pairs.join(' ') &&
    peers.length === there.peers.length &&
    peers.every((peer, index) => peer === there.peers[index]) &&
    received.length === there.received.length &&
    received.every(({ signer, statements, signatures }, index) => {
      const count = there.received[index]
      return signer === count?.signer && statements === count.statements && signatures === count.signatures
    })
  )
}

function haveSame<Values extends object>(values: Values, others: Values): boolean {
  for (const name in values) if (values[name] !== others[name]) return false
  return true
}

export function rememberingRefusalDigest(): (refusal: Refusal) => Hex {
  return remembering(
    createRefusalDigest(),
    ({ network, statement, reason, ownPrice, signedInstead, refusedAt }) =>
      `${network} ${statement} ${reason} ${ownPrice} ${signedInstead} ${refusedAt}`,
  )
}

/** `digest`, which is asked once for what is the same text. */
function remembering<Signed extends object, Digest extends Hex>(
  digest: (signed: Signed) => Digest,
  textOf: (signed: Signed) => string,
): (signed: Signed) => Digest {
  const digests = new Map<string, Digest>()
  return rememberingObjects((signed) => {
    const key = textOf(signed)
    let known = digests.get(key)
    if (known === undefined) {
      if (digests.size >= MEMORY_LIMIT) digests.clear()
      known = digest(signed)
      digests.set(key, known)
    }
    return known
  })
}

/** Every node ranks the same signers. */
export function rememberingLots(): CoSignLots {
  const drawn = new RecentMap<StatementId, ReturnType<CoSignLots>>({ limit: LOTS_LIMIT })
  return (id) => {
    const known = drawn.get(id)
    if (known !== undefined) return known
    const [lotOf, lots] = [drawLots(id), new Map<Address, Uint8Array>()]
    const sharedLotOf = (signer: Address): Uint8Array => {
      const lot = lots.get(signer) ?? lotOf(signer)
      lots.set(signer, lot)
      return lot
    }
    drawn.set(id, sharedLotOf)
    return sharedLotOf
  }
}

/** Four bytes of s, which hardly any two signatures have in common. */
function middleOf(signature: Uint8Array): number {
  const [a, b, c, d] = [signature[34] ?? 0, signature[35] ?? 0, signature[36] ?? 0, signature[37] ?? 0]
  return (a << 24) | (b << 16) | (c << 8) | d
}
