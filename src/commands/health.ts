import type { Command } from 'commander'
import { type NodeFlags, withNodeFlags } from './node-flags.ts'

export interface HealthFlags extends NodeFlags {
  readonly json?: boolean
}

/** `gossip-price health`: asks a node whether it is ready; for health checks of containers. */
export function registerHealth(program: Command): void {
  withNodeFlags(
    program
      .command('health')
      .description('ask a node whether it is ready; exit code 1 and the reasons when it is not')
      .option('--json', 'one JSON object: whether it is ready, and the reasons when not'),
  ).action(async (flags: HealthFlags) => {
    const { askHealth } = await import('./health-action.ts')
    await askHealth(flags)
  })
}
