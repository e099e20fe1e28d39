import { type CoSignLots, drawLots } from '../src/consensus/co-sign-turn.ts'
import type { Address } from '../src/core/address.ts'
import { nobleSecp256k1 } from '../src/core/noble-secp256k1.ts'
import { loadSecp256k1 } from '../src/core/load-secp256k1.ts'
import type { Refusal } from '../src/core/refusal.ts'
import type { Secp256k1 } from '../src/core/signature.ts'
import type { NodeReport, NodeStatus } from '../src/core/status.ts'
import { type Hex, equalBytes } from '../src/core/hex.ts'
import type { PriceStatement, StatementId } from '../src/core/statement.ts'
import { RecentMap } from '../src/core/recent-map.ts'
import { createDigest, createRefusalDigest, createStatusDigest } from '../src/core/typed-data.ts'
import { createKeyedHashCurve } from '../test/helpers/keyed-hash-curve.ts'
import { GossipNetwork } from './gossip-network.ts'
import { PriceWorld } from './price-world.ts'
import { type RandomStreams, randomStreams } from './random-streams.ts'
import type { Scenario } from './scenario.ts'
import { Scheduler } from './scheduler.ts'
import { ExchangeDesk } from './simulated-exchange.ts'
import { type Trace, createTrace } from './trace.ts'

/** What all nodes of one run have in common. */
export interface World {
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly streams: RandomStreams
  readonly network: GossipNetwork
  readonly desk: ExchangeDesk
  readonly prices: PriceWorld
  readonly curve: Secp256k1
  readonly digest: (statement: PriceStatement) => StatementId
  readonly statusDigest: (status: NodeStatus) => Hex
  readonly refusalDigest: (refusal: Refusal) => Hex
  readonly lots: CoSignLots
  readonly trace: Trace
}

export function createWorld(
  scenario: Scenario,
  { write }: { readonly write?: ((line: string) => void) | undefined } = {},
): World {
  const scheduler = new Scheduler()
  const streams = randomStreams(scenario.seed)
  return {
    scenario,
    scheduler,
    streams,
    network: new GossipNetwork(scheduler, streams),
    desk: new ExchangeDesk(),
    prices: new PriceWorld(scheduler, scenario.seed),
    curve: rememberingCurve(scenario.realKeys ? loadSecp256k1().curve : createKeyedHashCurve()),
    digest: rememberingDigest(),
    statusDigest: rememberingStatusDigest(),
    refusalDigest: rememberingRefusalDigest(),
    lots: rememberingLots(),
    trace: createTrace({ nowUs: () => scheduler.nowUs, write }),
  }
}

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
function rememberingCurve(curve: Secp256k1): Secp256k1 {
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
      const key = latin1(privateKey)
      if (!addresses.has(key)) addresses.set(key, nobleSecp256k1.addressOf(privateKey))
      return addresses.get(key)
    },
  }
}

function rememberingDigest(): World['digest'] {
  return remembering(
    createDigest(),
    ({ network, pair, price, round, observedAt, source, proposer }) =>
      `${network} ${pair} ${price} ${round} ${observedAt} ${source} ${proposer}`,
  )
}

/** Reports are long, so they are compared and no part of the key: a process says one thing at a time. */
function rememberingStatusDigest(): World['statusDigest'] {
  const digest = createStatusDigest()
  const known = new Map<string, { readonly report: NodeReport; readonly digest: Hex }>()
  return (status) => {
    const { peerId, instance, sequence, sentAt, agent, constants, report } = status
    // Every node says the same of its network, mostly in the same words.
    const key = `${peerId} ${instance} ${sequence} ${sentAt} ${agent} ${Object.values(constants).join(' ')}`
    const before = known.get(key)
    if (before !== undefined && isSame(before.report, report)) return before.digest
    if (known.size >= STATUSES_LIMIT) known.clear()
    const found = digest(status)
    known.set(key, { report, digest: found })
    return found
  }
}

function isSame({ peers, received, ...rest }: NodeReport, other: NodeReport): boolean {
  return (
    Object.entries(rest).every(([name, value]) => value === other[name as keyof NodeReport]) &&
    peers.length === other.peers.length &&
    peers.every((peer, index) => peer === other.peers[index]) &&
    received.length === other.received.length &&
    received.every(({ signer, statements, signatures }, index) => {
      const there = other.received[index]
      return signer === there?.signer && statements === there.statements && signatures === there.signatures
    })
  )
}

function rememberingRefusalDigest(): World['refusalDigest'] {
  return remembering(
    createRefusalDigest(),
    ({ network, statement, reason, ownPrice, signedInstead, refusedAt }) =>
      `${network} ${statement} ${reason} ${ownPrice} ${signedInstead} ${refusedAt}`,
  )
}

/** `digest`, which is asked once for what is the same text. */
function remembering<Signed, Digest extends Hex>(
  digest: (signed: Signed) => Digest,
  textOf: (signed: Signed) => string,
): (signed: Signed) => Digest {
  const digests = new Map<string, Digest>()
  return (signed) => {
    const key = textOf(signed)
    let known = digests.get(key)
    if (known === undefined) {
      if (digests.size >= MEMORY_LIMIT) digests.clear()
      known = digest(signed)
      digests.set(key, known)
    }
    return known
  }
}

/** Every node ranks the same signers. */
function rememberingLots(): CoSignLots {
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

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1')
}
