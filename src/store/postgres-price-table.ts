import { DatabaseError, type QueryResultRow } from 'pg'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { type PriceRow, type PriceTable, TableUnavailableError, type WriteOutcome } from '../core/price-table.ts'
import { slotOf, type StatementId } from '../core/statement.ts'
import { asUnavailable, describeDatabase, isRefusal } from './database-fault.ts'
import { IntervalMismatchError } from './interval-mismatch-error.ts'
import { migrate } from './migrations.ts'
import { createPool } from './pool.ts'
import {
  CLAIM_INTERVAL,
  FIND_HOLDERS,
  FIND_INTERVAL,
  FIND_PRESENT,
  INSERT_EQUIVOCATIONS,
  INSERT_PRICES,
  INTERVAL_FIXED,
  NEWEST_PRICES,
} from './price-sql.ts'
import { type PriceRecord, rowParameters, slotParameters, type StoredPrice, storedPrice } from './stored-price.ts'

export interface PostgresPriceTableOptions {
  /** Postgres URL. */
  readonly url: string
  /** The network whose prices are written; rows of another are refused. */
  readonly network: string
  /** The network's fetch interval, milliseconds. */
  readonly intervalMs: number
}

/** The table of committed prices in Postgres. Connects when it is first asked, and again whenever it has to. */
export interface PostgresPriceTable extends PriceTable {
  /**
   * @throws {TableUnavailableError}
   * @throws {IntervalMismatchError} when the table holds prices of this network at another interval
   */
  write(rows: readonly PriceRow[]): Promise<ReadonlyMap<StatementId, WriteOutcome>>
  /**
   * @throws {TableUnavailableError}
   * @throws {IntervalMismatchError} when the table holds prices of this network at another interval
   */
  present(ids: readonly StatementId[]): Promise<ReadonlySet<StatementId>>
  /**
   * The rows that were observed last, newest first.
   *
   * @param limit - how many at most
   * @param filter - `network`: rows of this network only; `fromMs`, `toMs`: observed then or later, and before then
   * @throws {TableUnavailableError}
   */
  newest(limit: number, filter?: NewestFilter): Promise<readonly StoredPrice[]>
  /** Ends the connections, also one whose answer is waited for; idempotent. Whoever asks later is told so. */
  close(): Promise<void>
}

interface NewestFilter {
  readonly network?: string | undefined
  readonly fromMs?: number | undefined
  readonly toMs?: number | undefined
}

const STATEMENTS = {
  claim_interval: CLAIM_INTERVAL,
  find_interval: FIND_INTERVAL,
  insert_prices: INSERT_PRICES,
  find_holders: FIND_HOLDERS,
  find_present: FIND_PRESENT,
  insert_equivocations: INSERT_EQUIVOCATIONS,
  newest_prices: NEWEST_PRICES,
} as const

type StatementName = keyof typeof STATEMENTS

// One that writes, one that reads.
const POOL_SIZE = 2
// 66 bytes each: what a long outage leaves must not become one statement of any size.
const IDS_AT_ONCE = 5_000

// Each time somebody else registered another interval for a network that has no prices yet.
const CLAIM_ATTEMPTS = 3

