import type { QueryResultRow } from 'pg'
import type { Counters } from '../core/counters.ts'
import { type Hex, toHex } from '../core/hex.ts'
import type { Day, HistoryDay, HistoryLeaf } from '../core/history.ts'
import type { HistorySight, SeenLeaf, SightRange } from '../core/history-ledger.ts'
import { type DayStretch, dayAt, startOf } from '../core/history-tree.ts'
import { LEAF_BYTES } from '../core/leaf-list.ts'
import type { Logger } from '../core/logger.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import { type Attestation, type Round, type StatementId, roundAt } from '../core/statement.ts'
import { asUnavailable, describeDatabase } from './database-fault.ts'
import { FIND_ATTESTATIONS, FIND_FIRST, FIND_LEAVES, FIND_ROUNDS, HASH_DAYS, SEE_DAYS } from './history-sql.ts'
import { type ConnectionPool, createPool } from './pool.ts'
import { type PriceRecord, readableStoredPrice } from './stored-price.ts'

export interface HistoryReaderComponents {
  readonly counters: Counters
  readonly logger: Logger
  /** Told when a statement failed: the database that answers next may be another one. */
  readonly onFailure: () => void
}

export interface HistoryReaderOptions {
  /** Postgres URL. */
  readonly url: string
  readonly network: string
  /** The network's fetch interval, milliseconds. */
  readonly intervalMs: number
}

/** A time from `fromMs` on and before `untilMs`, milliseconds since the Unix epoch. */
export interface Span {
  readonly fromMs: number
  readonly untilMs: number
}

const STATEMENTS = {
  history_days: HASH_DAYS,
  history_leaves: FIND_LEAVES,
  history_first: FIND_FIRST,
  history_rounds: FIND_ROUNDS,
  history_attestations: FIND_ATTESTATIONS,
  root_days: SEE_DAYS,
} as const

// One connection: whoever asks for much waits for himself.
const POOL_SIZE = 1
// Measured: 150 ms for the 72,000 rows that five proposers write in that time.
const STRETCH_DAYS = 100
// 600 ms for as many: rare, and each statement counts.
const SIGHT_DAYS = 365

/** Asks Postgres about committed history. All of it throws a {@link TableUnavailableError} when that cannot be asked. */
export class HistoryReader {
  readonly #components: HistoryReaderComponents
  readonly #options: HistoryReaderOptions
  readonly #database: string
  readonly #pool: ConnectionPool
  #closing: Promise<void> | undefined

  constructor(components: HistoryReaderComponents, options: HistoryReaderOptions) {
    this.#components = components
    this.#options = options
    this.#database = describeDatabase(options.url)
    this.#pool = createPool(components, { url: options.url, size: POOL_SIZE })
  }

  /** The days of a time that have leaves, ascending. */
  days(span: Span): Promise<readonly HistoryDay[]> {
    return this.#ask<{ day: Day; hash: Hex; leaves: number }>('history_days', this.#within(span))
  }

  /** The same of many days, so many at a time that no statement takes long. */
  async stretch({ from, until }: DayStretch): Promise<readonly HistoryDay[]> {
    const days: HistoryDay[] = []
    let next = until - from > STRETCH_DAYS ? await this.#firstDay({ from, until }) : from
    for (; next < until; next = (next + STRETCH_DAYS) as Day) {
      const end = Math.min(next + STRETCH_DAYS, until) as Day
      days.push(...(await this.days({ fromMs: startOf(next), untilMs: startOf(end) })))
    }
    return days
  }

