import { listSignatures } from '../core/listed-signature.ts'
import { formatPrice } from '../core/price.ts'
import { printable } from '../core/row-fault.ts'
import { visibleJson } from '../core/visible-json.ts'
import type { StoredPrice } from '../store/stored-price.ts'
import { shortAddress, shortId } from './short-text.ts'

const HEADINGS = ['observed', 'pair', 'price', 'round', 'proposer', 'signers', 'committed', 'network', 'id'] as const
const RIGHT_ALIGNED: ReadonlySet<string> = new Set(['price', 'round', 'signers'])

/** Columns that a narrow terminal does without, the first ones first. */
const SPARE = ['network', 'committed', 'id', 'round', 'signers'] as const
const GAP = '  '

interface TableOptions {
  /** Cells of the terminal; by default lines may have any length. */
  readonly width?: number
}

/** Rows as a table for people, times in UTC. */
export function priceTable(rows: readonly StoredPrice[], options: TableOptions = {}): string {
  return createRunningTable(options)(rows)
}

/** A table that is printed bit by bit: the heading once, and columns that only grow. */
export function createRunningTable({ width = Infinity }: TableOptions = {}): (rows: readonly StoredPrice[]) => string {
  const leftOut = new Set<string>()
  let widths: readonly number[] = HEADINGS.map((heading) => heading.length)
  let isFirst = true
  return (rows) => {
    const lines = [...(isFirst ? [HEADINGS] : []), ...rows.map(cellsOf)]
    isFirst = false
    widths = widths.map((widest, column) => Math.max(widest, ...lines.map((line) => line[column]?.length ?? 0)))
    for (const heading of SPARE) if (lengthOf(widths, leftOut) > width) leftOut.add(heading)
    const format = (line: readonly string[]): string =>
      line
        .map((cell, column) => align(cell, { column, width: widths[column] ?? 0 }))
        .filter((_, column) => !leftOut.has(HEADINGS[column] ?? ''))
        .join(GAP)
        .trimEnd()
    return lines.map((line) => `${format(line)}\n`).join('')
  }
}

function lengthOf(widths: readonly number[], leftOut: ReadonlySet<string>): number {
  const shown = widths.filter((_, column) => !leftOut.has(HEADINGS[column] ?? ''))
  return shown.reduce((sum, each) => sum + each + GAP.length, -GAP.length)
}

/** A row as one line of JSON that holds all of its statement and signatures; integers beyond 2^53 as text. */
export function priceJson({ attestation, lastSignedAtMs, createdAtMs }: StoredPrice): string {
  const { id, statement, signatures } = attestation
  const { network, pair, price, round, observedAt, source, proposer } = statement
  const json = JSON.stringify({
    id,
    network,
    pair,
    price: formatPrice(price),
    priceInteger: `${price}`,
    round,
    observedAt,
    source,
    proposer,
    signatures: listSignatures(signatures),
    lastSignedTime: new Date(lastSignedAtMs).toISOString(),
    createdTime: new Date(createdAtMs).toISOString(),
  })
  return visibleJson(json)
}

function cellsOf({ attestation, createdAtMs }: StoredPrice): readonly string[] {
  const { statement, signatures } = attestation
  return [
    timeOf(statement.observedAt),
    printable(statement.pair),
    formatPrice(statement.price),
    `${statement.round}`,
    shortAddress(statement.proposer),
    `${signatures.size}`,
    timeOf(createdAtMs),
    printable(statement.network),
    printable(shortId(attestation.id)),
  ]
}

function align(cell: string, { column, width }: { readonly column: number; readonly width: number }): string {
  return RIGHT_ALIGNED.has(HEADINGS[column] ?? '') ? cell.padStart(width) : cell.padEnd(width)
}

function timeOf(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, 'Z')
}
