import type { Command } from 'commander'
import { helpText } from './help-text.ts'

/** `gossip-price simulate-prices`: the simulated price source as a server of its own. */
export function registerSimulatePrices(program: Command): void {
  program
    .command('simulate-prices')
    .description("serve simulated prices over HTTP, in the format of Coinbase's exchange rates")
    .option('--listen <host:port>', 'address to listen on; port 0 is any free one', '127.0.0.1:8090')
    .option('--seed <text>', 'names the walk: the same seed gives the same prices at the same time', 'gossip-price')
    .addHelpText(
      'after',
      helpText('Nodes use it with GP_PRICEURL, GP_SOURCE=simulated and a GP_NETWORK that ends in -simulated.'),
    )
    .action(async (flags: { readonly listen: string; readonly seed: string }) => {
      const { servePrices } = await import('./simulate-prices-action.ts')
      await servePrices(flags)
    })
}
