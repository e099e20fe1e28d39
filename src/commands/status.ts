import type { Command } from 'commander'
import { httpUrl } from './why.ts'

export interface StatusFlags {
  readonly api?: string
  readonly json?: boolean
  readonly once?: boolean
}

/** `gossip-price status`: the network as a running node sees it. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('show the network as a node sees it; on a terminal again and again, until Ctrl-C')
    .option('--api <url>', 'URL of the node that is asked; that of GP_HTTPADDR otherwise', httpUrl)
    .option('--once', 'show it once on a terminal, too')
    .option('--json', 'print what the node answers, once, in one line of JSON')
    .action(async (flags: StatusFlags) => {
      const { showStatus } = await import('./status-action.ts')
      await showStatus(flags)
    })
}
