import type { Command } from 'commander'
import { helpText } from './help-text.ts'

export interface EvidenceFlags {
  readonly dir?: string
  readonly json?: boolean
}

const HELP = `
An equivocation is two statements of one slot with signatures of one signer. A file of evidence holds both: whoever
recovers the signatures over its typed data (EIP-712) finds the signer, without this program.`

/** `gossip-price evidence`: proofs against signers who signed two statements of one slot. */
export function registerEvidence(program: Command): void {
  const evidence = program
    .command('evidence')
    .description('list, print and check proofs of equivocations')
    .addHelpText('after', helpText(HELP))

  withDirectory(evidence.command('list').description('list what this node has found'))
    .option('--json', 'one JSON object a line')
    .action(async (flags: EvidenceFlags) => {
      const { listEvidence } = await import('./evidence-actions.ts')
      await listEvidence(flags)
    })

  withDirectory(evidence.command('show').description('print a file of evidence as it is, to be given to others'))
    .argument('<file>', 'the file, or its name in the directory')
    .option('--out <file>', 'write it there instead')
    .option('--json', 'makes no difference: it is JSON')
    .action(async (file: string, flags: EvidenceFlags & { readonly out?: string }) => {
      const { showEvidence } = await import('./evidence-actions.ts')
      await showEvidence(file, flags)
    })

  withDirectory(
    evidence.command('check').description('check whether files of evidence are true; exit code 1 when one is not'),
  )
    .argument('<file...>', 'the files, or their names in the directory')
    .option('--json', 'one JSON object a line')
    .action(async (files: readonly string[], flags: EvidenceFlags) => {
      const { checkEvidence } = await import('./evidence-actions.ts')
      await checkEvidence(files, flags)
    })
}

function withDirectory(command: Command): Command {
  return command.option('--dir <directory>', 'directory of the files (default: evidence in GP_DATADIR)')
}
