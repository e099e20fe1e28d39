import { createPostgresPriceTable } from '../store/postgres-price-table.ts'
import type { StoredPrice } from '../store/stored-price.ts'
import { createCounters } from '../telemetry/counters.ts'
import { createCommandLogger } from './command-logger.ts'
import { askDatabase } from './find-database.ts'
import { priceJson, priceTable } from './price-listing.ts'
import type { PricesFlags } from './prices.ts'
import { widthOf } from './text-width.ts'

export async function printPrices(flags: PricesFlags): Promise<void> {
  const rows = await askDatabase(flags, (url) => newestRows(url, flags))
  if (rows.length === 0) process.stderr.write('no prices yet: the first row follows a quorum and its quiet period\n')
  else
    process.stdout.write(
      flags.json === true
        ? rows.map((row) => `${priceJson(row)}\n`).join('')
        : priceTable(rows, { width: widthOf(process.stdout) }),
    )
}

async function newestRows(url: string, { limit, network }: PricesFlags): Promise<readonly StoredPrice[]> {
  const table = createPostgresPriceTable(
    { logger: createCommandLogger(), counters: createCounters() },
    // Reading claims nothing: network and interval matter to writers only.
    { url, network: network ?? '', intervalMs: 0 },
  )
  try {
    return await table.newest(limit, network === undefined ? {} : { network })
  } finally {
    await table.close()
  }
}
