import { type Command, InvalidArgumentError } from 'commander'
import { helpText } from './help-text.ts'
import { type NodeFlags, withNodeFlags } from './node-flags.ts'

export interface WhyFlags extends NodeFlags {
  readonly json?: boolean
}

/** What is asked about: a statement, the one whose id begins with some digits, or all of a round. */
export type WhySubject =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'prefix'; readonly prefix: string }
  | { readonly kind: 'round'; readonly round: number }

const HELP = `
Exit code: 0 when the node can say why, also why a round has no statement, or is still to come; 1 when it knows nothing
of it, or nobody answers.

A node remembers what expired, and who was there, since its start; ask another when it was started a moment ago.`

/** `gossip-price why`: why a statement is in the table, or is not. */
export function registerWhy(program: Command): void {
  withNodeFlags(
    program
      .command('why')
      .description('say why a price is in the table, or is not: who signed, who did not and for what reason')
      .argument('<id | round>', 'id of a statement, or its first digits (0x and 6 or more); or a round', subject)
      .option('--json', 'one JSON object a line and statement, as the node answers')
      .addHelpText('after', helpText(HELP)),
  ).action(async (about: WhySubject, flags: WhyFlags) => {
    const { sayWhy } = await import('./why-action.ts')
    await sayWhy(about, flags)
  })
}

function subject(text: string): WhySubject {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return { kind: 'id', id: text.toLowerCase() }
  if (/^0x[0-9a-fA-F]{6,63}$/.test(text)) return { kind: 'prefix', prefix: text.toLowerCase() }
  if (/^\d{1,10}$/.test(text)) return { kind: 'round', round: Number(text) }
  throw new InvalidArgumentError(
    'It should be 0x and 64 hexadecimal digits or the first 6 or more of them, or the number of a round.',
  )
}
