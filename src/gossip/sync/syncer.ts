import type { Clock, Random } from '../../core/clock.ts'
import type { Counters } from '../../core/counters.ts'
import type { Logger } from '../../core/logger.ts'
import type { NetworkConstants } from '../../core/network.ts'
import { RecentMap } from '../../core/recent-map.ts'
import type { Exchange } from './exchange.ts'
import { historyRange } from './history-range.ts'
import type { HistorySyncComponents } from './history-components.ts'
import { type HistorySyncResult, isShared, takeHistory } from './history-session.ts'
import { type PendingSyncComponents, syncPending } from './pending-session.ts'
import { pendingDigest, pendingEntries } from './pending-set.ts'
import { SyncFailure } from './sync-failure.ts'

/** Peers that are asked at a time; others that connect meanwhile wait, so many of them. */
export const SESSIONS_AT_ONCE = 3
const WAITING_LIMIT = 64
/** A peer is asked within this time after it connected, milliseconds: it has to find out who this node is, too. */
export const JOIN_JITTER_MS = 2_000
/** Of the interval; so that nodes that started together do not ask together. */
const INTERVAL_JITTER = 0.2
/** What is pending is asked for no longer than this, milliseconds; history has its own time. */
export const PENDING_SESSION_MS = 30_000
/** Peers remembered that have another database, or do not speak of this network. */
const PEERS_LIMIT = 1_024

export interface SyncerComponents extends PendingSyncComponents {
  readonly exchange: Pick<Exchange, 'peers' | 'onPeer'>
  /** What history is taken over by; undefined when it is not. */
  readonly history: HistorySyncComponents | undefined
  readonly isExpelled: (peerId: string) => boolean
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly logger: Logger
}

export interface SyncerOptions {
  readonly constants: NetworkConstants
  /** How often a random peer is asked, milliseconds. */
  readonly intervalMs: number
  readonly historyMs: number
}

/** Asks peers for what this node has missed: each one that connects, and every now and then any one. */
export class Syncer {
  readonly #components: SyncerComponents
  readonly #options: SyncerOptions
  readonly #running = new Map<string, Promise<void>>()
  readonly #waiting = new Set<string>()
  readonly #timers = new Set<() => void>()
  readonly #unfit = new RecentMap<string, boolean>({ limit: PEERS_LIMIT })
  /** Peers that were found to have another database since they connected. */
  readonly #apart = new RecentMap<string, boolean>({ limit: PEERS_LIMIT })
  readonly #stopping = new AbortController()
  #stopListening: (() => void) | undefined
  #takesHistory = false
  #hasWarned = false

  constructor(components: SyncerComponents, options: SyncerOptions) {
    this.#components = components
    this.#options = options
  }

