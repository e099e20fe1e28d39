import type { QueryResultRow } from 'pg'
import type { Address } from '../core/address.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { CommittedPrice, CommittedRound, LatestRound, PriceReader } from '../core/price-reader.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { Round } from '../core/statement.ts'
import { asUnavailable, describeDatabase } from './database-fault.ts'
import { createPool } from './pool.ts'
import { READ_LATEST, READ_PRICE, READ_PRICES, READ_PRICES_OF, READ_ROUNDS } from './price-reader-sql.ts'
import { type PriceRecord, type UnreadableRowError, readableStoredPrice } from './stored-price.ts'

export interface PostgresPriceReaderOptions {
  /** Postgres URL. A role that may only read is enough. */
  readonly url: string
  /** The network whose prices are read; those of others are not seen. */
  readonly network: string
}

/** Connects when it is first asked, and again whenever it has to. */
export interface PostgresPriceReader extends PriceReader {
  /** Ends the connections, also one whose answer is waited for; idempotent. Whoever asks later is told so. */
  close(): Promise<void>
}

const STATEMENTS = {
  read_prices: READ_PRICES,
  read_price: READ_PRICE,
  read_prices_of: READ_PRICES_OF,
  read_rounds: READ_ROUNDS,
  read_latest: READ_LATEST,
} as const

type StatementName = keyof typeof STATEMENTS

// Apart from those that write, which readers must not hold up.
const POOL_SIZE = 2
const WAITING_LIMIT = 96
const CONNECT_TIMEOUT_MS = 3_000
const STATEMENT_TIMEOUT_MS = 4_000
/** Rows that are no prices, and are said to be, once each. */
const TOLD_LIMIT = 100

export function createPostgresPriceReader(
  { logger, counters }: { readonly logger: Logger; readonly counters: Counters },
  { url, network }: PostgresPriceReaderOptions,
): PostgresPriceReader {
  const database = describeDatabase(url)
  const pool = createPool(
    { logger },
    { url, size: POOL_SIZE, connectTimeoutMs: CONNECT_TIMEOUT_MS, statementTimeoutMs: STATEMENT_TIMEOUT_MS },
  )
  const told = new Set<string>()
  let closing: Promise<void> | undefined

  async function ask<R extends QueryResultRow>(name: StatementName, values: readonly unknown[]): Promise<R[]> {
    if (closing !== undefined) throw new TableUnavailableError('other', `The connections to ${database} are closed.`)
    if (pool.waiting >= WAITING_LIMIT) {
      throw new TableUnavailableError('other', `${database} is asked for more than it can answer: ask again later.`)
    }
    counters.add('gp_sql_statements_total', { statement: name })
    try {
      return await pool.query<R>(STATEMENTS[name], [network, ...values])
    } catch (error) {
      throw asUnavailable(error, database)
    }
  }

  /** What somebody wrote who owns the table must not keep others from seeing the rest. */
  function readable(records: readonly CommittedRecord[]): readonly CommittedPrice[] {
    return records.flatMap((record) => {
      const price = readableStoredPrice(record, tell)
      return price === undefined ? [] : [Object.assign(price, { disputed: record.disputed })]
    })
  }

  function tell({ id, message }: UnreadableRowError): void {
    if (told.size >= TOLD_LIMIT || told.has(id)) return
    told.add(id)
    logger.warn(message)
  }

  return {
    async prices({ pair, fromMs, toMs, proposer, after, limit }) {
      // One more than asked for tells whether there is a next page.
      const values = [pair, fromMs, toMs, proposer, after?.observedAt, after?.id, limit + 1]
      const records = await ask<CommittedRecord>('read_prices', values)
      const page = records.slice(0, limit)
      const last = records.length > limit ? page.at(-1) : undefined
      return {
        prices: readable(page),
        next: last && { observedAt: Number(last.observed_ms), id: last.id },
      }
    },

    async price(id) {
      return readable(await ask<CommittedRecord>('read_price', [id])).at(0)
    },

    async pricesOf(ids) {
      return readable(await ask<CommittedRecord>('read_prices_of', [ids]))
    },

    async rounds({ pair, after, limit }) {
      const records = await ask<RoundRecord>('read_rounds', [pair, after?.round, after?.pair, limit])
      const last = records.at(-1)
      return {
        rounds: records.flatMap(committedRound),
        next:
          last === undefined || records.length < limit
            ? undefined
            : { round: Number(last.round) as Round, pair: last.pair },
      }
    },

    async latest({ pair }) {
      const records = await ask<LatestRecord>('read_latest', [pair])
      return [...Map.groupBy(records, (record) => record.pair).values()].flatMap((rows) =>
        latestRound(rows, readable(rows)),
      )
    },

    close() {
      closing ??= pool.close()
      return closing
    },
  }
}

interface CommittedRecord extends PriceRecord {
  readonly disputed: boolean
}

interface LatestRecord extends CommittedRecord {
  readonly median: string
}

/** Numbers come as text; all but pair and round are null where every row is disputed. */
interface RoundRecord {
  readonly pair: string
  readonly round: string
  readonly median: string | null
  readonly proposers: readonly Address[] | null
  readonly prices: readonly string[] | null
}

function committedRound({ pair, round, median, proposers, prices }: RoundRecord): readonly CommittedRound[] {
  if (median === null || proposers === null || prices === null) return []
  const rows = proposers.map((proposer, index) => ({ proposer, price: prices[index] ?? '' }))
  return [{ pair, round: Number(round) as Round, median, rows }]
}

/** @param records - the rows of one pair */
function latestRound(records: readonly LatestRecord[], prices: readonly CommittedPrice[]): readonly LatestRound[] {
  const [first] = records
  if (first === undefined || prices.length === 0) return []
  const { pair, round, median } = first
  return [{ pair, round: Number(round) as Round, median, prices }]
}