export function createPostgresPriceTable(
  { logger, counters }: { readonly logger: Logger; readonly counters: Counters },
  { url, network, intervalMs }: PostgresPriceTableOptions,
): PostgresPriceTable {
  const database = describeDatabase(url)
  const pool = createPool({ logger }, { url, size: POOL_SIZE })
  let prepared: Promise<void> | undefined
  let closing: Promise<void> | undefined

  async function ask<R extends QueryResultRow>(name: StatementName, values: readonly unknown[]): Promise<R[]> {
    if (closing !== undefined) throw new TableUnavailableError('other', `The connections to ${database} are closed.`)
    counters.add('gp_sql_statements_total', { statement: name })
    return pool.query<R>(STATEMENTS[name], values)
  }

  /** Sees to schema and interval, once until something fails. */
  function prepare(): Promise<void> {
    prepared ??= migrate({ logger }, { url }).then(claimInterval)
    return prepared
  }

  /** What was seen to must be seen to again: the database that comes back may be another one. */
  function asFailure(error: unknown): Error {
    prepared = undefined
    return error instanceof IntervalMismatchError ? error : asUnavailable(error, database)
  }

  async function claimInterval(): Promise<void> {
    try {
      await ask('claim_interval', [network, intervalMs])
    } catch (error) {
      if (!(error instanceof DatabaseError) || error.code !== INTERVAL_FIXED) throw error
      const [found] = await ask<{ interval_ms: string }>('find_interval', [network])
      throw new IntervalMismatchError({ network, intervalMs, tableIntervalMs: Number(found?.interval_ms), database })
    }
  }

  async function insert(rows: readonly PriceRow[]): Promise<ReadonlySet<StatementId>> {
    for (let attempt = 1; attempt <= CLAIM_ATTEMPTS; attempt++) {
      const values = [network, ...rowParameters(rows), intervalMs]
      const [answer] = await ask<{ claimed: boolean; inserted: StatementId[] }>('insert_prices', values)
      if (answer?.claimed === true) return new Set(answer.inserted)
      await claimInterval()
    }
    throw new TableUnavailableError(
      'other',
      `Another node keeps registering network ${network} in ${database} with another interval: ` +
        'give all nodes of the network one GP_FETCHPRICEINTERVAL.',
    )
  }

  /** Inserts what the database takes; returns the rows that it neither inserted nor refused. */
  async function insertSound(rows: readonly PriceRow[], outcomes: Outcomes): Promise<readonly PriceRow[]> {
    try {
      const inserted = await insert(rows)
      for (const id of inserted) outcomes.set(id, { kind: 'written' })
      return rows.filter(({ attestation }) => !inserted.has(attestation.id))
    } catch (error) {
      if (!isRefusal(error)) throw error
      const [row, ...others] = rows
      if (row !== undefined && others.length === 0) {
        outcomes.set(row.attestation.id, { kind: 'refused', reason: `${error.message} (SQLSTATE ${error.code})` })
        return []
      }
      const middle = Math.ceil(rows.length / 2)
      const first = await insertSound(rows.slice(0, middle), outcomes)
      const second = await insertSound(rows.slice(middle), outcomes)
      return [...first, ...second]
    }
  }

  /** Finds out why rows were not inserted, and keeps those whose slot another statement holds. */
  async function settle(rows: readonly PriceRow[], outcomes: Outcomes): Promise<void> {
    if (rows.length === 0) return
    const found = await ask<{ id: StatementId; holder: StatementId }>('find_holders', [
      network,
      ...slotParameters(rows),
    ])
    const holders = new Map(found.map(({ id, holder }) => [id, holder]))
    const losing: PriceRow[] = []
    for (const row of rows) {
      const { id } = row.attestation
      const holder = holders.get(id)
      if (holder === undefined) {
        outcomes.set(id, { kind: 'refused', reason: 'the id belongs to a row of another slot' })
      } else if (holder === id) {
        outcomes.set(id, { kind: 'present' })
      } else {
        outcomes.set(id, { kind: 'slot-taken' })
        losing.push(row)
      }
    }
    if (losing.length > 0) await ask('insert_equivocations', [network, ...rowParameters(losing)])
  }

  return {
    async write(rows) {
      const outcomes: Outcomes = new Map()
      const ours = rows.filter(({ attestation: { id, statement } }) => {
        if (statement.network === network) return true
        outcomes.set(id, { kind: 'refused', reason: `it belongs to network ${statement.network}, not ${network}` })
        return false
      })
      if (rows.length > 0 && ours.length === 0) return outcomes
      try {
        await prepare()
        if (ours.length > 0) await settle(await insertSound(inLockingOrder(ours), outcomes), outcomes)
        return outcomes
      } catch (error) {
        throw asFailure(error)
      }
    },

    async present(ids) {
      const found = new Set<StatementId>()
      try {
        await prepare()
        for (let from = 0; from < ids.length; from += IDS_AT_ONCE) {
          const rows = await ask<{ id: StatementId }>('find_present', [ids.slice(from, from + IDS_AT_ONCE)])
          for (const { id } of rows) found.add(id)
        }
        return found
      } catch (error) {
        throw asFailure(error)
      }
    },

    async newest(limit, filter = {}) {
      try {
        const { network: of = null, fromMs = null, toMs = null } = filter
        const records = await ask<PriceRecord>('newest_prices', [limit, of, fromMs, toMs])
        return records.map(storedPrice)
      } catch (error) {
        throw asUnavailable(error, database)
      }
    },

    close() {
      closing ??= pool.close()
      return closing
    },
  }
}

type Outcomes = Map<StatementId, WriteOutcome>

/** Each id once, and slots in one order for all writers: two that wait for each other's rows would be a deadlock. */
function inLockingOrder(rows: readonly PriceRow[]): readonly PriceRow[] {
  const distinct = new Map(rows.map((row) => [`${slotOf(row.attestation.statement)} ${row.attestation.id}`, row]))
  return Array.from(distinct)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, row]) => row)
}
