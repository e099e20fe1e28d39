import { isDeepStrictEqual } from 'node:util'
import type { Random } from '../core/clock.ts'
import type { RetryPace } from '../core/retry-delay.ts'
import { Attempts } from './attempts.ts'
import type { KnownPeer } from './peer-book.ts'

export const PEER_PACE: RetryPace = { firstMs: 500, capMs: 60_000 }
/** Failed dials in a row after which a peer is forgotten: half an hour of them. */
export const STRIKES_LIMIT = 30
/** Peers heard of and not connected; a stranger can make up any number. */
export const KNOWN_LIMIT = 512

export interface KnownPeersComponents {
  readonly random: Random
  readonly isConnected: (peerId: string) => boolean
  /** Told of every peer that is given up. */
  readonly forget: (peerId: string) => void
}

/** What became of what was heard of a peer; `refused`: it is ourselves, or there is no room. */
export type Noted = 'new' | 'changed' | 'same' | 'refused'

/** A peer that can be dialled, and what came of that. */
export interface DialledPeer {
  readonly peerId: string
  readonly attempts: Attempts
  readonly addresses: readonly string[]
  /** It was connected once, here or according to the book. */
  readonly proven: boolean
}

interface Peer extends DialledPeer {
  addresses: readonly string[]
  proven: boolean
  /** Failures of its own doing, in a row; they end in being given up. */
  strikes: number
}

/** The peers beside this node whose addresses are known, {@link KNOWN_LIMIT} of them. */
export class KnownPeers {
  readonly #components: KnownPeersComponents
  readonly #selfId: string
  readonly #peers = new Map<string, Peer>()

  constructor(components: KnownPeersComponents, { selfId }: { readonly selfId: string }) {
    this.#components = components
    this.#selfId = selfId
  }

  get(peerId: string): DialledPeer | undefined {
    return this.#peers.get(peerId)
  }

  values(): Iterable<DialledPeer> {
    return this.#peers.values()
  }

  /**
   * Takes note of a peer. What is only heard of its addresses never replaces what was known to work.
   *
   * @param proven - it was connected, so it also goes before those that are only heard of
   */
  know({ peerId, addresses }: KnownPeer, { proven }: { readonly proven: boolean }): Noted {
    if (peerId === this.#selfId) return 'refused'
    const known = this.#peers.get(peerId)
    if (known === undefined) {
      if (this.#peers.size >= KNOWN_LIMIT && !(proven && this.#makeRoom())) return 'refused'
      const attempts = new Attempts(this.#components, PEER_PACE)
      this.#peers.set(peerId, { peerId, addresses, proven, attempts, strikes: 0 })
      return 'new'
    }
    if (known.proven && (!proven || isDeepStrictEqual(known.addresses, addresses))) return 'same'
    known.addresses = addresses
    known.proven = proven
    return 'changed'
  }

  /** A peer could not be reached, and that was its own doing: after {@link STRIKES_LIMIT} in a row it is given up. */
  strike(peerId: string): void {
    const peer = this.#peers.get(peerId)
    if (peer === undefined) return
    peer.strikes += 1
    if (peer.strikes >= STRIKES_LIMIT) this.#remove(peerId)
  }

  /** A peer has been connected for long enough that its strikes count no more. */
  pardon(peerId: string): void {
    const peer = this.#peers.get(peerId)
    if (peer !== undefined) peer.strikes = 0
  }

  /** For a peer that is connected, one goes that was only heard of, or one that fails. */
  #makeRoom(): boolean {
    for (const { peerId, proven, attempts } of this.#peers.values()) {
      const isGood = proven && attempts.failures === 0
      if (attempts.underWay || this.#components.isConnected(peerId) || isGood) continue
      this.#remove(peerId)
      return true
    }
    return false
  }

  #remove(peerId: string): void {
    this.#peers.delete(peerId)
    this.#components.forget(peerId)
  }
}
