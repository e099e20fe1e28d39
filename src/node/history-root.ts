import type { Clock, Random } from '../core/clock.ts'
import type { Hex } from '../core/hex.ts'
import type { HistoryRange, PriceHistory } from '../core/history.ts'
import { HistoryLedger, type SightRange } from '../core/history-ledger.ts'
import { DAY_MS, dayAt } from '../core/history-tree.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import { type PriceTable, TableUnavailableError } from '../core/price-table.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { StatementId } from '../core/statement.ts'
import { historyRange } from '../gossip/sync/history-range.ts'
import type { TablePort } from './ports.ts'

/** A root that nobody has found out again in this time may be wrong, milliseconds. */
const KEPT_MS = 600_000
/**
 * A ledger is read anew after so many rounds for each statement that this takes: with a row of each node in a round, that
 * is a statement for so many rows. In short rounds it is rarer, milliseconds, and in long ones more often.
 */
const REREAD = { rounds: 36, leastMs: 600_000, mostMs: 6 * 3_600_000, spread: 0.5 }
/** Who does not hear what others write reads this often, once it is clear that nothing will be heard, milliseconds. */
const DEAF = { rereadMs: 60_000, settlingMs: 20_000 }
/** After a look this node rests so many times as long as it took, milliseconds at least: changes may come in thousands. */
const REST = { times: 20, leastMs: 10_000 }
/** Rows of this node that are on their way into the table. */
const OWN_LIMIT = 4_096

export interface HistoryRootComponents {
  readonly history: PriceHistory
  readonly see: TablePort['see']
  /** When a statement was observed that this node holds, milliseconds since the Unix epoch. */
  readonly observedAt: (id: StatementId) => number | undefined
  /** Told when the newest row was observed that was seen, milliseconds since the Unix epoch. */
  readonly onNewest: (observedAtMs: number) => void
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
}

export interface HistoryRootOptions {
  readonly constants: NetworkConstants
  /** How far back history goes, milliseconds. */
  readonly historyMs: number
  /** Whether nobody but this node writes to its database. */
  readonly alone: boolean
}

interface Addition {
  readonly id: StatementId
  readonly observedAtMs: number
}

/**
 * The Merkle root over this node's history, for its statuses. The database, which others may share, is looked at once;
 * from then on this node knows by itself what is added, from what it writes and what it hears that others wrote. It looks
 * again when it may have missed something, and after some hours in any case.
 */
export class HistoryRoot {
  readonly #components: HistoryRootComponents
  readonly #options: HistoryRootOptions
  /** The history itself, every root that is asked of it noted. */
  readonly history: PriceHistory
  readonly #own = new RecentMap<StatementId, number>({ limit: OWN_LIMIT })
  #known: { readonly root: Hex; readonly untilMs: number; readonly atMs: number } | undefined
  #ledger: HistoryLedger | undefined
  /** What was added while the table is being looked at; undefined when that is to be done again. */
  #meanwhile: Addition[] | undefined
  #isReading = false
  /** Before the table has answered there may be none. */
  #hasTable = false
  #hearing: boolean
  #deafSinceMs: number
  #rereadAtMs = 0
  #restsUntilMs = Number.NEGATIVE_INFINITY

  constructor(components: HistoryRootComponents, options: HistoryRootOptions) {
    this.#components = components
    this.#options = options
    this.#hearing = options.alone
    this.#deafSinceMs = this.#nowMs
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
    const range = this.#range()
    const root = this.#ledger?.root(range)
    if (root !== undefined) {
      this.#note(range, root)
      return root
    }
    const known = this.#known
    return known === undefined || this.#nowMs - known.atMs > KEPT_MS ? undefined : known.root
  }

