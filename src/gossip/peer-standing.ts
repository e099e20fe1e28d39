import type { Address } from '../core/address.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { Severity } from '../core/verdict.ts'
import type { ExpectedTraffic } from './expected-traffic.ts'
import { Expulsions, type ExpulsionsComponents } from './expulsions.ts'
import { type BucketSetting, TokenBucket, TokenBuckets } from './token-bucket.ts'
import { TimeBudget, type VerificationBudget } from './verification-budget.ts'

/** Peers whose buckets are kept at a time. */
const PEERS_LIMIT = 4_096
/** Points for a falsehood, and how many a peer may collect; they are forgiven within ten minutes. */
const FAULT_POINTS: Readonly<Record<Severity, number>> = { mild: 2, grave: 5 }
const FAULTS: BucketSetting = { capacity: 20, refillPerSecond: 20 / 600 }
/** Questions of one peer that are refused as too many: honest ones wait for seconds after each. */
const QUESTIONS_IN_VAIN: BucketSetting = { capacity: 128, refillPerSecond: 2 }
/** Time for verifying what peers send whom nobody vouches for, all of them together. */
const UNVOUCHED_TIME = { burstMs: 400, share: 0.2 }
/** The same of the peer of one signer. A round comes in one burst, and all of it perhaps by one peer. */
const VOUCHED_TIME = { burstMs: 4_000, share: 0.5 }
/**
 * The status by which a peer says itself who it is: verified at other expense, or a flood from peers that nobody knows
 * would keep everybody else from being vouched for.
 */
const INTRODUCTIONS = { burstMs: 200, share: 0.05 }
/** How often one peer may: as often as others take a status of it, and once more. */
const INTRODUCTIONS_OF_ONE: BucketSetting = { capacity: 2, refillPerSecond: 1 / 7.5 }
/** Connections that unknown peers may make, at once and a second. A cluster that starts together needs them at once. */
const ADMISSIONS: BucketSetting = { capacity: 64, refillPerSecond: 10 }
/** The same of one peer, which may come and go without any offence. */
const ADMISSIONS_OF_ONE: BucketSetting = { capacity: 4, refillPerSecond: 1 / 15 }
/** Expulsions of unknown peers after which none is let in: who floods under ever new peer ids gets in once in 4 s. */
const EXPULSIONS: BucketSetting = { capacity: 8, refillPerSecond: 0.25 }
/** Connected peers that nobody vouches for: the other places are kept for those of signers. */
const UNVOUCHED_LIMIT = 200
/** What gossipsub is told of a peer that is expelled: below every threshold. */
const EXPELLED_SCORE = -1_000

/** Who sent a message, as the judges see it. */
export interface Sender {
  readonly peerId: string
  /** Time for verifying what it sends. */
  readonly budget: VerificationBudget
  /** Notes a signature that was recovered in vain: its signer does not count. */
  wasted(): void
}

export interface PeerStandingComponents extends ExpulsionsComponents {
  /** The allowed signers whose status names this peer: its own, and whoever else says so. */
  readonly vouchersOf: (peerId: string) => readonly string[]
  /** Whether one did lately. */
  readonly wasVouched: (peerId: string) => boolean
  /** Who is connected now. */
  readonly connectedPeers: () => readonly string[]
}

/** Buckets that hold more than all traffic of a network needs. */
export type TrafficLimits = Pick<ExpectedTraffic, 'messageBucket' | 'byteBucket' | 'signatureBucket' | 'wasteBucket'>

/**
 * What this node thinks of its peers. Only a flood empties a bucket; who floods or lies is expelled for a while. Peers
 * that no signer vouches for are also measured together, since a new peer id costs nothing.
 */
export class PeerStanding {
  readonly #components: PeerStandingComponents
  readonly #expulsions: Expulsions
  readonly #messages: TokenBuckets<string>
  readonly #bytes: TokenBuckets<string>
  readonly #waste: TokenBuckets<string>
  readonly #faults: TokenBuckets<string>
  readonly #introduced: TokenBuckets<string>
  readonly #inVain: TokenBuckets<string>
  readonly #signatures: TokenBuckets<Address>
  readonly #admissions: TokenBucket
  readonly #admitted: TokenBuckets<string>
  readonly #expelled: TokenBucket
  readonly #unvouched: { readonly messages: TokenBucket; readonly bytes: TokenBucket; readonly time: TimeBudget }
  readonly #vouchedTime = new RecentMap<string, TimeBudget>({ limit: PEERS_LIMIT })
  /** Time for statuses by which peers say who they are. */
  readonly introductions: VerificationBudget

