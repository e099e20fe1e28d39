import { type Command, InvalidArgumentError } from 'commander'
import { helpText } from './help-text.ts'

export interface ResyncFlags {
  /** Milliseconds since the Unix epoch, the beginning of a UTC day. */
  readonly from?: number
  readonly json?: boolean
}

const HELP = `
For a database that was restored from an old backup, or lost. It joins the network by the GP_* variables of the node,
which must not be running; a running node catches up by itself. Each row is checked as if it came from a stranger: its id,
every signature, a quorum of the signers of its round. What is there stays as it is.

It can be stopped at any time; the next run goes on where this one ended. Exit code 0 when the history agrees with that
of all connected nodes; 1 when there is nobody to take it from, when a node lies or could not be asked to the end, when
statements had to be left out, or when it was stopped.`

/** `gossip-price resync`: takes over committed history from other nodes. */
export function registerResync(program: Command): void {
  program
    .command('resync')
    .description("refill this node's database with the committed history of other nodes")
    .option('--from <date>', 'how far back, as 2025-01-31 (default: as GP_HISTORY says)', utcDay)
    .option('--json', 'the result as a JSON object')
    .addHelpText('after', helpText(HELP))
    .action(async (flags: ResyncFlags) => {
      const { resyncHistory } = await import('./resync-action.ts')
      await resyncHistory(flags)
    })
}

function utcDay(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  // Date.parse takes February 30.
  if (time >= 0 && new Date(time).toISOString().startsWith(text)) return time
  throw new InvalidArgumentError('It should be a day, as 2025-01-31.')
}
