// Holds a share in the embedded Postgres of the directory it is given, prints its URL, and gives the share back when its
// standard input ends or on SIGINT, after one more query.
import process from 'node:process'
import { systemClock } from '../../src/node/system-clock.ts'
import { startEmbeddedPostgres } from '../../src/store/embedded/embedded-postgres.ts'
import { query } from './postgres-server.ts'
import { RecordingLogger } from './recorders.ts'

const [directory = ''] = process.argv.slice(2)
const postgres = await startEmbeddedPostgres(
  { logger: new RecordingLogger(), clock: systemClock },
  { directory, database: 'prices' },
)

async function end(): Promise<void> {
  const [row] = await query<{ last: string }>(postgres.url, `SELECT 'flushed' AS last`)
  process.stdout.write(`${row?.last}\n`)
  await postgres.stop()
  process.exit(0)
}
process.once('SIGINT', () => void end())
process.stdin.once('end', () => void end()).resume()
process.stdout.write(`${postgres.url}\n`)
