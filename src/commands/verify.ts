import { type Command, InvalidArgumentError } from 'commander'
import { EXIT } from '../node/exit-code.ts'
import { DATABASE_HELP, type DatabaseFlags } from './database-flags.ts'
import { helpText } from './help-text.ts'
import { FROM_HELP, TO_HELP, type TimeFlags, momentOption } from './time-flags.ts'

export interface VerifyFlags extends DatabaseFlags, TimeFlags {
  readonly network?: string
  readonly signers?: string
  readonly threshold?: number
  readonly json?: boolean
}

const HELP = `
Every row of prices and equivocations is judged by itself: its id is computed again from its columns, every signature is
recovered, and nothing is believed of the table, its constraints and indexes included. Whether the signers are the right
ones nobody can tell from the table: name them with --signers, as GP_SIGNERS has them (ADDRESS, ADDRESS@FROM-TO, or
@FILE), and how many make a quorum with --threshold.

Exit code: 0 when all rows are true, 1 when one is false, 2 when they could not be judged, 78 when --signers, --database or
GP_* hold what they may not.
${DATABASE_HELP}`

/** `gossip-price verify`: every row again, trusting nobody. */
export function registerVerify(program: Command): void {
  program
    .command('verify')
    .description('judge every row of the table again, trusting nobody; exit code 1 when one is false')
    .option('--from <time>', FROM_HELP, momentOption)
    .option('--to <time>', TO_HELP, momentOption)
    .option('--network <name>', 'rows of one network only')
    .option('--signers <signers>', 'the only addresses whose signatures count, or @FILE, as in GP_SIGNERS')
    .option('--threshold <number>', 'distinct signers that make a quorum', threshold)
    .option('--json', 'one JSON object a line: every false row, and a summary last')
    .option('--database <url>', 'Postgres URL of the database')
    .option('--data-dir <directory>', 'data directory of the cluster or node whose own database it is')
    .addHelpText('after', helpText(HELP))
    // A mistyped option must not look like a false row.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : EXIT.unjudged))
    .action(async (flags: VerifyFlags) => {
      const { verifyDatabase } = await import('./verify-action.ts')
      await verifyDatabase(flags)
    })
}

function threshold(text: string): number {
  const value = /^\d{1,4}$/.test(text) ? Number(text) : 0
  if (value >= 1) return value
  throw new InvalidArgumentError('It should be a whole number from 1 to 9999.')
}
