import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../core/clock.ts'
import { peerIdIn, withoutPeerId } from './peer-addresses.ts'
import type { KnownPeer } from './peer-book.ts'
import { type RetryPace, retryDelayMs } from '../core/retry-delay.ts'

/**
 * Fast at first, since nodes that start together find each other within a second; and never slower than this, so that
 * a bootstrap that returns is rejoined in less than 12 s and one dial.
 */
export const BOOTSTRAP_PACE: RetryPace = { firstMs: 200, capMs: 12_000 }
export const PEER_PACE: RetryPace = { firstMs: 500, capMs: 60_000 }
/** Asking the DHT costs every peer a message; two nodes alone ask once a minute. */
export const SEARCH_PACE: RetryPace = { firstMs: 1_000, capMs: 60_000 }

/** A connection that ends sooner than this was no success: a peer that closes each at once must not be dialled without end. */
export const STEADY_MS = 10_000
/** Failed dials in a row after which a peer is forgotten: half an hour of them. */
export const STRIKES_LIMIT = 30
/** Peers heard of and not connected; a stranger can make up any number. */
export const KNOWN_LIMIT = 512

export type DialTarget =
  | { readonly kind: 'bootstrap'; readonly address: string }
  | { readonly kind: 'peer'; readonly peerId: string; readonly addresses: readonly string[] }

/** What to do now, and when to ask again if nothing happens before. */
export interface NextSteps {
  readonly dials: readonly DialTarget[]
  readonly search: boolean
  /** Monotonic clock, milliseconds; undefined when only an event can give a reason. */
  readonly wakeMs: number | undefined
}

export interface DialPlanComponents {
  readonly random: Random
  /** Told of every peer that is given up. */
  readonly forget: (peerId: string) => void
}

export interface DialPlanOptions {
  readonly selfId: string
  readonly bootstrapAddresses: readonly string[]
  /** Peers to be connected to beside the bootstrap addresses. */
  readonly targetPeers: number
  /** Peers it says no to are never dialled. */
  readonly isWanted?: ((peerId: string) => boolean) | undefined
}

interface Attempts {
  underWay: boolean
  /** In a row; they make the wait. */
  failures: number
  /** Failures of its own doing, in a row; they end in being given up. */
  strikes: number
  dueMs: number
}

const fresh = (): Attempts => ({ underWay: false, failures: 0, strikes: 0, dueMs: 0 })

interface Bootstrap extends Attempts {
  readonly address: string
  /** Who answered there last. */
  peerId: string | undefined
}

interface Peer extends Attempts {
  readonly peerId: string
  addresses: readonly string[]
  /** It was connected once, here or according to the book. */
  proven: boolean
}

/**
 * Whom to dial and when to look for more: every bootstrap address always, other peers while there are fewer than the
 * target. It decides and remembers; who drives it does the dialling and tells it what came of that. Times are readings
 * of the monotonic clock in milliseconds.
 */
export class DialPlan {
  readonly #random: Random
  readonly #forget: (peerId: string) => void
  readonly #options: DialPlanOptions
  readonly #bootstraps: Map<string, Bootstrap>
  readonly #peers = new Map<string, Peer>()
  readonly #connectedSince = new Map<string, number>()
  readonly #search = fresh()
  #searchSoonAgainMs = Number.NEGATIVE_INFINITY