  /** Has it found out again where that is due; it is {@link known} some time later. */
  refresh(): void {
    if (this.#isReading || !this.#isDue()) return
    this.#isReading = true
    void this.#read().finally(() => {
      this.#isReading = false
    })
  }

  /** Takes ids of rows that came into the table, whoever wrote them. */
  heard(ids: readonly StatementId[]): void {
    for (const id of ids) this.#add(id, this.#own.get(id) ?? this.#components.observedAt(id))
  }

  /** Takes ids of statements that lost their slots to rows of the table, whoever found that out. */
  heardDisputes(ids: readonly StatementId[]): void {
    // This node's own it has doubted for already.
    if (ids.some((id) => !this.#own.has(id))) this.#doubt()
  }

  /** Whether every row that others bring into the table is {@link heard} from now on. */
  setHearing(hearing: boolean): void {
    this.#hearing = hearing
    if (!hearing) this.#deafSinceMs = this.#nowMs
    this.#doubt()
    this.refresh()
  }

  /** The table, with this root told of what is written to it. */
  keepUpWith(table: PriceTable): PriceTable {
    // Without a look there is nothing to add to.
    if (this.#components.see === undefined) return table
    return {
      present: (ids) => table.present(ids),
      write: async (rows) => {
        for (const { attestation } of rows) this.#own.set(attestation.id, attestation.statement.observedAt)
        try {
          const outcomes = await table.write(rows)
          for (const { attestation } of rows) {
            const kind = outcomes.get(attestation.id)?.kind
            if (kind === 'written' || kind === 'present') this.#add(attestation.id, attestation.statement.observedAt)
            // All of its slot are disputed now, also those that are not at hand.
            if (kind === 'slot-taken') this.#doubt()
          }
          this.#hasTable = true
          this.refresh()
          return outcomes
        } catch (error) {
          // Without an answer they may be there all the same.
          this.#doubt()
          throw error
        }
      },
    }
  }

  get #nowMs(): number {
    return this.#components.clock.now().monoMs
  }

  #isDue(): boolean {
    if (this.#components.see === undefined) return this.#options.alone
    const nowMs = this.#nowMs
    if (!this.#hasTable || nowMs < this.#restsUntilMs) return false
    if (!this.#hearing && nowMs < this.#deafSinceMs + DEAF.settlingMs) return false
    return nowMs >= this.#rereadAtMs || this.#ledger?.root(this.#range()) === undefined
  }

  async #read(): Promise<void> {
    const { see, history, logger } = this.#components
    const startedMs = this.#nowMs
    try {
      if (see === undefined) this.#note(this.#range(), await history.root(this.#range()))
      else await this.#look(see)
    } catch (error) {
      this.#doubt()
      if (error instanceof TableUnavailableError) return
      logger.error('the root of history was not found out; please report this', { error })
    } finally {
      this.#meanwhile = undefined
      const nowMs = this.#nowMs
      this.#restsUntilMs = nowMs + Math.max(REST.leastMs, REST.times * (nowMs - startedMs))
    }
  }

  async #look(see: NonNullable<TablePort['see']>): Promise<void> {
    const range = this.#range()
    const sightRange = this.#sightRange(range)
    const meanwhile: Addition[] = []
    this.#meanwhile = meanwhile
    const sight = await see(sightRange)
    const ledger = new HistoryLedger(sightRange, sight)
    if (sight.newestMs !== undefined) this.#components.onNewest(sight.newestMs)
    const root = ledger.root(range)
    if (root !== undefined) this.#note(range, root)
    const isWhole = meanwhile.every(({ id, observedAtMs }) => ledger.add(id, observedAtMs))
    this.#ledger = isWhole && this.#meanwhile === meanwhile ? ledger : undefined
    this.#rereadAtMs = this.#nowMs + (this.#hearing ? this.#rereadMs(sight.reads) : DEAF.rereadMs)
  }

  #rereadMs(reads: number): number {
    const { rounds, leastMs, mostMs, spread } = REREAD
    const roundsMs = rounds * this.#options.constants.intervalMs
    return reads * Math.min(mostMs, Math.max(leastMs, roundsMs)) * (1 + spread * this.#components.random())
  }

  #add(id: StatementId, observedAtMs: number | undefined): void {
    if (observedAtMs === undefined) {
      this.#doubt()
      return
    }
    this.#meanwhile?.push({ id, observedAtMs })
    if (this.#ledger?.add(id, observedAtMs) === false) this.#doubt()
  }

  /** Something may have changed of which nobody knows what. */
  #doubt(): void {
    this.#ledger = undefined
    this.#meanwhile = undefined
  }

  /** Peers with other settings ask for less than all of it. */
  #note(range: HistoryRange, root: Hex): void {
    if (range.fromDay !== this.#range().fromDay || range.untilMs < (this.#known?.untilMs ?? 0)) return
    this.#known = { root, untilMs: range.untilMs, atMs: this.#nowMs }
  }

  #range(): HistoryRange {
    const { constants, historyMs } = this.#options
    return historyRange(constants, { wallMs: this.#components.clock.now().wallMs, historyMs })
  }

  /** With all that will be in the range until the table is looked at again. */
  #sightRange({ fromDay, untilMs }: HistoryRange): SightRange {
    const leavesFrom = dayAt(untilMs)
    return {
      fromDay: fromDay < leavesFrom ? fromDay : leavesFrom,
      leavesFrom,
      untilMs: this.#components.clock.now().wallMs + DAY_MS,
    }
  }
}
