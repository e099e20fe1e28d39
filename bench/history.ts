import { Client } from 'pg'
import type { Day, HistoryRange } from '../src/core/history.ts'
import { DAY_MS, dayAt } from '../src/core/history-tree.ts'
import type { Round, StatementId } from '../src/core/statement.ts'
import { migrate } from '../src/store/migrations.ts'
import { PostgresPriceHistory } from '../src/store/postgres-price-history.ts'
import type { Measurement } from './measurement.ts'
import { readMemory } from './memory.ts'
import type { Workbench } from './workbench.ts'

const ROWS = 1_000_000
const ROWS_AT_ONCE = 50_000
const PROPOSERS = 5
const INTERVAL_MS = 600_000
const NETWORK = 'bench'
const LAST_ROUND = ROWS / PROPOSERS - 1
/** Ends within the last day, as the range of a running node does. */
const RANGE: HistoryRange = { fromDay: 0 as Day, untilMs: LAST_ROUND * INTERVAL_MS }

/** What it takes to compare a long history with that of a peer. */
export async function measureHistory(workbench: Workbench): Promise<Measurement[]> {
  const { clock, logger, progress, releases } = workbench
  const url = await fillDatabase(workbench)
  progress.step('history: reading it')
  let statements = 0
  const history = new PostgresPriceHistory(
    { clock, logger, counters: { add: () => (statements += 1) } },
    { url, network: NETWORK, intervalMs: INTERVAL_MS, alone: true },
  )
  releases.add('history', () => history.close())
  const time = async (work: () => Promise<unknown>): Promise<number> => {
    statements = 0
    const fromMs = clock.now().monoMs
    await work()
    return clock.now().monoMs - fromMs
  }
  const root = (): Promise<string> => history.root(RANGE)

  const before = await readMemory()
  const firstMs = await time(root)
  const firstStatements = statements
  const memoryBytes = (await readMemory()).heapBytes - before.heapBytes
  const againMs = await time(root)
  await touch(history)
  const touchedMs = await time(root)
  const touchedStatements = statements
  const middle = dayAt(RANGE.untilMs / 2)
  const leavesMs = await time(() => history.leaves(middle, RANGE, { limit: 2_048 }))
  const of = `of ${ROWS.toLocaleString('en')} rows`
  return [
    { name: `first root ${of}`, value: firstMs / 1_000, unit: 's', note: `SQL statements: ${firstStatements}` },
    { name: 'the same root again', value: againMs, unit: 'ms', note: 'SQL statements: 0' },
    {
      name: 'root after a row was written',
      value: touchedMs,
      unit: 'ms',
      note: `SQL statements: ${touchedStatements}`,
    },
    { name: 'leaves of a day', value: leavesMs, unit: 'ms', note: `${(PROPOSERS * DAY_MS) / INTERVAL_MS} leaves` },
    { name: `memory for ${dayAt(RANGE.untilMs)} days`, value: memoryBytes / 1e6, unit: 'MB' },
  ]
}

/** As if a row of the last round had been written. */
async function touch(history: PostgresPriceHistory): Promise<void> {
  const table = history.keepUpWith({ present: async () => new Set(), write: async () => new Map() })
  const statement = { round: LAST_ROUND as Round, observedAt: LAST_ROUND * INTERVAL_MS }
  const attestation = { id: '0x' as StatementId, statement, signatures: new Map() }
  await table.write([{ attestation, lastSignedAtMs: 0 } as unknown as Parameters<typeof table.write>[0][number]])
}

/** @returns the URL of a database full of rows that nobody signed */
async function fillDatabase(workbench: Workbench): Promise<string> {
  const { logger, progress, signal } = workbench
  const server = await workbench.databaseUrl()
  await query(server, ['CREATE DATABASE history'])
  const url = Object.assign(new URL(server), { pathname: '/history' }).href
  await migrate({ logger }, { url })
  await query(url, [
    `INSERT INTO networks VALUES ('${NETWORK}', ${INTERVAL_MS / 1_000})`,
    'ALTER TABLE prices DROP CONSTRAINT sign_data_format, DROP CONSTRAINT first_signer_signed',
    'ALTER TABLE prices DISABLE TRIGGER USER',
  ])
  for (let from = 0; from < ROWS && !signal.aborted; from += ROWS_AT_ONCE) {
    progress.step(`history: ${from.toLocaleString('en')} of ${ROWS.toLocaleString('en')} rows are made`)
    await query(url, [rows(from, from + ROWS_AT_ONCE - 1)])
  }
  signal.throwIfAborted()
  await query(url, ['VACUUM ANALYZE prices'])
  return url
}

function rows(from: number, to: number): string {
  const signature = JSON.stringify({ signer: `0x${'a'.repeat(40)}`, signature: `0x${'a'.repeat(128)}1b` })
  const signatures = JSON.stringify(Array.from({ length: PROPOSERS }, () => JSON.parse(signature) as unknown))
  return `
INSERT INTO prices (id, price, first_signer, sign_data, lastsigned_time, network, pair, round, source, observed_time,
  signer_count)
SELECT '0x' || encode(sha256(row::text::bytea), 'hex'), 3000.5, '0x' || lpad(to_hex(row % ${PROPOSERS}), 40, '0'),
  '${signatures}', 'epoch', '${NETWORK}', 'ETH-USD', row / ${PROPOSERS}, 'coinbase',
  'epoch'::timestamptz + (row / ${PROPOSERS} * ${INTERVAL_MS}::bigint + row % ${PROPOSERS}) * interval '1 millisecond',
  ${PROPOSERS}
FROM generate_series(${from}, ${to}) AS row`
}

async function query(url: string, statements: readonly string[]): Promise<void> {
  const client = new Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}
