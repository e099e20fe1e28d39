import type { Command } from 'commander'

/** `gossip-price health`: asks the node of this environment whether it is ready; for health checks of containers. */
export function registerHealth(program: Command): void {
  program
    .command('health')
    .description('ask the node at GP_HTTPADDR whether it is ready; exit code 1 and the reasons when it is not')
    .option('--url <url>', 'ask there instead, as http://127.0.0.1:8080/livez')
    .action(async (flags: { readonly url?: string }) => {
      const { askHealth } = await import('./health-action.ts')
      await askHealth(flags)
    })
}