  constructor(components: PeerStandingComponents, limits: TrafficLimits) {
    const { clock } = components
    const nowMs = clock.now().monoMs
    this.#components = components
    this.#expulsions = new Expulsions(components)
    this.#messages = perKey(limits.messageBucket)
    this.#bytes = perKey(limits.byteBucket)
    this.#waste = perKey(limits.wasteBucket)
    this.#faults = perKey(FAULTS)
    this.#introduced = perKey(INTRODUCTIONS_OF_ONE)
    this.#inVain = perKey(QUESTIONS_IN_VAIN)
    this.#signatures = perKey(limits.signatureBucket)
    this.#admissions = new TokenBucket(ADMISSIONS, nowMs)
    this.#admitted = perKey(ADMISSIONS_OF_ONE)
    this.#expelled = new TokenBucket(EXPULSIONS, nowMs)
    this.#unvouched = {
      messages: new TokenBucket(limits.messageBucket, nowMs),
      bytes: new TokenBucket(limits.byteBucket, nowMs),
      time: new TimeBudget({ clock }, UNVOUCHED_TIME),
    }
    this.introductions = new TimeBudget({ clock }, INTRODUCTIONS)
  }

  /**
   * Whether a message of so many bytes may be looked at; a peer whose own bucket is empty is expelled.
   *
   * @param together - whether peers for whom nobody vouches are measured together as well
   */
  admitsMessage(peerId: string, { bytes, together }: { readonly bytes: number; readonly together: boolean }): boolean {
    if (this.isExpelled(peerId)) return false
    const { vouchersOf, clock } = this.#components
    const { monoMs } = clock.now()
    if (!this.#takeMessage(peerId, bytes)) {
      this.#expel(peerId, { reason: 'flood', why: 'it sends more than the whole network has to say' })
      return false
    }
    // A signer that has used up what it has and then names the peer of another makes that a stranger at most.
    if (vouchersOf(peerId).some((signer) => this.#takeMessage(signer, bytes)) || !together) return true
    return this.#unvouched.messages.take(1, monoMs) && this.#unvouched.bytes.take(bytes, monoMs)
  }

  /** Whether a peer that connects of its own accord may stay. Peers of signers always may, unless they are expelled. */
  admitsConnection(peerId: string): boolean {
    if (this.isExpelled(peerId)) return false
    const { wasVouched, connectedPeers, clock } = this.#components
    if (this.#isVouched(peerId) || wasVouched(peerId)) return true
    if (connectedPeers().filter((other) => !this.#isVouched(other)).length >= UNVOUCHED_LIMIT) return false
    const { monoMs } = clock.now()
    if (this.#expelled.available(monoMs) < 1) return false
    return this.#admitted.take(peerId, 1, monoMs) && this.#admissions.take(1, monoMs)
  }

  /** Notes that a peer sent what it could have seen to be false. */
  blame(peerId: string, { code, severity }: { readonly code: string; readonly severity: Severity }): void {
    const { monoMs } = this.#components.clock.now()
    if (this.#keysOf(peerId).some((key) => this.#faults.take(key, FAULT_POINTS[severity], monoMs))) return
    this.#expel(peerId, { reason: 'lies', why: `it sends what is provably false, as ${code}` })
  }

  /** Notes that a peer asked one question too many. */
  askedInVain(peerId: string): void {
    const { monoMs } = this.#components.clock.now()
    if (this.#keysOf(peerId).some((key) => this.#inVain.take(key, 1, monoMs))) return
    this.#expel(peerId, { reason: 'flood', why: 'it asks more than it needs to know' })
  }

  /** Whether so many more signatures of a signer may count: of an honest one there are never so many. */
  admitsSignatures(signer: Address, count: number): boolean {
    return this.#signatures.available(signer, this.#components.clock.now().monoMs) >= count
  }

  /** Notes that a signature of a signer counts. */
  chargeSignature(signer: Address): void {
    this.#signatures.charge(signer, 1, this.#components.clock.now().monoMs)
  }

  /** Whether a peer may have its own status verified once more at the expense of {@link introductions}. */
  admitsIntroduction(peerId: string): boolean {
    return this.#introduced.take(peerId, 1, this.#components.clock.now().monoMs)
  }

  /** The lane in which what a peer sends waits: that of its signer, or the one of all whom nobody vouches for. */
  laneOf(peerId: string): string {
    return this.#components.vouchersOf(peerId)[0] ?? 'unvouched'
  }

  senderOf(peerId: string): Sender {
    const times = this.#components.vouchersOf(peerId).map((signer) => this.#timeOf(signer))
    return {
      peerId,
      budget: times.find((time) => time.hasTime()) ?? times[0] ?? this.#unvouched.time,
      wasted: () => this.#noteWaste(peerId),
    }
  }

  isExpelled(peerId: string): boolean {
    return this.#expulsions.isExpelled(peerId)
  }

  /** What gossipsub adds to its own score of a peer. */
  scoreOf(peerId: string): number {
    return this.isExpelled(peerId) ? EXPELLED_SCORE : 0
  }

  #isVouched(peerId: string): boolean {
    return this.#components.vouchersOf(peerId).length > 0
  }

  /** What is measured: signers, whichever peers they name one after another, or a peer. */
  #keysOf(peerId: string): readonly string[] {
    const signers = this.#components.vouchersOf(peerId)
    return signers.length > 0 ? signers : [peerId]
  }

  #takeMessage(key: string, bytes: number): boolean {
    const { monoMs } = this.#components.clock.now()
    return this.#messages.take(key, 1, monoMs) && this.#bytes.take(key, bytes, monoMs)
  }

  #timeOf(signer: string): TimeBudget {
    const known = this.#vouchedTime.get(signer) ?? new TimeBudget(this.#components, VOUCHED_TIME)
    // Set anew at every use: what is forgotten was used longest ago.
    this.#vouchedTime.set(signer, known)
    return known
  }

  #noteWaste(peerId: string): void {
    const { monoMs } = this.#components.clock.now()
    if (this.#keysOf(peerId).some((key) => this.#waste.take(key, 1, monoMs))) return
    this.#expel(peerId, { reason: 'waste', why: 'it has signatures verified that count nowhere' })
  }

  #expel(peerId: string, cause: { readonly reason: string; readonly why: string }): void {
    if (this.isExpelled(peerId)) return
    this.#expulsions.expel(peerId, cause)
    if (!this.#isVouched(peerId)) this.#expelled.charge(1, this.#components.clock.now().monoMs)
  }
}

function perKey<Key>(setting: BucketSetting): TokenBuckets<Key> {
  return new TokenBuckets({ ...setting, limit: PEERS_LIMIT })
}
