import { Client, DatabaseError, type QueryResultRow } from 'pg'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { RawRow, RowClash, RowName, RowRange, RowTable, WatchedRows } from '../core/raw-row.ts'
import type { StatementId } from '../core/statement.ts'
import { connectionOptions } from './connection.ts'
import { asUnavailable, describeDatabase } from './database-fault.ts'
import { COMMITTED_CHANNEL } from './price-sql.ts'
import { FIND_CHANGES, FIND_CLASHES, FIND_ROWS_BY_ID, READ_ROWS, SEE_ALL_ROWS, SIZE_OF } from './row-sql.ts'

/** Reads rows on a connection of its own, which it opens when it is first asked, and again whenever it has to. */
export interface RowReader extends WatchedRows {
  /**
   * The rows with this id, of `prices` first. One at most where the tables have their constraints.
   *
   * @throws {TableUnavailableError}
   */
  byId(id: StatementId): Promise<readonly RawRow[]>
  /** Ends the connection; idempotent. */
  close(): Promise<void>
}

const TABLES = ['prices', 'equivocations'] as const satisfies readonly RowTable[]

export interface RowReaderOptions {
  /** URL of a Postgres, 15 or newer, and a role that may read the tables. */
  readonly url: string
  /** How long the server may take for an answer, milliseconds. @default for ever: large tables take their time */
  readonly answerTimeoutMs?: number | undefined
}

/** A server that does not answer must not hold up whoever stops, milliseconds. */
const CLOSE_TIMEOUT_MS = 300

export interface RowReaderComponents {
  readonly clock: Clock
  readonly logger: Logger
}

export function createRowReader(
  { clock, logger }: RowReaderComponents,
  { url, answerTimeoutMs }: RowReaderOptions,
): RowReader {
  const database = describeDatabase(url)
  let connected: Promise<Client> | undefined

  function connect(): Promise<Client> {
    const forget = (): void => {
      if (connected === opening) connected = undefined
    }
    const opening = openClient({ logger, onEnd: forget }, { url, answerTimeoutMs })
    return opening
  }

  async function ask<R extends QueryResultRow>(text: string, values: readonly unknown[]): Promise<readonly R[]> {
    try {
      connected ??= connect()
      const client = await connected
      const { rows } = await client.query<R>(text, [...values])
      return rows
    } catch (error) {
      // Whatever the server itself did not say leaves a connection of which nothing is known.
      if (!(error instanceof DatabaseError)) await drop()
      throw asUnavailable(error, database)
    }
  }

  function blocksOf(table: RowTable, size: Size | undefined): number {
    if (size?.plain === true) return size.blocks
    throw new TableUnavailableError(
      'other',
      `${table} in ${database} is not a table with all its rows in itself (a view, or one that has partitions or ` +
        'descendants): its rows cannot be vouched for. Name the database that the nodes write to.',
    )
  }

  async function drop(): Promise<void> {
    const dropped = connected
    connected = undefined
    const client = await dropped?.catch(() => undefined)
    await client?.end().catch(() => undefined)
  }

  return {
    async blocks(table) {
      const [found] = await ask<{ size: Size }>(SIZE_OF, [table])
      return blocksOf(table, found?.size)
    },

    async read(table, { from, to }, range) {
      const values = [...rangeValues(range), `(${from},0)`, `(${to},0)`]
      return ask<RawRow & QueryResultRow>(READ_ROWS[table], values)
    },

    async clashes(limit, range) {
      const found = await ask<RowName & Pick<RowClash, 'code'>>(FIND_CLASHES, [...rangeValues(range), limit])
      return found.map(({ code, ...row }) => ({ row, code }))
    },

    async changes({ since = null, from, limit, announce = null }) {
      const places = TABLES.map((table) => `(${from[table]},0)`)
      const found = await ask<Look>(FIND_CHANGES, [since, ...places, limit, announce, COMMITTED_CHANNEL])
      const [first] = found
      return {
        mark: first?.mark ?? '',
        blocks: {
          prices: blocksOf('prices', first?.sizes.prices),
          equivocations: blocksOf('equivocations', first?.sizes.equivocations),
        },
        rows: found.flatMap(({ mark: _mark, told: _told, sizes: _sizes, ...row }) => (isRow(row) ? [row] : [])),
      }
    },

    async byId(id) {
      const found: RawRow[] = []
      for (const table of TABLES) {
        found.push(...(await ask<RawRow & QueryResultRow>(FIND_ROWS_BY_ID[table], [id])))
      }
      return found
    },

    async close() {
      const closed = new AbortController()
      const tooLate = clock.sleep(CLOSE_TIMEOUT_MS, closed.signal).catch(() => undefined)
      await Promise.race([drop(), tooLate])
      closed.abort()
    },
  }
}

interface Size {
  readonly blocks: number
  readonly plain: boolean
}

/** A row that was found, or only the look itself. */
type Look = Partial<RawRow> & {
  readonly mark: string
  readonly told: string | null
  readonly sizes: Readonly<Record<RowTable, Size>>
}

function isRow(row: Partial<RawRow>): row is RawRow {
  return row.table !== undefined && row.table !== null
}

async function openClient(
  { logger, onEnd }: { readonly logger: Logger; readonly onEnd: () => void },
  { url, answerTimeoutMs }: RowReaderOptions,
): Promise<Client> {
  const client = new Client({ ...connectionOptions(url), query_timeout: answerTimeoutMs })
  client.on('error', (error) => {
    logger.debug('the connection that reads rows broke', { error })
    onEnd()
  })
  client.on('end', onEnd)
  try {
    await client.connect()
    await client.query(SEE_ALL_ROWS)
    return client
  } catch (error) {
    onEnd()
    await client.end().catch(() => undefined)
    throw error
  }
}

function rangeValues({ fromMs, toMs, network }: RowRange): readonly unknown[] {
  return [fromMs ?? null, toMs ?? null, network ?? null]
}
