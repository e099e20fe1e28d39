import type pc from 'picocolors'
import { printed } from './ask-node.ts'
import { shortId } from './short-text.ts'
import { type Cell, type Column, layTable } from './terminal-table.ts'

type Paint = ReturnType<typeof pc.createColors>

/** A statement that is not in the table yet, as `/v1/statements` has it. */
export interface PendingRow {
  readonly id: string
  readonly pair: string
  readonly price: string
  readonly round: number
  readonly proposer: string
  readonly phase: string
  readonly signers: readonly { readonly signer: string }[]
  readonly missing: readonly string[]
  readonly refusals: readonly { readonly signer: string; readonly reason: string }[]
  readonly minimum: number
  readonly quietEndsInMs: number | null
}

/** More than these are counted, not shown. */
const MOST = 12

/** A line for each statement under way: where it stands, who has signed, and who has not. */
export function pendingTable(
  statements: readonly PendingRow[],
  { width, paint }: { readonly width: number; readonly paint: Paint },
): readonly string[] {
  if (statements.length === 0) return ['No statement is on its way.']
  const rows = statements.slice(0, MOST)
  const { lines } = layTable(columnsOf(paint), { rows, width, paintHeading: paint.dim })
  const more = statements.length - rows.length
  return [...lines, ...(more > 0 ? [paint.dim(`and ${more} more`)] : [])]
}

function columnsOf(paint: Paint): readonly Column<PendingRow>[] {
  const plain =
    (text: (row: PendingRow) => string, paintOf?: (row: PendingRow) => Cell['paint']) =>
    (row: PendingRow): Cell => ({ text: printed(text(row)), paint: paintOf?.(row) })
  const hasQuorum = ({ signers, minimum }: PendingRow): boolean => signers.length >= minimum
  return [
    { heading: 'statement', spare: 0, cell: plain(({ id }) => shortId(id)) },
    { heading: 'pair', spare: 3, cell: plain(({ pair }) => pair) },
    { heading: 'price', align: 'right', spare: 0, cell: plain(({ price }) => price) },
    { heading: 'round', align: 'right', spare: 4, cell: plain(({ round }) => `${round}`) },
    { heading: 'from', spare: 2, cell: plain(({ proposer }) => nickname(proposer)) },
    {
      heading: 'signed',
      spare: 0,
      cell: plain(
        (row) => (hasQuorum(row) ? `${row.signers.length}` : `${row.signers.length} of ${row.minimum}`),
        (row) => (hasQuorum(row) ? paint.green : paint.yellow),
      ),
    },
    { heading: 'stands at', spare: 1, cell: plain(standing) },
    { heading: 'by', spare: 2, cell: plain(({ signers }) => signers.map(({ signer }) => nickname(signer)).join(' ')) },
    { heading: 'missing', spare: 0, cell: plain(absent, () => paint.yellow) },
  ]
}

/** Enough to tell one signer of a table from another. */
function nickname(address: string): string {
  return address.slice(2, 6)
}

function standing({ phase, quietEndsInMs }: PendingRow): string {
  if (quietEndsInMs === null) return phase
  return quietEndsInMs > 0 ? `row in ${Math.ceil(quietEndsInMs / 1_000)} s` : 'row is due'
}

function absent({ missing, refusals }: PendingRow): string {
  const reasons = new Map(refusals.map(({ signer, reason }) => [signer, reason]))
  return [...new Set([...reasons.keys(), ...missing])]
    .map((signer) => {
      const reason = reasons.get(signer)
      return reason === undefined ? nickname(signer) : `${nickname(signer)} (${reason})`
    })
    .join(', ')
}
