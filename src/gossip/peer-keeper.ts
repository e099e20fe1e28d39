import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { DialFailure, type DialFailureCode } from './dial-failure.ts'
import { DialPlan, type DialTarget } from './dial-plan.ts'
import { JoinLog } from './join-log.ts'
import type { PeerHost } from './peer-host.ts'
import { peerIdIn } from './peer-addresses.ts'
import type { KnownPeer, PeerBook } from './peer-book.ts'
import { type PeerLinks, createPeerLinks } from './peer-links.ts'

/** A dial that takes longer has failed. With the longest wait between two it stays well within 30 s. */
export const DIAL_TIMEOUT_MS = 5_000
const SEARCH_TIMEOUT_MS = 10_000
/** Told only of an address where this goes on. */
const CLOSED = 'it closes the connection again; see that its GP_ALLOWPEERS, if set, names this node'

export interface PeerKeeperComponents {
  readonly links: PeerLinks
  readonly peerBook: PeerBook
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly counters: Counters
  /** Peers it says no to are never dialled; those at bootstrap addresses always are. */
  readonly isWanted?: ((peerId: string) => boolean) | undefined
}

export interface PeerKeeperOptions {
  /** Multiaddrs, with or without `/p2p/…`: bootstrap nodes or any other. */
  readonly bootstrapAddresses: readonly string[]
  /** Connections to keep beside those; where the network is smaller, everybody is connected. */
  readonly targetPeers: number
}

/**
 * A peer keeper over a libp2p node, which by itself dials nobody.
 *
 * @see PeerKeeper
 */
export function createPeerKeeper(
  { host, ...components }: Omit<PeerKeeperComponents, 'links'> & { readonly host: PeerHost },
  options: PeerKeeperOptions,
): PeerKeeper {
  return new PeerKeeper({ ...components, links: createPeerLinks(host) }, options)
}

/**
 * Keeps a node connected for as long as it runs: the bootstrap addresses first, then the peers of the book, then whom
 * the DHT knows. What is lost is dialled again with growing waits. {@link DialPlan} decides; this does, on events and
 * on one timer.
 */
export class PeerKeeper {
  readonly #components: PeerKeeperComponents
  readonly #logger: Logger
  readonly #plan: DialPlan
  readonly #log: JoinLog
  readonly #bootstraps: Map<string, string | undefined>
  readonly #underWay = new Map<Promise<void>, AbortController>()
  #unwatch: (() => void) | undefined
  #cancelTimer: (() => void) | undefined
  #found = 0
  #searches = 0

  constructor(components: PeerKeeperComponents, { bootstrapAddresses, targetPeers }: PeerKeeperOptions) {
    const { links, peerBook, random, clock, logger, isWanted } = components
    this.#components = components
    this.#logger = logger
    const forget = (peerId: string): void => this.#withBook(() => peerBook.forget(peerId))
    this.#plan = new DialPlan({ random, forget }, { selfId: links.selfId, bootstrapAddresses, targetPeers, isWanted })
    this.#log = new JoinLog({ clock, logger })
    this.#bootstraps = new Map(bootstrapAddresses.map((address) => [address, peerIdIn(address)]))
  }

