import type { RawRow, RowClash, RowName } from './raw-row.ts'
import type { SignatureFault } from './signature.ts'

/** What can be false about a row. */
export const ROW_FAULT_CODES = [
  'id-format',
  'price-format',
  'proposer-format',
  'network-format',
  'pair-format',
  'round-format',
  'source-format',
  'time-format',
  'writing-time',
  'unknown-network',
  'wrong-round',
  'wrong-id',
  'sign-data',
  'signer-format',
  'signature-format',
  'wrong-signer',
  'signer-order',
  'proposer-missing',
  'wrong-count',
  'signer-not-allowed',
  'below-threshold',
  'slot-taken',
  'id-taken',
  'undisputed',
  'committed-too',
] as const

export type RowFaultCode = (typeof ROW_FAULT_CODES)[number]

/** One thing that is false about a row. */
export interface RowFault {
  readonly code: RowFaultCode
  /** In words, in one line; whatever the row holds, it moves no cursor. */
  readonly message: string
}

/** A row, and all that was found to be false about it. */
export interface FalseRow {
  readonly row: RowName
  /** At least one. */
  readonly faults: readonly RowFault[]
}

/** The name of a whole row. */
export function nameOf({ table, place, id }: RawRow): RowName {
  return { table, place, id }
}

export function describeClash({ row, code }: RowClash): FalseRow {
  return { row, faults: [{ code, message: CLASHES[code] }] }
}

const CLASHES: Readonly<Record<RowClash['code'], string>> = {
  'slot-taken': 'another row has the same network, pair, round and first_signer',
  'id-taken': 'another row of equivocations has the same id',
  undisputed: 'equivocations has it, and prices has no row of its slot that it could dispute',
  'committed-too': 'equivocations has it, and prices has the same id',
}

export const SIGNATURE_FAULTS: Readonly<Record<SignatureFault | 'unrecoverable', string>> = {
  'signature-length': 'is not of 65 bytes',
  'signature-v': 'ends with a v that is neither 27 nor 28',
  'signature-range': 'has an r or s that is out of range',
  'high-s': 'has its s in the upper half of the order, so that it is a copy of another spelling',
  unrecoverable: 'is one that no key can make',
}

const LONGEST_SHOWN = 80

/** A value of a column, for a sentence: quoted, cut, and without anything that a terminal would obey. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'NULL'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const cut = text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text
  return printable(JSON.stringify(cut))
}

/** `text` with what moves cursors or turns the direction of text made visible. */
export function printable(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
