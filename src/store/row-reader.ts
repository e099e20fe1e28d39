import { Client, DatabaseError, type QueryResultRow } from 'pg'
import type { Logger } from '../core/logger.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { RawRow, RowClash, RowName, RowRange, RowSource, RowTable } from '../core/raw-row.ts'
import type { StatementId } from '../core/statement.ts'
import { connectionOptions } from './connection.ts'
import { asUnavailable, describeDatabase } from './database-fault.ts'
import {
  COUNT_BLOCKS,
  FIND_COMMITTED_TOO,
  FIND_ROWS_BY_ID,
  FIND_TAKEN_IDS,
  FIND_TAKEN_SLOTS,
  FIND_UNDISPUTED,
  READ_ROWS,
  SEE_ALL_ROWS,
} from './row-sql.ts'

/** Reads rows on a connection of its own, which it opens when it is first asked, and again whenever it has to. */
export interface RowReader extends RowSource {
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

const CLASHES: readonly (readonly [RowClash['code'], string])[] = [
  ['slot-taken', FIND_TAKEN_SLOTS],
  ['id-taken', FIND_TAKEN_IDS],
  ['undisputed', FIND_UNDISPUTED],
  ['committed-too', FIND_COMMITTED_TOO],
]

export interface RowReaderOptions {
  /** URL of a Postgres, 15 or newer, and a role that may read the tables. */
  readonly url: string
  /** How long the server may take for an answer, milliseconds. @default for ever: large tables take their time */
  readonly answerTimeoutMs?: number | undefined
}

export function createRowReader(
  { logger }: { readonly logger: Logger },
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

  async function drop(): Promise<void> {
    const client = await connected?.catch(() => undefined)
    connected = undefined
    await client?.end().catch(() => undefined)
  }

  return {
    async blocks(table) {
      const [found] = await ask<{ blocks: string; plain: boolean }>(COUNT_BLOCKS, [table])
      if (found?.plain === true) return Number(found.blocks)
      throw new TableUnavailableError(
        'other',
        `${table} in ${database} is not a table with all its rows in itself (a view, or one that has partitions or ` +
          'descendants): its rows cannot be vouched for. Name the database that the nodes write to.',
      )
    },

    async read(table, { from, to }, range) {
      const values = [...rangeValues(range), `(${from},0)`, `(${to},0)`]
      return ask<RawRow & QueryResultRow>(READ_ROWS[table], values)
    },

    async clashes(limit, range) {
      const found: RowClash[] = []
      for (const [code, text] of CLASHES) {
        const rows = await ask<RowName & QueryResultRow>(text, [...rangeValues(range), limit])
        for (const row of rows) found.push({ row, code })
      }
      return found
    },

    async byId(id) {
      const found: RawRow[] = []
      for (const table of TABLES) {
        found.push(...(await ask<RawRow & QueryResultRow>(FIND_ROWS_BY_ID[table], [id])))
      }
      return found
    },

    close: drop,
  }
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
