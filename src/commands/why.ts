import { type Command, InvalidArgumentError } from 'commander'

export interface WhyFlags {
  readonly api?: string
  readonly json?: boolean
}

/** What is asked about: a statement, or all of a round. */
export type WhySubject =
  | { readonly kind: 'id'; readonly id: string }
  | { readonly kind: 'round'; readonly round: number }

/** `gossip-price why`: why a statement is in the table, or is not. */
export function registerWhy(program: Command): void {
  program
    .command('why')
    .description('say why a price is in the table, or is not: who signed, who did not and for what reason')
    .argument('<id | round>', 'id of a statement, 0x and 64 hexadecimal digits; or the number of a round', subject)
    .option('--api <url>', 'URL of the node that is asked; that of GP_HTTPADDR otherwise', httpUrl)
    .option('--json', 'one JSON object a line and statement')
    .action(async (about: WhySubject, flags: WhyFlags) => {
      const { sayWhy } = await import('./why-action.ts')
      await sayWhy(about, flags)
    })
}

/** @throws {InvalidArgumentError} */
export function httpUrl(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text
  throw new InvalidArgumentError('It should be a URL, as http://127.0.0.1:8080.')
}

function subject(text: string): WhySubject {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return { kind: 'id', id: text.toLowerCase() }
  if (/^\d{1,12}$/.test(text)) return { kind: 'round', round: Number(text) }
  throw new InvalidArgumentError('It should be 0x and 64 hexadecimal digits, or the number of a round.')
}
