import { type Command, InvalidArgumentError } from 'commander'
import { DATABASE_HELP, type DatabaseFlags } from './database-flags.ts'
import { helpText } from './help-text.ts'
import { FROM_HELP, TO_HELP, type TimeFlags, momentOption } from './time-flags.ts'

export interface PricesFlags extends DatabaseFlags, TimeFlags {
  readonly limit: number
  readonly network?: string
  readonly json?: boolean
  readonly follow?: boolean
}

const WHY_HELP = 'The id is shortened to as many digits as gossip-price why needs; --json has all of it.'

/** `gossip-price prices`: the newest rows of the table. */
export function registerPrices(program: Command): void {
  program
    .command('prices')
    .description('print the newest committed prices')
    .option('--limit <number>', 'how many', wholeNumber, 20)
    .option('--from <time>', FROM_HELP, momentOption)
    .option('--to <time>', TO_HELP, momentOption)
    .option('--network <name>', 'those of one network only')
    .option('--follow', 'then those that come, until Ctrl-C')
    .option('--json', 'one JSON object a line, with all that is needed to prove a row')
    .option('--database <url>', 'Postgres URL of the database')
    .option('--data-dir <directory>', 'data directory of the cluster or node whose own database it is')
    .addHelpText('after', helpText(`${WHY_HELP}\n${DATABASE_HELP}`))
    .action(async (flags: PricesFlags) => {
      if (flags.follow === true) {
        const { followPrices } = await import('./follow-action.ts')
        await followPrices(flags)
      } else {
        const { printPrices } = await import('./prices-action.ts')
        await printPrices(flags)
      }
    })
}

const MOST = 100_000

function wholeNumber(text: string): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (value >= 1 && value <= MOST) return value
  throw new InvalidArgumentError(`It should be a whole number from 1 to ${MOST}.`)
}
