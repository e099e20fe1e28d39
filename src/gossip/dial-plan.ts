import type { Random } from '../core/clock.ts'
import type { RetryPace } from '../core/retry-delay.ts'
import { Attempts } from './attempts.ts'
import { type DialledPeer, KnownPeers, type Noted } from './known-peers.ts'
import { peerIdIn, withoutPeerId } from './peer-addresses.ts'
import type { KnownPeer } from './peer-book.ts'

/**
 * Fast at first, since nodes that start together find each other within a second; and never slower than this, so that
 * a bootstrap that returns is rejoined in less than 12 s and one dial.
 */
export const BOOTSTRAP_PACE: RetryPace = { firstMs: 200, capMs: 12_000 }
/** Asking the DHT costs every peer a message; two nodes alone ask once a minute. */
export const SEARCH_PACE: RetryPace = { firstMs: 1_000, capMs: 60_000 }

/** A connection that ends sooner than this was no success: a peer that closes each at once must not be dialled without end. */
export const STEADY_MS = 10_000

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

interface Bootstrap {
  readonly address: string
  readonly attempts: Attempts
  /** Who answered there last. */
  peerId: string | undefined
}

/**
 * Whom to dial and when to look for more: every bootstrap address always, other peers while there are fewer than the
 * target. It decides and remembers; who drives it does the dialling and tells it what came of that. Times are readings
 * of the monotonic clock in milliseconds.
 */
export class DialPlan {
  readonly #random: Random
  readonly #options: DialPlanOptions
  readonly #bootstraps: Map<string, Bootstrap>
  readonly #peers: KnownPeers
  readonly #connectedSince = new Map<string, number>()
  readonly #search: Attempts
  #searchSoonAgainMs = Number.NEGATIVE_INFINITY

  constructor({ random, forget }: DialPlanComponents, options: DialPlanOptions) {
    this.#random = random
    this.#options = options
    this.#bootstraps = new Map(
      options.bootstrapAddresses.map((address) => [
        address,
        { address, attempts: new Attempts({ random }, BOOTSTRAP_PACE), peerId: peerIdIn(address) },
      ]),
    )
    const isConnected = (peerId: string): boolean => this.#connectedSince.has(peerId)
    this.#peers = new KnownPeers({ random, forget, isConnected }, options)
    this.#search = new Attempts({ random }, SEARCH_PACE)
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

  /** Takes note of a peer, as {@link KnownPeers.know} does. */
  know(peer: KnownPeer, how: { readonly proven: boolean }): Noted {
    return this.#peers.know(peer, how)
  }

  /** What is due now. The dials and the search count as under way until their end is told. */
  next(nowMs: number): NextSteps {
    const dials: DialTarget[] = []
    for (const bootstrap of this.#bootstraps.values()) {
      if (!this.#idle(bootstrap) || bootstrap.attempts.dueMs > nowMs) continue
      bootstrap.attempts.underWay = true
      dials.push({ kind: 'bootstrap', address: bootstrap.address })
    }
    for (const peer of this.#mostPromising(nowMs)) {
      peer.attempts.underWay = true
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
    if (!this.#connectedSince.has(peerId)) attempts.retryLater(nowMs)
  }

  /** A dial failed. A peer that goes on failing is forgotten, but by no node that is alone: the fault may be its own. */
  failed(target: DialTarget, nowMs: number): void {
    const attempts = this.#attemptsOf(target)
    if (attempts === undefined) return
    attempts.underWay = false
    attempts.retryLater(nowMs)
    if (target.kind === 'peer' && this.connected > 0) this.#peers.strike(target.peerId)
  }

  /** Never dials this bootstrap address again: it turned out to be ourselves. */
  drop(address: string): void {
    this.#bootstraps.delete(address)
  }

  /** A search ended. Having found somebody new is a reason to ask again soon. */
  searched({ foundNew, nowMs }: { readonly foundNew: boolean; readonly nowMs: number }): void {
    this.#search.underWay = false
    if (foundNew) this.#search.forgive()
    this.#search.retryLater(nowMs)
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
    const retry = (attempts: Attempts): void => (steady ? attempts.retrySoon(nowMs) : attempts.retryLater(nowMs))
    const peer = this.#peers.get(peerId)
    if (peer !== undefined) retry(peer.attempts)
    if (steady) this.#peers.pardon(peerId)
    for (const bootstrap of this.#bootstraps.values()) {
      if (bootstrap.peerId === peerId) retry(bootstrap.attempts)
    }
    if (steady) this.#searchSoon(nowMs)
  }

  #attemptsOf(target: DialTarget): Attempts | undefined {
    const known = target.kind === 'peer' ? this.#peers.get(target.peerId) : this.#bootstraps.get(target.address)
    return known?.attempts
  }

  #idle({ attempts, peerId }: Bootstrap): boolean {
    return !attempts.underWay && (peerId === undefined || !this.#connectedSince.has(peerId))
  }

  /** How many more peers may be dialled. */
  #openings(): number {
    let dialling = 0
    for (const peer of this.#peers.values()) if (peer.attempts.underWay) dialling += 1
    return Math.max(0, this.#options.targetPeers - this.gathered - dialling)
  }

  *#dialable(): Iterable<DialledPeer> {
    for (const peer of this.#peers.values()) {
      if (peer.attempts.underWay || this.#connectedSince.has(peer.peerId) || this.#isCovered(peer)) continue
      if (this.#options.isWanted?.(peer.peerId) !== false) yield peer
    }
  }

  /** As many as there are openings: fewest failures first, then those that were connected before, then by lot. */
  #mostPromising(nowMs: number): DialledPeer[] {
    const openings = this.#openings()
    if (openings === 0) return []
    const due = [...this.#dialable()].filter(({ attempts }) => attempts.dueMs <= nowMs)
    return due
      .map((peer) => ({ peer, rank: peer.attempts.failures * 2 + (peer.proven ? 0 : 1), lot: this.#random() }))
      .toSorted((a, b) => a.rank - b.rank || a.lot - b.lot)
      .slice(0, openings)
      .map(({ peer }) => peer)
  }

  /** A peer that lives at a bootstrap address is dialled as that, while it answers there: two dials leave two connections. */
  #isCovered(peer: DialledPeer): boolean {
    for (const { address, peerId, attempts } of this.#bootstraps.values()) {
      if (attempts.failures > 0) continue
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
    this.#search.retrySoon(nowMs)
  }

  #wakeMs(): number | undefined {
    const due: number[] = []
    for (const bootstrap of this.#bootstraps.values()) if (this.#idle(bootstrap)) due.push(bootstrap.attempts.dueMs)
    if (this.#searchWanted()) due.push(this.#search.dueMs)
    if (this.#openings() > 0) for (const peer of this.#dialable()) due.push(peer.attempts.dueMs)
    return due.length === 0 ? undefined : Math.min(...due)
  }
}
