import { requireVariables } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { SecretValue } from '../core/secret-value.ts'
import { systemClock } from '../node/system-clock.ts'
import { findConnections } from '../store/connection-file.ts'
import { createPostgresPriceTable } from '../store/postgres-price-table.ts'
import type { StoredPrice } from '../store/stored-price.ts'
import { createCounters } from '../telemetry/counters.ts'
import { createLogger, wantsColour } from '../telemetry/logger.ts'
import { namedDatabase } from './database-url.ts'
import { CommandError } from './failure.ts'
import { priceJson, priceTable } from './price-listing.ts'
import type { PricesFlags } from './prices.ts'

/** Where a cluster keeps its things unless it is told otherwise. */
const CLUSTER_DIRECTORY = '.gossip-price'

export async function printPrices(flags: PricesFlags): Promise<void> {
  const rows = await newestRows(flags)
  if (rows.length === 0) process.stderr.write('no prices yet: the first row follows a quorum and its quiet period\n')
  else process.stdout.write(flags.json === true ? rows.map((row) => `${priceJson(row)}\n`).join('') : priceTable(rows))
}

async function newestRows(flags: PricesFlags): Promise<readonly StoredPrice[]> {
  const named = flags.dataDir === undefined ? namedDatabase(flags) : undefined
  if (named !== undefined) return ask(named, flags)
  const found = await findConnections(directoriesOf(flags))
  for (const { url } of found) {
    try {
      return await ask(url, flags)
    } catch (error) {
      // What was started there may have ended without a word; then another may be running.
      if (!(error instanceof TableUnavailableError) || error.code !== 'unreachable') throw error
    }
  }
  const where = directoriesOf(flags).join(' or ')
  throw new CommandError(
    found.length === 0
      ? `no database is running for ${where}: start one with npm start, or name one with --database URL or GP_DATABASEURL`
      : `the database of ${found.map(({ file }) => file).join(', ')} does not run any more: npm start starts it again`,
  )
}

function directoriesOf({ dataDir }: PricesFlags): readonly string[] {
  if (dataDir !== undefined) return [dataDir]
  return [requireVariables(surroundings(), ['dataDir']).dataDir, CLUSTER_DIRECTORY]
}

async function ask(url: SecretValue<string>, { limit, network }: PricesFlags): Promise<readonly StoredPrice[]> {
  const logger = createLogger(
    { stream: process.stderr, clock: systemClock },
    { level: 'warn', format: 'text', colour: wantsColour(process.stderr, process.env) },
  )
  const table = createPostgresPriceTable(
    { logger, counters: createCounters() },
    // Reading claims nothing: network and interval matter to writers only.
    { url: url.reveal(), network: network ?? '', intervalMs: 0 },
  )
  try {
    return await table.newest(limit, network === undefined ? {} : { network })
  } finally {
    await table.close()
  }
}
