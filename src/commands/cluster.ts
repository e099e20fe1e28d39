import { type Command, InvalidArgumentError } from 'commander'
import { DEFAULT_DATA_DIR } from '../cluster/cluster-plan.ts'
import { helpText } from './help-text.ts'

export interface ClusterFlags {
  readonly nodes: number
  readonly interval?: number
  readonly quietPeriod?: number
  readonly simulate?: boolean
  readonly dataDir: string
  readonly portBase?: number
}

const HELP = `
Postgres, a bootstrap node and signing nodes run on this machine until Ctrl-C; what they make is kept in the data
directory. GP_* variables of the environment reach every node; with GP_DATABASEURL no Postgres is started. The first
signing node serves the dashboard, at GP_HTTPADDR or the first free port from 8080. When Coinbase cannot be reached at the
start, the cluster says so and runs on simulated prices, in a network of its own.`

/** `gossip-price cluster`: a whole network on this machine. */
export function registerCluster(program: Command): void {
  program
    .command('cluster')
    .description('run a network on this machine, with nothing installed but Node')
    .option('--nodes <number>', 'signing nodes, beside the bootstrap node', wholeNumber(1, 64), 4)
    .option('--interval <seconds>', 'length of a round (default: 600)', wholeNumber(1, 604_800))
    .option('--quiet-period <seconds>', 'time without a new signature before a row is written (default: 30)', seconds)
    .option('--simulate', 'use simulated prices')
    .option('--data-dir <directory>', 'where keys, memories and the database are kept', DEFAULT_DATA_DIR)
    .option('--port-base <port>', 'first of the ports to use (default: free ones from 8000)', wholeNumber(1, 65_000))
    .addHelpText('after', helpText(HELP))
    .action(async (flags: ClusterFlags) => {
      const { runCluster } = await import('./cluster-actions.ts')
      await runCluster(flags)
    })
}

function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= from && value <= to) return value
    throw new InvalidArgumentError(`It should be a whole number from ${from} to ${to}.`)
  }
}

function seconds(text: string): number {
  const value = Number(text)
  if (/^\d+(\.\d+)?$/.test(text) && value > 0) return value
  throw new InvalidArgumentError('It should be a number of seconds above 0.')
}