  constructor({ random, forget }: DialPlanComponents, options: DialPlanOptions) {
    this.#random = random
    this.#forget = forget
    this.#options = options
    this.#bootstraps = new Map(
      options.bootstrapAddresses.map((address) => [address, { ...fresh(), address, peerId: peerIdIn(address) }]),
    )
  }

  /** How many peers are connected. */
  get connected(): number {
    return this.#connectedSince.size
  }

  /** How many peers beside those at bootstrap addresses are connected. */
  get gathered(): number {
    let count = this.#connectedSince.size
    for (const peerId of new Set([...this.#bootstraps.values()].map((bootstrap) => bootstrap.peerId))) {
      if (peerId !== undefined && this.#connectedSince.has(peerId)) count -= 1
    }
    return count
  }

  /**
   * Takes note of a peer. What is only heard of its addresses never replaces what was known to work.
   *
   * @param proven - it was connected, so it also goes before those that are only heard of
   * @returns `refused`: it is ourselves, or there is no room
   */
  know(
    { peerId, addresses }: KnownPeer,
    { proven }: { readonly proven: boolean },
  ): 'new' | 'changed' | 'same' | 'refused' {
    if (peerId === this.#options.selfId) return 'refused'
    const known = this.#peers.get(peerId)
    if (known === undefined) {
      if (this.#peers.size >= KNOWN_LIMIT && !(proven && this.#makeRoom())) return 'refused'
      this.#peers.set(peerId, { ...fresh(), peerId, addresses, proven })
      return 'new'
    }
    if (known.proven && (!proven || isDeepStrictEqual(known.addresses, addresses))) return 'same'
    known.addresses = addresses
    known.proven = proven
    return 'changed'
  }

  /** What is due now. The dials and the search count as under way until their end is told. */
  next(nowMs: number): NextSteps {
    const dials: DialTarget[] = []
    for (const bootstrap of this.#bootstraps.values()) {
      if (!this.#idle(bootstrap) || bootstrap.dueMs > nowMs) continue
      bootstrap.underWay = true
      dials.push({ kind: 'bootstrap', address: bootstrap.address })
    }
    for (const peer of this.#mostPromising(nowMs)) {
      peer.underWay = true
      dials.push({ kind: 'peer', peerId: peer.peerId, addresses: peer.addresses })
    }
    const search = this.#searchWanted() && this.#search.dueMs <= nowMs
    if (search) this.#search.underWay = true
    return { dials, search, wakeMs: this.#wakeMs() }
  }

  /** A dial ended in a connection to `peerId`, which may be gone again by now. */
  reached(target: DialTarget, { peerId, nowMs }: { readonly peerId: string; readonly nowMs: number }): void {
    const attempts = this.#attemptsOf(target)
    if (attempts === undefined) return
    attempts.underWay = false
    const bootstrap = target.kind === 'bootstrap' ? this.#bootstraps.get(target.address) : undefined
    if (bootstrap !== undefined) bootstrap.peerId = peerId
    if (!this.#connectedSince.has(peerId)) this.#retryLater(attempts, paceOf(target), nowMs)
  }

  /** A dial failed. A peer that goes on failing is forgotten, but by no node that is alone: the fault may be its own. */
  failed(target: DialTarget, nowMs: number): void {
    const attempts = this.#attemptsOf(target)
    if (attempts === undefined) return
    attempts.underWay = false
    this.#retryLater(attempts, paceOf(target), nowMs)
    if (target.kind === 'bootstrap' || this.connected === 0) return
    attempts.strikes += 1
    if (attempts.strikes >= STRIKES_LIMIT) this.#remove(target.peerId)
  }

  /** Never dials this bootstrap address again: it turned out to be ourselves. */
  drop(address: string): void {
    this.#bootstraps.delete(address)
  }

  /** A search ended. Having found somebody new is a reason to ask again soon. */
  searched({ foundNew, nowMs }: { readonly foundNew: boolean; readonly nowMs: number }): void {
    this.#search.underWay = false
    if (foundNew) this.#search.failures = 0
    this.#retryLater(this.#search, SEARCH_PACE, nowMs)
  }

  /** A peer is connected, by whichever side's doing. */
  joined(peerId: string, nowMs: number): void {
    this.#connectedSince.set(peerId, nowMs)
    if (this.#peers.get(peerId)?.proven !== true) this.#searchSoon(nowMs)
  }

  /** The last connection to a peer is gone. */
  gone(peerId: string, nowMs: number): void {
    const sinceMs = this.#connectedSince.get(peerId)
    if (sinceMs === undefined) return
    this.#connectedSince.delete(peerId)
    const steady = nowMs - sinceMs >= STEADY_MS
    const retry = steady ? this.#retrySoon.bind(this) : this.#retryLater.bind(this)
    const peer = this.#peers.get(peerId)
    if (peer !== undefined) {
      if (steady) peer.strikes = 0
      retry(peer, PEER_PACE, nowMs)
    }
    for (const bootstrap of this.#bootstraps.values()) {
      if (bootstrap.peerId === peerId) retry(bootstrap, BOOTSTRAP_PACE, nowMs)
    }
    if (steady) this.#searchSoon(nowMs)
  }

  #attemptsOf(target: DialTarget): Attempts | undefined {
    return target.kind === 'peer' ? this.#peers.get(target.peerId) : this.#bootstraps.get(target.address)
  }

  #retryLater(attempts: Attempts, pace: RetryPace, nowMs: number): void {
    attempts.dueMs = nowMs + retryDelayMs(this.#random, { ...pace, failures: attempts.failures })
    attempts.failures += 1
  }

  #retrySoon(attempts: Attempts, pace: RetryPace, nowMs: number): void {
    attempts.failures = 0
    attempts.dueMs = nowMs + retryDelayMs(this.#random, { ...pace, failures: 0 })
  }

  #idle({ underWay, peerId }: Bootstrap): boolean {
    return !underWay && (peerId === undefined || !this.#connectedSince.has(peerId))
  }

  /** How many more peers may be dialled. */
  #openings(): number {
    let dialling = 0
    for (const peer of this.#peers.values()) if (peer.underWay) dialling += 1
    return Math.max(0, this.#options.targetPeers - this.gathered - dialling)
  }

  *#dialable(): Iterable<Peer> {
    for (const peer of this.#peers.values()) {
      if (peer.underWay || this.#connectedSince.has(peer.peerId) || this.#isCovered(peer)) continue
      if (this.#options.isWanted?.(peer.peerId) !== false) yield peer
    }
  }

  /** As many as there are openings: fewest failures first, then those that were connected before, then by lot. */
  #mostPromising(nowMs: number): Peer[] {
    const openings = this.#openings()
    if (openings === 0) return []
    const due = [...this.#dialable()].filter(({ dueMs }) => dueMs <= nowMs)
    return due
      .map((peer) => ({ peer, rank: peer.failures * 2 + (peer.proven ? 0 : 1), lot: this.#random() }))
      .toSorted((a, b) => a.rank - b.rank || a.lot - b.lot)
      .slice(0, openings)
      .map(({ peer }) => peer)
  }

  /** A peer that lives at a bootstrap address is dialled as that, while it answers there: two dials leave two connections. */
  #isCovered(peer: Peer): boolean {
    for (const { address, peerId, failures } of this.#bootstraps.values()) {
      if (failures > 0) continue
      if (peerId === undefined ? peer.addresses.includes(withoutPeerId(address)) : peerId === peer.peerId) return true
    }
    return false
  }

  #searchWanted(): boolean {
    return !this.#search.underWay && this.connected > 0 && this.gathered < this.#options.targetPeers
  }

  /** Somebody new may know others. Peers that come and go make no more of it than this. */
  #searchSoon(nowMs: number): void {
    if (nowMs < this.#searchSoonAgainMs) return
    this.#searchSoonAgainMs = nowMs + STEADY_MS
    this.#retrySoon(this.#search, SEARCH_PACE, nowMs)
  }

  #wakeMs(): number | undefined {
    const due: number[] = []
    for (const bootstrap of this.#bootstraps.values()) if (this.#idle(bootstrap)) due.push(bootstrap.dueMs)
    if (this.#searchWanted()) due.push(this.#search.dueMs)
    if (this.#openings() > 0) for (const peer of this.#dialable()) due.push(peer.dueMs)
    return due.length === 0 ? undefined : Math.min(...due)
  }

  /** For a peer that is connected, one goes that was only heard of, or one that fails. */
  #makeRoom(): boolean {
    for (const { peerId, proven, failures, underWay } of this.#peers.values()) {
      if (underWay || this.#connectedSince.has(peerId) || (proven && failures === 0)) continue
      this.#remove(peerId)
      return true
    }
    return false
  }

  #remove(peerId: string): void {
    this.#peers.delete(peerId)
    this.#forget(peerId)
  }
}

function paceOf(target: DialTarget): RetryPace {
  return target.kind === 'bootstrap' ? BOOTSTRAP_PACE : PEER_PACE
}
