import type { Address } from '../core/address.ts'
import { fromHex } from '../core/hex.ts'
import { type ListedSignature, listSignatures } from '../core/listed-signature.ts'
import { formatPrice, isPriceFault, parsePrice } from '../core/price.ts'
import type { PriceRow } from '../core/price-table.ts'
import { printable } from '../core/row-fault.ts'
import type { Attestation, Round, Signature, StatementId } from '../core/statement.ts'

/** A row of `prices`: the whole attestation, which can be checked without trusting the database. */
export interface StoredPrice {
  readonly attestation: Attestation
  /** When the last signature was added, on the clock of whoever wrote the row, milliseconds since the Unix epoch. */
  readonly lastSignedAtMs: number
  /** When the row was written, on the clock of the database, milliseconds since the Unix epoch. */
  readonly createdAtMs: number
}

/** The rows as the arrays $2 to $10 of the statements in price-sql.ts. */
export function rowParameters(rows: readonly PriceRow[]): readonly (readonly string[])[] {
  const column = (textOf: (row: PriceRow) => string): string[] => rows.map(textOf)
  return [
    column(({ attestation }) => attestation.id),
    column(({ attestation }) => formatPrice(attestation.statement.price)),
    column(({ attestation }) => attestation.statement.proposer),
    column(({ attestation }) => JSON.stringify(listSignatures(attestation.signatures))),
    column(({ lastSignedAtMs }) => String(Math.floor(lastSignedAtMs))),
    column(({ attestation }) => attestation.statement.pair),
    column(({ attestation }) => String(attestation.statement.round)),
    column(({ attestation }) => attestation.statement.source),
    column(({ attestation }) => String(attestation.statement.observedAt)),
  ]
}

/** The slots of rows as the arrays $2 to $5 of FIND_HOLDERS. */
export function slotParameters(rows: readonly PriceRow[]): readonly (readonly string[])[] {
  const statements = rows.map(({ attestation }) => attestation.statement)
  return [
    rows.map(({ attestation }) => attestation.id),
    statements.map(({ pair }) => pair),
    statements.map(({ round }) => String(round)),
    statements.map(({ proposer }) => proposer),
  ]
}

/** A row as NEWEST_PRICES gives it; numbers come as text. */
export interface PriceRecord {
  readonly id: StatementId
  readonly price: string
  readonly first_signer: Address
  readonly sign_data: readonly ListedSignature[]
  readonly lastsigned_ms: string
  readonly created_ms: string
  readonly network: string
  readonly pair: string
  readonly round: string
  readonly source: string
  readonly observed_ms: string
}

/** A row that only a table without its constraints can have. */
export class UnreadableRowError extends RangeError {
  override readonly name = 'UnreadableRowError'
  /** Safe to print. */
  readonly id: string

  constructor(record: PriceRecord, options: ErrorOptions) {
    const id = printable(record.id)
    super(`the row ${id} of the table is no price: gossip-price verify says what is false about it`, options)
    this.id = id
  }
}

/** @throws {UnreadableRowError} with a sentence for operators */
export function storedPrice(record: PriceRecord): StoredPrice {
  try {
    return readPrice(record)
  } catch (cause) {
    throw new UnreadableRowError(record, { cause })
  }
}

/** The price of a row; undefined when it is none. */
export function readableStoredPrice(
  record: PriceRecord,
  onFault?: (fault: UnreadableRowError) => void,
): StoredPrice | undefined {
  try {
    return storedPrice(record)
  } catch (error) {
    if (!(error instanceof UnreadableRowError)) throw error
    onFault?.(error)
    return undefined
  }
}

/** Beyond it there is no `Date`, but Postgres has moments there, and endless ones. */
const LATEST_MS = 8.64e15

function readPrice(record: PriceRecord): StoredPrice {
  const price = parsePrice(record.price)
  if (isPriceFault(price)) throw new RangeError(`no price: ${price}`)
  const observedAt = Number(record.observed_ms)
  if (observedAt !== nearestMoment(observedAt)) throw new RangeError(`no time: ${observedAt}`)
  return {
    attestation: {
      id: record.id,
      statement: {
        network: record.network,
        pair: record.pair,
        price,
        round: Number(record.round) as Round,
        observedAt,
        source: record.source,
        proposer: record.first_signer,
      },
      signatures: new Map(
        record.sign_data.map(({ signer, signature }): [Address, Signature] => [signer, fromHex(signature)]),
      ),
    },
    // Nobody signed these: whatever they are, the price can be proved.
    lastSignedAtMs: nearestMoment(Number(record.lastsigned_ms)),
    createdAtMs: nearestMoment(Number(record.created_ms)),
  }
}

function nearestMoment(ms: number): number {
  return Math.min(LATEST_MS, Math.max(-LATEST_MS, ms))
}