  /** All of a time, the newest first, in one statement unless it is long. */
  async see({ fromDay, leavesFrom, untilMs }: SightRange): Promise<HistorySight> {
    const found: SeenDay[] = []
    let reads = 0
    let endMs = untilMs
    let lastDay = leavesFrom
    for (;;) {
      const from = Math.max(fromDay, lastDay - SIGHT_DAYS + 1) as Day
      const seen = await this.#ask<SeenDay>('root_days', [
        ...this.#within({ fromMs: startOf(from), untilMs: endMs }),
        leavesFrom,
      ])
      reads += 1
      found.push(...seen)
      const previous = seen[0]?.previous_ms ?? null
      if (previous === null || dayAt(Number(previous)) < fromDay) break
      lastDay = dayAt(Number(previous))
      endMs = startOf(from)
    }
    return sightOf(found, { leavesFrom, reads })
  }

  /** The first `limit` leaves of a time beyond `after`, in ascending order of id. */
  leaves(
    span: Span,
    { after, limit }: { readonly after?: StatementId | undefined; readonly limit: number },
  ): Promise<readonly HistoryLeaf[]> {
    const values = [...this.#within(span), after ?? '', limit]
    return this.#ask<{ id: StatementId; disputed: boolean }>('history_leaves', values)
  }

  /** The rounds of those statements that are there. */
  async rounds(ids: readonly StatementId[]): Promise<readonly Round[]> {
    const found = await this.#ask<{ round: string }>('history_rounds', [this.#options.network, ids])
    return found.map(({ round }) => Number(round) as Round)
  }

  async attestations(ids: readonly StatementId[]): Promise<readonly Attestation[]> {
    const records = await this.#ask<PriceRecord>('history_attestations', [this.#options.network, ids])
    const distinct = new Map(records.map((record) => [record.id, record]))
    // A row that is no price can be proved to nobody.
    return [...distinct.values()].flatMap((record) => readableStoredPrice(record)?.attestation ?? [])
  }

  /** Ends the connection, also when its answer is waited for; idempotent. Whoever asks later is told so. */
  close(): Promise<void> {
    this.#closing ??= this.#pool.close()
    return this.#closing
  }

  async #firstDay({ from, until }: DayStretch): Promise<Day> {
    const values = [this.#options.network, startOf(from), startOf(until)]
    const [first] = await this.#ask<{ observed_ms: string | null }>('history_first', values)
    return first === undefined || first.observed_ms === null ? until : dayAt(Number(first.observed_ms))
  }

  #within({ fromMs, untilMs }: Span): readonly unknown[] {
    const { network, intervalMs } = this.#options
    return [network, fromMs, untilMs, roundAt(fromMs, intervalMs), roundAt(untilMs, intervalMs)]
  }

  async #ask<R extends QueryResultRow>(name: keyof typeof STATEMENTS, values: readonly unknown[]): Promise<R[]> {
    if (this.#closing !== undefined) {
      throw new TableUnavailableError('other', `The connections to ${this.#database} are closed.`)
    }
    this.#components.counters.add('gp_sql_statements_total', { statement: name })
    try {
      return await this.#pool.query<R>(STATEMENTS[name], values)
    } catch (error) {
      this.#components.onFailure()
      throw asUnavailable(error, this.#database)
    }
  }
}

/** The days are null where there are none. */
interface SeenDay extends QueryResultRow {
  readonly previous_ms: string | null
  readonly day: Day | null
  readonly bytes: Buffer | null
  readonly newest_ms: string | null
}

const SEEN_LEAF_BYTES = LEAF_BYTES + 4

function sightOf(
  found: readonly SeenDay[],
  { leavesFrom, reads }: { readonly leavesFrom: Day; readonly reads: number },
): HistorySight {
  const days: { day: Day; hash: Hex }[] = []
  const leaves: SeenLeaf[] = []
  let newestMs: number | undefined
  for (const { day, bytes, newest_ms: newest } of found) {
    if (day === null || bytes === null) continue
    if (day < leavesFrom) days.push({ day, hash: toHex(bytes) })
    else for (const leaf of leavesOf(day, bytes)) leaves.push(leaf)
    if (newest !== null) newestMs = Math.max(newestMs ?? 0, Number(newest))
  }
  return { days, leaves, newestMs, reads }
}

function* leavesOf(day: Day, bytes: Buffer): Iterable<SeenLeaf> {
  for (let at = 0; at < bytes.length; at += SEEN_LEAF_BYTES) {
    const timeAt = at + LEAF_BYTES
    yield { leaf: bytes.subarray(at, timeAt), observedAtMs: startOf(day) + bytes.readInt32BE(timeAt) }
  }
}
