import type { Command } from 'commander'
import { helpText } from './help-text.ts'

/** `gossip-price node`: one node, bootstrap or gossip, until it is told to stop. */
export function registerNode(program: Command): void {
  program
    .command('node')
    .description('run one node, configured by GP_* variables (gossip-price config table lists them)')
    .addHelpText(
      'after',
      helpText('GP_BOOTSTRAP=true makes it a bootstrap node, through which others find each other.'),
    )
    .action(async () => {
      const { runNode } = await import('./node-actions.ts')
      await runNode()
    })
}
