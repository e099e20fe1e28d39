import type { Address } from './address.ts'
import type { Hex } from './hex.ts'
import type { RawRow } from './raw-row.ts'
import {
  ADDRESS,
  type Note,
  type SignDataEntry,
  hexBytes,
  integer,
  readId,
  readSignData,
  readStatement,
} from './read-row.ts'
import { type RowFault, SIGNATURE_FAULTS, shown } from './row-fault.ts'
import { type Secp256k1, recoverSigner } from './signature.ts'
import type { SignerSet } from './signer-set.ts'
import { type PriceStatement, type StatementId, roundAt } from './statement.ts'

/** By what a row is judged. */
export interface RowRules {
  readonly curve: Secp256k1
  /** See `createDigest`. */
  readonly digest: (statement: PriceStatement) => StatementId
  /** Whom the reader trusts; without it a row only has to prove who signed it. */
  readonly expected?: ExpectedSigners | undefined
}

/** The signers that a network is expected to have. */
export interface ExpectedSigners {
  /** Rows of other networks are not held against this. @default all networks */
  readonly network?: string | undefined
  /** Every signer of a row must be allowed in its round. @default anybody */
  readonly signers?: SignerSet | undefined
  /** So many signatures at least, for all rows or by the moment at which one was observed. @default 1 */
  readonly threshold?: number | ((observedAtMs: number) => number) | undefined
}

/**
 * All that is false about a row, by itself: nothing is believed, neither types and constraints of the table nor who is
 * said to have signed. None when every signed column, the id, and each signature with its signer hold together.
 *
 * `lastsigned_time` and `created_time` are signed by nobody, and a signature that was left out without a trace is
 * missed by nobody: neither can be found out.
 */
export function judgeRow(row: RawRow, rules: RowRules): readonly RowFault[] {
  const faults: RowFault[] = []
  const note: Note = (code, message) => faults.push({ code, message })
  const id = readId(row, note)
  const statement = readStatement(row, note)
  if (row.lastSignedFinite !== 'true') note('writing-time', 'lastsigned_time is no moment')
  if (row.createdFinite !== 'true') note('writing-time', 'created_time is no moment')
  if (statement !== undefined) judgeRound(row, { statement, note })
  const entries = readSignData(row, note)
  if (entries === undefined) return faults
  const digest = statement === undefined ? undefined : rules.digest(statement)
  faults.push(...judgeSignatures(entries, { rules, id, digest }))
  judgeSet(entries, { row, note })
  if (statement !== undefined) judgeExpected(entries, { expected: rules.expected, statement, note })
  return faults
}

function judgeRound(
  { intervalMs }: RawRow,
  { statement, note }: { readonly statement: PriceStatement; readonly note: Note },
): void {
  const { network, round, observedAt } = statement
  const interval = integer(intervalMs)
  if (interval === undefined || interval === 0) {
    const found = intervalMs === null ? 'has no row for it' : `says ${shown(intervalMs)} milliseconds`
    note('unknown-network', `the interval of network ${network} is not known: the table networks ${found}`)
    return
  }
  const due = roundAt(observedAt, interval)
  if (due !== round) note('wrong-round', `round is ${round}, and observed_time lies in round ${due}`)
}

/**
 * Whether each signature is by the signer beside it. They are taken for signatures over the columns or over the id,
 * whichever has more of them right: so that one false column is one fault, and the sentence can say where it is.
 */
function judgeSignatures(
  entries: readonly SignDataEntry[],
  {
    rules,
    id,
    digest,
  }: {
    readonly rules: RowRules
    readonly id: StatementId | undefined
    readonly digest: StatementId | undefined
  },
): readonly RowFault[] {
  const overId = id === undefined ? undefined : entries.flatMap((entry) => judgeEntry(entry, { rules, signed: id }))
  if (digest === undefined || id === digest) return overId ?? []
  const overColumns = entries.flatMap((entry) => judgeEntry(entry, { rules, signed: digest }))
  if (overId === undefined) return overColumns
  const idHolds = overId.length < overColumns.length
  const columnsHold = overColumns.length < overId.length
  const hint = idHolds
    ? ', over which the signatures are: a signed column was changed'
    : columnsHold
      ? ', and the signatures are over the columns: the id was changed'
      : ''
  const wrongId = `the columns have the digest ${digest}, which is not the id${hint}`
  return [{ code: 'wrong-id', message: wrongId }, ...(columnsHold ? overColumns : overId)]
}

function judgeEntry(
  { signer, signature }: SignDataEntry,
  { rules, signed }: { readonly rules: RowRules; readonly signed: Hex },
): readonly RowFault[] {
  const claimed = ADDRESS.test(signer) ? signer : undefined
  const faults: RowFault[] = []
  if (claimed === undefined)
    faults.push({ code: 'signer-format', message: `a signer is no lower-case address: ${shown(signer)}` })
  const bytes = hexBytes(signature)
  if (bytes === undefined) {
    const message = `the signature of ${shown(signer)} is not in lower-case hexadecimal digits: ${shown(signature)}`
    return [...faults, { code: 'signature-format', message }]
  }
  const recovered = recoverSigner(rules.curve, { id: signed, signature: bytes })
  if ('fault' in recovered) {
    const message = `the signature of ${shown(signer)} ${SIGNATURE_FAULTS[recovered.fault]}`
    return [...faults, { code: 'signature-format', message }]
  }
  if (recovered.signer === claimed || claimed === undefined) return faults
  return [{ code: 'wrong-signer', message: `the signature of ${claimed} is not by it, but by ${recovered.signer}` }]
}

/** What the signers are together: each once, in order, so many as the row says, the proposer among them. */
function judgeSet(
  entries: readonly SignDataEntry[],
  { row, note }: { readonly row: RawRow; readonly note: Note },
): void {
  entries.forEach(({ signer }, index) => {
    const before = entries[index - 1]?.signer
    if (before === undefined || before < signer) return
    const message = before === signer ? 'is there twice' : 'is not in ascending order'
    note('signer-order', `signer ${shown(signer)} ${message}`)
  })
  if (!entries.some(({ signer }) => signer === row.firstSigner)) {
    note('proposer-missing', `first_signer ${shown(row.firstSigner)} is not among the signers`)
  }
  if (row.signerCount !== `${entries.length}`) {
    note('wrong-count', `signer_count is ${shown(row.signerCount)}, and sign_data has ${entries.length}`)
  }
}

function judgeExpected(
  entries: readonly SignDataEntry[],
  {
    expected = {},
    statement: { network, round, observedAt },
    note,
  }: { readonly expected: ExpectedSigners | undefined; readonly statement: PriceStatement; readonly note: Note },
): void {
  if (expected.network !== undefined && expected.network !== network) return
  const { signers } = expected
  const threshold =
    typeof expected.threshold === 'function' ? expected.threshold(observedAt) : (expected.threshold ?? 1)
  const allowed = new Set(
    entries.filter(({ signer }) => signers?.allows(signer as Address, round) ?? true).map(({ signer }) => signer),
  )
  for (const { signer } of entries) {
    if (!allowed.has(signer))
      note('signer-not-allowed', `${shown(signer)} is no signer of this network in round ${round}`)
  }
  if (allowed.size < threshold) {
    note('below-threshold', `${allowed.size} signers that count, and ${threshold} make a quorum`)
  }
}
