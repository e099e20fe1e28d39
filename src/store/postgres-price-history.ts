import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Hex } from '../core/hex.ts'
import type { Day, HistoryDay, HistoryLeaf, HistoryRange, PriceHistory } from '../core/history.ts'
import { HistoryDays } from '../core/history-days.ts'
import type { HistorySight, SightRange } from '../core/history-ledger.ts'
import { DAY_MS, partsOf, rootOf, startOf } from '../core/history-tree.ts'
import type { Logger } from '../core/logger.ts'
import type { PriceTable } from '../core/price-table.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { Attestation, Round, StatementId } from '../core/statement.ts'
import { HistoryReader, type HistoryReaderOptions } from './history-reader.ts'

export interface PostgresPriceHistoryComponents {
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

export interface PostgresPriceHistoryOptions extends HistoryReaderOptions {
  /** Whether nobody but this node writes to the database, so that there is nothing to hear. */
  readonly alone: boolean
}

// Peers ask for the stretch up to this round or the one before, by their own clocks.
const CUTS_LIMIT = 16
const UNKNOWN_LIMIT = 10_000
const OWN_LIMIT = 4_096
/** What changes without a word, as by a restored backup, is seen after this long, milliseconds. */
const REREAD_MS = { hearing: 6 * 3_600_000, deaf: 600_000 }
/** Without hearing: how old what is known of the last days may be, milliseconds, and how many days these are. */
const RECENT = { lifetimeMs: 15_000, days: 2 }

/**
 * Committed history in Postgres. Nothing is read before somebody asks; then the days that are asked for, in one hash
 * each, and later those that may have changed: by what this node writes, by what it hears that others wrote, and all of
 * them when it may have missed something. Memory holds a hash a day and no leaf.
 */
export class PostgresPriceHistory implements PriceHistory {
  readonly #components: PostgresPriceHistoryComponents
  readonly #options: PostgresPriceHistoryOptions
  readonly #reader: HistoryReader
  readonly #days = new HistoryDays()
  /** The last day of a range that ends within it, by that end. */
  #cuts = new RecentMap<number, readonly HistoryDay[]>({ limit: CUTS_LIMIT })
  /** Heard of, and not known when it was observed. */
  #unknown = new Set<StatementId>()
  /** Written by this node, which knows when they were observed; they are heard of, too. */
  readonly #own = new RecentMap<StatementId, true>({ limit: OWN_LIMIT })
  #hearing: boolean
  #rereadAtMs = Number.NEGATIVE_INFINITY
  #recentAtMs = Number.NEGATIVE_INFINITY
  #reading: Promise<unknown> = Promise.resolve()

  constructor(components: PostgresPriceHistoryComponents, options: PostgresPriceHistoryOptions) {
    this.#components = components
    this.#options = options
    this.#reader = new HistoryReader({ ...components, onFailure: () => this.#forget() }, options)
    this.#hearing = options.alone
  }

  async root(range: HistoryRange): Promise<Hex> {
    return rootOf(await this.days(range))
  }

  days(range: HistoryRange): Promise<readonly HistoryDay[]> {
    // One after another: who asks while another reads finds it read.
    const days = this.#reading.then(() => this.#read(range))
    this.#reading = days.catch(() => undefined)
    return days
  }

  async leaves(
    day: Day,
    range: HistoryRange,
    page: { readonly after?: StatementId | undefined; readonly limit: number },
  ): Promise<readonly HistoryLeaf[]> {
    const fromMs = Math.max(startOf(day), startOf(range.fromDay))
    const untilMs = Math.min(startOf(day) + DAY_MS, range.untilMs)
    if (fromMs >= untilMs) return []
    // Somebody holds other leaves of this day; perhaps they changed here without a word.
    this.#touch(fromMs, untilMs)
    return this.#reader.leaves({ fromMs, untilMs }, page)
  }

  async attestations(ids: readonly StatementId[]): Promise<readonly Attestation[]> {
    return ids.length === 0 ? [] : this.#reader.attestations(ids)
  }

  /**
   * Looks at history anew: nothing of what is known here is used for it.
   *
   * @throws {TableUnavailableError}
   */
  see(range: SightRange): Promise<HistorySight> {
    return this.#reader.see(range)
  }

  /** Takes ids of rows that came into the table, or lost their slot to one there, whoever wrote them. */
  heard(ids: readonly StatementId[]): void {
    for (const id of ids) if (!this.#own.has(id)) this.#unknown.add(id)
    if (this.#unknown.size > UNKNOWN_LIMIT) this.#forget()
  }

  /** Whether every row that others bring into the table is {@link heard} from now on. */
  setHearing(hearing: boolean): void {
    this.#hearing = hearing
    if (hearing) this.#forget()
  }

  /** The table, with this history told of what is written to it. */
  keepUpWith(table: PriceTable): PriceTable {
    return {
      present: (ids) => table.present(ids),
      write: async (rows) => {
        for (const { attestation } of rows) this.#own.set(attestation.id, true)
        try {
          return await table.write(rows)
        } finally {
          // Without an answer they may be there all the same.
          for (const { attestation } of rows) this.#touchRound(attestation.statement.round)
        }
      },
    }
  }

  /** Ends the connection, also when its answer is waited for; idempotent. Whoever asks later is told so. */
  close(): Promise<void> {
    return this.#reader.close()
  }

  async #read(range: HistoryRange): Promise<readonly HistoryDay[]> {
    const { from, until, cut } = partsOf(range)
    this.#doubt(until)
    await this.#findRounds()
    for (const stretch of this.#days.unknown({ from, until })) {
      await this.#days.read(stretch, () => this.#reader.stretch(stretch))
    }
    const whole = this.#days.within({ from, until })
    return cut === undefined ? whole : [...whole, ...(await this.#readCut(cut, range))]
  }

  /** Lets go of what may be out of date. */
  #doubt(today: Day): void {
    const { monoMs } = this.#components.clock.now()
    if (monoMs >= this.#rereadAtMs) {
      this.#forget()
      this.#rereadAtMs = monoMs + (this.#hearing ? REREAD_MS.hearing : REREAD_MS.deaf)
    }
    if (this.#hearing || monoMs < this.#recentAtMs) return
    this.#recentAtMs = monoMs + RECENT.lifetimeMs
    this.#touch(startOf((today - RECENT.days) as Day), startOf((today + 1) as Day))
  }

  async #findRounds(): Promise<void> {
    const ids = this.#unknown
    if (ids.size === 0) return
    this.#unknown = new Set()
    for (const round of await this.#reader.rounds(Array.from(ids))) this.#touchRound(round)
  }

  async #readCut(day: Day, { untilMs }: HistoryRange): Promise<readonly HistoryDay[]> {
    const known = this.#cuts.get(untilMs)
    if (known !== undefined) return known
    const cuts = this.#cuts
    const read = await this.#reader.days({ fromMs: startOf(day), untilMs })
    // It is another map when something has changed meanwhile.
    cuts.set(untilMs, read)
    return read
  }

  /** All statements of a slot are of one round: what makes one of them disputed is no further away. */
  #touchRound(round: Round): void {
    const { intervalMs } = this.#options
    this.#touch(round * intervalMs, (round + 1) * intervalMs)
  }

  #touch(fromMs: number, untilMs: number): void {
    this.#days.touch(fromMs, untilMs)
    this.#dropCuts()
  }

  #forget(): void {
    this.#days.forget()
    this.#unknown = new Set()
    this.#dropCuts()
  }

  #dropCuts(): void {
    this.#cuts = new RecentMap({ limit: CUTS_LIMIT })
  }
}