  start(): void {
    if (this.#unwatch !== undefined) return
    const { links, peerBook } = this.#components
    this.#withBook(() => {
      for (const peer of peerBook.load()) this.#plan.know(peer, { proven: true })
    })
    this.#unwatch = links.watch({
      joined: (peerId) => this.#onJoined(peerId),
      gone: (peerId) => this.#onGone(peerId),
      found: (peer) => this.#onFound(peer),
      identified: (peer) => this.#onIdentified(peer),
    })
    for (const peerId of links.peers()) this.#onJoined(peerId)
    this.#step()
  }

  /** Dials nobody any more; what is connected stays so. Resolves when nothing is under way. */
  async stop(): Promise<void> {
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
    this.#log.stop()
    for (const controller of this.#underWay.values()) controller.abort()
    await Promise.all(this.#underWay.keys())
  }

  #nowMs(): number {
    return this.#components.clock.now().monoMs
  }

  #step(): void {
    if (this.#unwatch === undefined) return
    const nowMs = this.#nowMs()
    const { dials, search, wakeMs } = this.#plan.next(nowMs)
    for (const target of dials) this.#run(DIAL_TIMEOUT_MS, (signal) => this.#dial(target, signal))
    if (search) this.#run(SEARCH_TIMEOUT_MS, (signal) => this.#search(signal))
    this.#cancelTimer?.()
    this.#cancelTimer =
      wakeMs === undefined ? undefined : this.#components.clock.after(wakeMs - nowMs, () => this.#step())
  }

  #run(timeoutMs: number, task: (signal: AbortSignal) => Promise<void>): void {
    const controller = new AbortController()
    const cancel = this.#components.clock.after(timeoutMs, () => controller.abort())
    const running = task(controller.signal).finally(() => {
      cancel()
      this.#underWay.delete(running)
      this.#step()
    })
    this.#underWay.set(running, controller)
  }

  async #dial(target: DialTarget, signal: AbortSignal): Promise<void> {
    const { links, counters } = this.#components
    try {
      const peerId = await links.dial(target, signal)
      counters.add('gp_dials_total', { target: target.kind, outcome: 'connected' })
      this.#plan.reached(target, { peerId, nowMs: this.#nowMs() })
      if (target.kind === 'bootstrap') this.#onReached(target.address, peerId)
    } catch (error) {
      const { code, message } = error instanceof DialFailure ? error : new DialFailure('other', String(error))
      // Stopping ends dials too; that says nothing of whom they were for.
      if (this.#unwatch === undefined) return
      counters.add('gp_dials_total', { target: target.kind, outcome: code })
      this.#onFailed(target, code, message)
    }
  }

  async #search(signal: AbortSignal): Promise<void> {
    const { links, random, counters } = this.#components
    const before = this.#found
    // Near ourselves live those we should know; elsewhere, in a large network, those that they do not.
    const key = this.#searches++ % 2 === 0 ? 'self' : Uint8Array.from({ length: 32 }, () => Math.floor(random() * 256))
    counters.add('gp_peer_searches_total')
    try {
      const answers = await links.search(key, signal)
      this.#logger.debug('searched for peers', { answers, found: this.#found - before })
    } catch (error) {
      this.#logger.debug('the search for peers had no end', { error })
    }
    this.#plan.searched({ foundNew: this.#found > before, nowMs: this.#nowMs() })
  }

  #onReached(address: string, peerId: string): void {
    this.#bootstraps.set(address, peerId)
    if (this.#components.links.peers().includes(peerId)) this.#log.reachable(address)
    else this.#log.unreachable(address, CLOSED)
  }

  #onFailed(target: DialTarget, code: DialFailureCode, reason: string): void {
    this.#plan.failed(target, this.#nowMs())
    if (target.kind === 'peer') {
      this.#logger.debug('a peer cannot be reached', { peer: target.peerId, reason })
    } else if (code === 'self') {
      this.#plan.drop(target.address)
      this.#bootstraps.delete(target.address)
      this.#log.itself(target.address)
    } else {
      this.#log.unreachable(target.address, reason)
    }
  }

  #onJoined(peerId: string): void {
    this.#plan.joined(peerId, this.#nowMs())
    this.#logger.debug('a peer is connected', { peer: peerId, peers: this.#plan.connected })
    this.#log.peers(this.#plan.connected)
    for (const address of this.#bootstrapsOf(peerId)) this.#log.reachable(address)
    this.#step()
  }

  #onGone(peerId: string): void {
    this.#plan.gone(peerId, this.#nowMs())
    this.#logger.debug('a peer is gone', { peer: peerId, peers: this.#plan.connected })
    this.#log.peers(this.#plan.connected)
    for (const address of this.#bootstrapsOf(peerId)) this.#log.unreachable(address, CLOSED)
    this.#step()
  }

  #onFound(peer: KnownPeer): void {
    if (this.#plan.know(peer, { proven: false }) !== 'new') return
    this.#found += 1
    this.#logger.debug('heard of a peer', { peer: peer.peerId })
    this.#step()
  }

  #onIdentified(peer: KnownPeer): void {
    if (peer.addresses.length === 0) return
    const news = this.#plan.know(peer, { proven: true })
    if (news === 'new' || news === 'changed') this.#withBook(() => this.#components.peerBook.remember(peer))
  }

  /** Without its memory a node still works; it only comes back slower. */
  #withBook(task: () => void): void {
    try {
      task()
    } catch (error) {
      this.#logger.warn('the addresses of peers cannot be kept; see that GP_DATADIR is on a disk that works', { error })
    }
  }

  #bootstrapsOf(peerId: string): string[] {
    return [...this.#bootstraps].filter(([, at]) => at === peerId).map(([address]) => address)
  }
}
