import type { Command } from 'commander'
import { type NodeFlags, withNodeFlags } from './node-flags.ts'

export interface StatusFlags extends NodeFlags {
  readonly json?: boolean
  readonly once?: boolean
}

/** `gossip-price status`: the network as a running node sees it. */
export function registerStatus(program: Command): void {
  withNodeFlags(
    program
      .command('status')
      .description('show the network as a node sees it; on a terminal again and again, until q or Ctrl-C')
      .option('--once', 'show it once on a terminal, too')
      .option('--json', 'print what the node answers at /v1/network, once, in one line of JSON'),
  ).action(async (flags: StatusFlags) => {
    const { showStatus } = await import('./status-action.ts')
    await showStatus(flags)
  })
}
