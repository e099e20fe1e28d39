import assert from 'node:assert/strict'
import { availableParallelism, loadavg } from 'node:os'
import type { TestContext } from 'node:test'
import { Client } from 'pg'
import type { OwnPostgres } from './postgres.ts'
import { query, urlOf } from './postgres-server.ts'
import type { ProcessCluster } from './process-cluster.ts'

/** What a server has been asked since it was marked. */
export interface StatementCount {
  readonly rows: number
  readonly writes: number
  readonly reads: number
  /** The statements that are counted, with how often they were run. */
  readonly statements: readonly { readonly text: string; readonly calls: number }[]
}

/** Counts, on the server, the SQL statements that others send to the database of the prices. */
export interface StatementCounter {
  /** Counting begins anew. */
  mark(): Promise<void>
  count(): Promise<StatementCount>
}

// What the counter itself asks is not counted.
const UNCOUNTED = '-c pg_stat_statements.track=none'

/** Makes a server count statements, for which it is started again; nobody may use it yet. */
export async function countStatements(postgres: OwnPostgres): Promise<StatementCounter> {
  const maintenance = urlOf(postgres.url, 'postgres')
  await query(maintenance, `ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'`)
  await postgres.stop()
  await postgres.start()
  await query(maintenance, 'CREATE EXTENSION pg_stat_statements')
  const database = new URL(postgres.url).pathname.slice(1)
  let rowsBefore = 0
  return {
    async mark() {
      rowsBefore = await rowsIn(postgres.url)
      await query(maintenance, 'SELECT pg_stat_statements_reset()')
    },
    async count() {
      const found = await query<{ text: string; calls: number }>(
        maintenance,
        `SELECT query AS text, sum(calls)::integer AS calls
         FROM pg_stat_statements JOIN pg_database ON pg_database.oid = dbid
         WHERE datname = $1 AND toplevel
         GROUP BY query`,
        [database],
      )
      const rows = (await rowsIn(postgres.url)) - rowsBefore
      const calls = (kind: 'write' | 'read'): number =>
        found.filter(({ text }) => kindOf(text) === kind).reduce((sum, each) => sum + each.calls, 0)
      return { rows, writes: calls('write'), reads: calls('read'), statements: found }
    },
  }
}

const MOST_WRITES_A_ROW = 1.2
const MOST_READS_A_ROW = 0.05

/** Looks, each of so many rounds: start-ups that are slow may reach into the first ones. */
const LOOKS = 8
/** Processes that wait for each core. Turns are half a second apart; a machine this busy cannot keep them. */
const BUSY = 2

/** Whether a cluster in which nothing is wrong keeps to what it may ask of the database that all its nodes share. */
export async function keepsStatementsFew(
  {
    cluster: { log, nodes },
    counter,
    t,
  }: { readonly cluster: ProcessCluster; readonly counter: StatementCounter; readonly t: TestContext },
  { rounds }: { readonly rounds: number },
): Promise<void> {
  const knowsTable = ({ name }: { readonly name: string }): boolean => log.said(name, /^committed /).length > 0
  await log.until(() => nodes.every(knowsTable), 'all nodes know of rows in the table')
  await log.roundsPass(1)
  const looks: string[] = []
  for (let look = 1; look <= LOOKS; look++) {
    await counter.mark()
    await log.roundsPass(rounds)
    const { rows, writes, reads, statements } = await counter.count()
    t.diagnostic(`${rows} rows, ${writes} writes, ${reads} reads`)
    if (writes <= MOST_WRITES_A_ROW * rows && reads <= MOST_READS_A_ROW * rows) return
    const texts = statements.map(({ text, calls }) => `${calls} × ${text}`).join('\n')
    looks.push(`${writes} writes and ${reads} reads for ${rows} rows:\n${texts}`)
  }
  const [load = 0] = loadavg()
  if (load > BUSY * availableParallelism()) t.skip(`this machine has too much else to do: load ${load}`)
  else assert.fail(looks.join('\n\n'))
}

/** Anything that is not known to be neither counts as a read. */
function kindOf(text: string): 'write' | 'read' | 'other' {
  if (/\b(INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER)\b/i.test(text)) return 'write'
  return /^\s*(LISTEN|UNLISTEN|BEGIN|COMMIT|ROLLBACK|SET|RESET|DEALLOCATE|DISCARD)\b/i.test(text) ? 'other' : 'read'
}

async function rowsIn(url: string): Promise<number> {
  const client = new Client({ connectionString: url, options: UNCOUNTED })
  client.on('error', () => undefined)
  await client.connect()
  try {
    const { rows } = await client.query<{ count: number }>('SELECT count(*)::integer AS count FROM prices')
    return rows[0]?.count ?? 0
  } finally {
    await client.end()
  }
}
