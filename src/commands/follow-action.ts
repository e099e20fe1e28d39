import { systemClock } from '../node/system-clock.ts'
import { PriceFollower } from '../store/price-follower.ts'
import { createCommandLogger } from './command-logger.ts'
import { askDatabase } from './find-database.ts'
import { CommandError } from './failure.ts'
import { createRunningTable, priceJson } from './price-listing.ts'
import type { PricesFlags } from './prices.ts'
import { runUntilStopped } from './run-until-stopped.ts'
import { widthOf } from './text-width.ts'

const STOP_DEADLINE_MS = 5_000

/** Prints the newest rows, then every row that comes, until it is told to stop. */
export async function followPrices(flags: PricesFlags): Promise<void> {
  const { limit: newest, network, json, from, to } = flags
  if (from !== undefined || to !== undefined) {
    throw new CommandError(
      '--from and --to choose among the rows that are there, and --follow waits for others: leave one out',
    )
  }
  const logger = createCommandLogger()
  const table = createRunningTable({ width: widthOf(process.stdout) })
  let isEmpty = true
  // Nobody reads any more (`| head`), or nothing can be written.
  process.stdout.on('error', () => process.exit())
  const follower = await askDatabase(flags, async (url) => {
    const started = new PriceFollower(
      {
        clock: systemClock,
        random: Math.random,
        logger,
        onRows(rows) {
          isEmpty = false
          process.stdout.write(json === true ? rows.map((row) => `${priceJson(row)}\n`).join('') : table(rows))
        },
      },
      { url, network, newest },
    )
    await started.start()
    return started
  })
  if (isEmpty) process.stderr.write('no prices yet: waiting for the first\n')
  await runUntilStopped({ logger, start: async () => follower }, { deadlineMs: STOP_DEADLINE_MS })
}
