import type { PriceRow, WriteOutcome } from '../../src/core/price-table.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { createPostgresPriceTable, type PostgresPriceTable } from '../../src/store/postgres-price-table.ts'
import type { TestDatabase } from './postgres.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'
import { INTERVAL_MS } from './statements.ts'

export interface TableOptions {
  readonly url?: string
  readonly network?: string
  readonly intervalMs?: number
  readonly counters?: RecordingCounters
}

/** The table of a test's database, closed after the test. */
export function tableOf(database: Pick<TestDatabase, 'url' | 'defer'>, options: TableOptions = {}): PostgresPriceTable {
  const { url = database.url, network = 'test-network', intervalMs = INTERVAL_MS, counters } = options
  const table = createPostgresPriceTable(
    { logger: new RecordingLogger(), counters: counters ?? new RecordingCounters() },
    { url, network, intervalMs },
  )
  database.defer(() => table.close())
  return table
}

/** What became of each of `rows`, in their order. */
export function kindsOf(
  outcomes: ReadonlyMap<StatementId, WriteOutcome>,
  rows: readonly PriceRow[],
): (WriteOutcome['kind'] | undefined)[] {
  return rows.map(({ attestation }) => outcomes.get(attestation.id)?.kind)
}
