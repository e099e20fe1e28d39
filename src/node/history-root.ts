import type { Clock } from '../core/clock.ts'
import type { Hex } from '../core/hex.ts'
import type { HistoryRange, PriceHistory } from '../core/history.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import { historyRange } from '../gossip/sync/history-range.ts'

/** A root that nobody has asked for again in this time may be wrong, milliseconds. */
const KEPT_MS = 600_000

export interface HistoryRootComponents {
  readonly history: PriceHistory
  readonly clock: Clock
  readonly logger: Logger
}

export interface HistoryRootOptions {
  readonly constants: NetworkConstants
  /** How far back history goes, milliseconds. */
  readonly historyMs: number
  /** Whether nobody but this node writes to its database. */
  readonly alone: boolean
}

/**
 * The Merkle root over this node's history, for its statuses. A database that others may share is never read for that:
 * the root is the one that was asked for last when histories were compared, and nodes that share one compare none.
 */
export class HistoryRoot {
  readonly #components: HistoryRootComponents
  readonly #options: HistoryRootOptions
  /** The history itself, every root that is asked of it noted. */
  readonly history: PriceHistory
  #known: { readonly root: Hex; readonly untilMs: number; readonly atMs: number } | undefined
  #isReading = false

  constructor(components: HistoryRootComponents, options: HistoryRootOptions) {
    this.#components = components
    this.#options = options
    const { history } = components
    this.history = {
      root: async (range) => {
        const root = await history.root(range)
        this.#note(range, root)
        return root
      },
      days: (range) => history.days(range),
      leaves: (day, range, page) => history.leaves(day, range, page),
      attestations: (ids) => history.attestations(ids),
    }
  }

  /** As it is known now; undefined when it is not. */
  known(): Hex | undefined {
    const known = this.#known
    return known === undefined || this.#components.clock.now().monoMs - known.atMs > KEPT_MS ? undefined : known.root
  }

  /** Has it read again where that costs nobody else anything; it is {@link known} some time later. */
  refresh(): void {
    if (!this.#options.alone || this.#isReading) return
    this.#isReading = true
    void this.#read().finally(() => {
      this.#isReading = false
    })
  }

  async #read(): Promise<void> {
    try {
      await this.history.root(this.#range())
    } catch (error) {
      if (error instanceof TableUnavailableError) return
      this.#components.logger.error('the root of history was not found out; please report this', { error })
    }
  }

  /** Peers with other settings ask for less than all of it. */
  #note(range: HistoryRange, root: Hex): void {
    if (range.fromDay !== this.#range().fromDay || range.untilMs < (this.#known?.untilMs ?? 0)) return
    this.#known = { root, untilMs: range.untilMs, atMs: this.#components.clock.now().monoMs }
  }

  #range(): HistoryRange {
    const { constants, historyMs } = this.#options
    return historyRange(constants, { wallMs: this.#components.clock.now().wallMs, historyMs })
  }
}
