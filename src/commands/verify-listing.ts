import { counted } from '../core/counted.ts'
import type { ExpectedSigners } from '../core/judge-row.ts'
import type { RowName, RowRange } from '../core/raw-row.ts'
import { type FalseRow, printable } from '../core/row-fault.ts'
import { visibleJson } from '../core/visible-json.ts'
import { wrapToWidth } from './text-width.ts'
import type { VerificationResult } from '../verify/verification.ts'

/** A verification that has come to its end. */
export interface Verified {
  readonly result: VerificationResult
  readonly expected: ExpectedSigners
  readonly range: RowRange
  readonly seconds: number
}

const ID_WIDTH = 66
const TABLE_WIDTH = 'equivocations'.length
const LONGEST_ID = 80

interface ListingOptions {
  readonly width?: number
}

/**
 * The widths are fixed: a line is printed when its row is found, whatever comes after.
 *
 * @param width - cells of the terminal, where what is false stands below each row
 */
export function falseRowsHeading({ width = Infinity }: ListingOptions = {}): string {
  if (width < Infinity) return 'False rows, by id and table, and what is false about each:\n'
  return `${'row'.padEnd(ID_WIDTH)}  ${'table'.padEnd(TABLE_WIDTH)}  what is false\n`
}

/**
 * A line for everything that is false about a row; below the row's name where lines have no room for both.
 *
 * @param width - cells of the terminal
 */
export function falseRowLines({ row, faults }: FalseRow, { width = Infinity }: ListingOptions = {}): string {
  const name = `${nameOfRow(row).padEnd(ID_WIDTH)}  ${row.table.padEnd(TABLE_WIDTH)}`
  if (width < Infinity) {
    const words = faults.flatMap(({ message }) => wrapToWidth(`  ${message}`, { width, indent: '    ' }))
    return [name.trimEnd(), ...words].map((line) => `${line}\n`).join('')
  }
  return faults.map(({ message }) => `${name}  ${message}\n`).join('')
}

export function falseRowJson({ row, faults }: FalseRow): string {
  return `${visibleJson(JSON.stringify({ kind: 'false-row', ...row, faults }))}\n`
}

export function summaryJson({ result, expected, range, seconds }: Verified): string {
  const { rows, falseRows } = result
  const { fromMs, toMs, network } = range
  return `${JSON.stringify({
    kind: 'summary',
    true: falseRows === 0,
    rows,
    falseRows,
    ...(fromMs !== undefined && { from: new Date(fromMs).toISOString() }),
    ...(toMs !== undefined && { to: new Date(toMs).toISOString() }),
    ...(network !== undefined && { network }),
    signersChecked: expected.signers !== undefined,
    thresholdChecked: expected.threshold !== undefined,
    seconds: Math.round(seconds * 1_000) / 1_000,
  })}\n`
}

export function summaryText(
  { result, expected, seconds }: Verified,
  { width = Infinity }: ListingOptions = {},
): string {
  const { rows, falseRows, clashesCut } = result
  const all = `${counted(rows.prices, 'row')} of prices and ${rows.equivocations.toLocaleString('en')} of equivocations`
  const time = `${seconds.toFixed(1)} s`
  if (rows.prices + rows.equivocations === 0 && falseRows === 0) return 'no rows: nothing was judged\n'
  const verdict =
    falseRows === 0
      ? `${all} judged in ${time}: every one is what its signers signed`
      : `${all} judged in ${time}: ${counted(falseRows, 'finding')} above`
  const more = clashesCut ? ['more rows clash with others than are listed'] : []
  return [verdict, ...more, ...unchecked(expected)]
    .flatMap((line) => wrapToWidth(line, { width, indent: '  ' }))
    .map((line) => `${line}\n`)
    .join('')
}

/** What a reader might take for checked, and was not. */
function unchecked({ signers, threshold }: ExpectedSigners): readonly string[] {
  const set = 'the signer set was not checked: anybody can make keys, so name the signers that you trust with --signers'
  const quorum = 'the number of signers was not checked: say with --threshold how many make a quorum'
  return [...(signers === undefined ? [set] : []), ...(threshold === undefined ? [quorum] : [])]
}

/** Its id, cut where it is longer than any can be, and with its place where that is not enough. */
function nameOfRow({ id, place }: RowName): string {
  if (id !== null && /^0x[0-9a-f]{64}$/.test(id)) return id
  return id === null ? `without an id, at ${place}` : `${printable(id.slice(0, LONGEST_ID))} at ${place}`
}
