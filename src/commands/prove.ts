import { type Command, InvalidArgumentError } from 'commander'
import type { StatementId } from '../core/statement.ts'
import { DATABASE_HELP, type DatabaseFlags } from './database-flags.ts'
import { helpText } from './help-text.ts'

const HELP = `
The proof is one JSON object: typed data (EIP-712) whose digest is the id, and signatures over it. viem, ethers and cast
check it with no code of ours; docs/protocol.md says how.
${DATABASE_HELP}`

/** `gossip-price prove`: one row, as something that can be given to others. */
export function registerProve(program: Command): void {
  program
    .command('prove')
    .description('print a proof of one row that any Ethereum library can check')
    .argument('<id>', 'id of the row: 0x and 64 hexadecimal digits', statementId)
    .option('--json', 'makes no difference: it is JSON')
    .option('--database <url>', 'Postgres URL of the database')
    .option('--data-dir <directory>', 'data directory of the cluster or node whose own database it is')
    .addHelpText('after', helpText(HELP))
    .action(async (id: StatementId, flags: DatabaseFlags) => {
      const { proveRow } = await import('./prove-action.ts')
      await proveRow(id, flags)
    })
}

function statementId(text: string): StatementId {
  if (/^0x[0-9a-fA-F]{64}$/.test(text)) return text.toLowerCase() as StatementId
  throw new InvalidArgumentError('It should be 0x and 64 hexadecimal digits, as the column id has them.')
}