  /** Idempotent. */
  start(): void {
    if (this.#stopListening !== undefined || this.#stopping.signal.aborted) return
    const { exchange } = this.#components
    this.#stopListening = exchange.onPeer((peerId) => this.#joined(peerId))
    for (const peerId of exchange.peers()) this.#joined(peerId)
    this.#armInterval()
  }

  /** Asks nobody any more; resolves when what was under way has ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopListening?.()
    this.#stopping.abort(new SyncFailure('refused', { reason: 'stopped' }))
    for (const cancel of this.#timers) cancel()
    this.#waiting.clear()
    await Promise.all(this.#running.values())
  }

  #joined(peerId: string): void {
    this.#unfit.set(peerId, false)
    this.#apart.set(peerId, false)
    this.#after(this.#components.random() * JOIN_JITTER_MS, () => this.#ask(peerId, { waits: true }))
  }

  #armInterval(): void {
    const { random } = this.#components
    const delayMs = this.#options.intervalMs * (1 + INTERVAL_JITTER * (random() - 0.5))
    this.#after(delayMs, () => {
      this.#armInterval()
      const peerId = this.#anyPeer()
      if (peerId !== undefined) this.#ask(peerId, { waits: false })
    })
  }

  #after(delayMs: number, task: () => void): void {
    const cancel = this.#components.clock.after(delayMs, () => {
      this.#timers.delete(cancel)
      task()
    })
    this.#timers.add(cancel)
  }

  #anyPeer(): string | undefined {
    const { exchange, random } = this.#components
    const peers = exchange.peers().filter((peerId) => this.#isFit(peerId))
    return peers[Math.floor(random() * peers.length)]
  }

  #isFit(peerId: string): boolean {
    return !this.#running.has(peerId) && this.#unfit.get(peerId) !== true && !this.#components.isExpelled(peerId)
  }

  #ask(peerId: string, { waits }: { readonly waits: boolean }): void {
    if (this.#stopping.signal.aborted || !this.#isFit(peerId)) return
    if (this.#running.size >= SESSIONS_AT_ONCE) {
      if (waits && this.#waiting.size < WAITING_LIMIT) this.#waiting.add(peerId)
      return
    }
    const session = this.#session(peerId).finally(() => {
      this.#running.delete(peerId)
      this.#next()
    })
    this.#running.set(peerId, session)
  }

  #next(): void {
    for (const peerId of this.#waiting) {
      if (this.#running.size >= SESSIONS_AT_ONCE) return
      this.#waiting.delete(peerId)
      this.#ask(peerId, { waits: true })
    }
  }

  async #session(peerId: string): Promise<void> {
    const { counters, logger } = this.#components
    try {
      counters.add('gp_sync_sessions_total', { outcome: await this.#compare(peerId) })
    } catch (error) {
      const isExpected = error instanceof SyncFailure
      counters.add('gp_sync_sessions_total', { outcome: isExpected ? error.reason : 'internal-error' })
      if (isExpected && error.code === 'not-spoken') this.#unfit.set(peerId, true)
      if (isExpected) logger.debug('a peer could not be compared with', { peer: peerId, error: error.message })
      else logger.error('a peer could not be compared with; please report this', { peer: peerId, error })
    }
  }

  /** @throws {SyncFailure} */
  async #compare(peerId: string): Promise<'same' | 'taken'> {
    const { asker, pending, clock, history } = this.#components
    const { constants, historyMs } = this.#options
    const deadline = new AbortController()
    const cancel = clock.after(PENDING_SESSION_MS, () => {
      deadline.abort(new SyncFailure('timeout', { reason: 'session-time' }))
    })
    const signal = AbortSignal.any([deadline.signal, this.#stopping.signal])
    const isDue = history !== undefined && history.marks?.isSettling !== true && !this.#takesHistory
    const asked = isDue ? historyRange(constants, { wallMs: clock.now().wallMs, historyMs }) : undefined
    // Of several sessions at a time one takes history: they would all take the same.
    if (isDue) this.#takesHistory = true
    try {
      const mark = history?.marks?.own
      const [options, about] = [{ peerId, signal }, { kind: 'summary', mark } as const]
      // Who has a mark says so first: a peer that shares the database would read it for nothing.
      const mayShare = mark !== undefined && this.#apart.get(peerId) !== true
      let summary = await asker.ask({ ...about, range: mayShare ? undefined : asked }, options)
      const isSame = summary.pending === pendingDigest(pendingEntries(pending, clock.now()))
      const taken = isSame ? 0 : await syncPending(this.#components, { peerId, signal })
      cancel()
      if (history === undefined || asked === undefined) return taken === 0 ? 'same' : 'taken'
      if (mayShare && !isShared(summary, history.marks)) {
        this.#apart.set(peerId, true)
        summary = await asker.ask({ ...about, range: asked }, options)
      }
      const result = await takeHistory(history, {
        peerId,
        constants,
        summary,
        asked,
        signal: this.#stopping.signal,
      })
      this.#note(result, peerId)
      return taken + result.written + result.disputed === 0 ? 'same' : 'taken'
    } finally {
      cancel()
      if (isDue) this.#takesHistory = false
    }
  }

  #note(result: HistorySyncResult, peerId: string): void {
    const { logger, counters } = this.#components
    counters.add('gp_sync_history_total', { outcome: result.outcome, reason: result.reason ?? '' })
    if (result.outcome === 'shared') this.#apart.set(peerId, false)
    if (result.leftOut === 0 || this.#hasWarned) return
    this.#hasWarned = true
    logger.warn(
      "history of peers is left out that has no quorum of today's signers: give GP_SIGNERS the rounds of those that " +
        'signed before, as ADDRESS@FROM-TO, and look whether GP_MINIMUMSIGNERCOUNT was lower',
      { peer: peerId, statements: result.leftOut },
    )
  }
}
