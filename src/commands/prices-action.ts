import { printable } from '../core/row-fault.ts'
import { createPostgresPriceTable } from '../store/postgres-price-table.ts'
import type { StoredPrice } from '../store/stored-price.ts'
import { createCounters } from '../telemetry/counters.ts'
import { createCommandLogger } from './command-logger.ts'
import { askDatabase } from './find-database.ts'
import { priceJson, priceTable } from './price-listing.ts'
import type { PricesFlags } from './prices.ts'
import { widthOf } from './text-width.ts'
import { requireRange } from './time-flags.ts'

export async function printPrices(flags: PricesFlags): Promise<void> {
  requireRange(flags)
  const rows = await askDatabase(flags, (url) => newestRows(url, flags))
  if (rows.length === 0) process.stderr.write(`${nothingFound(flags)}\n`)
  else
    process.stdout.write(
      flags.json === true
        ? rows.map((row) => `${priceJson(row)}\n`).join('')
        : priceTable(rows, { width: widthOf(process.stdout) }),
    )
}

function nothingFound({ from, to, network }: PricesFlags): string {
  const of = network === undefined ? '' : ` of the network ${printable(network)}`
  if (from !== undefined || to !== undefined) return `no prices${of} were observed in that time`
  return `no prices${of} yet: the first row follows a quorum and its quiet period`
}

async function newestRows(url: string, { limit, network, from, to }: PricesFlags): Promise<readonly StoredPrice[]> {
  const table = createPostgresPriceTable(
    { logger: createCommandLogger(), counters: createCounters() },
    // Reading claims nothing: network and interval matter to writers only.
    { url, network: network ?? '', intervalMs: 0 },
  )
  try {
    return await table.newest(limit, { network, fromMs: from, toMs: to })
  } finally {
    await table.close()
  }
}
