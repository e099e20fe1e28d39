import { type Command, InvalidArgumentError } from 'commander'

export interface PricesFlags {
  readonly limit: number
  readonly network?: string
  readonly json?: boolean
  readonly database?: string
  readonly dataDir?: string
}

const HELP = `
Without --database and GP_DATABASEURL, it is the database of the cluster or the node that was started in this directory.`

/** `gossip-price prices`: the newest rows of the table. */
export function registerPrices(program: Command): void {
  program
    .command('prices')
    .description('print the newest committed prices')
    .option('--limit <number>', 'how many', wholeNumber, 20)
    .option('--network <name>', 'those of one network only')
    .option('--json', 'one JSON object a line, with all that is needed to prove a row')
    .option('--database <url>', 'Postgres URL of the database')
    .option('--data-dir <directory>', 'data directory of the cluster or node whose own database it is')
    .addHelpText('after', HELP)
    .action(async (flags: PricesFlags) => {
      const { printPrices } = await import('./prices-action.ts')
      await printPrices(flags)
    })
}

const MOST = 100_000

function wholeNumber(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= MOST) return value
  throw new InvalidArgumentError(`It should be a whole number from 1 to ${MOST}.`)
}
