import { type Address, parseAddress } from './address.ts'
import { fromHex } from './hex.ts'
import { isPriceFault, parsePrice } from './price.ts'
import type { RawRow } from './raw-row.ts'
import { type RowFaultCode, shown } from './row-fault.ts'
import { type Attestation, type PriceStatement, type Round, type StatementId, isName, isPair } from './statement.ts'

/** Told of what is false. */
export type Note = (code: RowFaultCode, message: string) => void

/** An element of sign_data whose members are texts; what they say is still to be judged. */
export interface SignDataEntry {
  readonly signer: string
  readonly signature: string
}

const ID = /^0x[0-9a-f]{64}$/
export const ADDRESS = /^0x[0-9a-f]{40}$/
/** As Postgres prints a numeric with 18 decimals. */
const PRICE = /^(?:0|[1-9]\d*)\.\d{18}$/
const INTEGER = /^(?:0|[1-9]\d{0,15})$/

/** The id; undefined when it cannot be one. */
export function readId({ id }: RawRow, note: Note): StatementId | undefined {
  if (id !== null && ID.test(id)) return id as StatementId
  note('id-format', `id is not 0x and 64 lower-case hexadecimal digits: ${shown(id)}`)
  return undefined
}

/** The statement that the columns say; undefined when they say none. */
export function readStatement(row: RawRow, note: Note): PriceStatement | undefined {
  const price = row.price !== null && PRICE.test(row.price) ? parsePrice(row.price) : 'not-decimal'
  const proposer = lowerCaseAddress(row.firstSigner)
  const round = integer(row.round)
  const observedAt = integer(row.observedMs)
  const { network, pair, source } = row
  if (isPriceFault(price)) {
    note('price-format', `price is not a number above 0 and below 10^18 with 18 decimals: ${shown(row.price)}`)
  }
  if (proposer === undefined)
    note('proposer-format', `first_signer is no lower-case address: ${shown(row.firstSigner)}`)
  if (network === null || !isName(network)) note('network-format', `network is no name of one: ${shown(network)}`)
  if (pair === null || !isPair(pair)) note('pair-format', `pair is not BASE-QUOTE: ${shown(pair)}`)
  if (round === undefined) note('round-format', `round is no whole number from 0 to 2^53: ${shown(row.round)}`)
  if (source === null || !isName(source)) note('source-format', `source is no name of one: ${shown(source)}`)
  if (observedAt === undefined) {
    note('time-format', `observed_time is no whole number of milliseconds since 1970: ${shown(row.observedMs)}`)
  }
  const sound = network !== null && isName(network) && pair !== null && isPair(pair) && source !== null
  if (!sound || !isName(source) || isPriceFault(price)) return undefined
  if (proposer === undefined || round === undefined || observedAt === undefined) return undefined
  return { network, pair, price, round: round as Round, observedAt, source, proposer }
}

/** The signatures that the row claims; undefined when sign_data is no list of them. */
export function readSignData({ signData }: RawRow, note: Note): readonly SignDataEntry[] | undefined {
  const parsed = signData === null ? undefined : parseJson(signData)
  if (Array.isArray(parsed) && parsed.length > 0 && parsed.every(isEntry)) return parsed
  note('sign-data', `sign_data is no list of {signer, signature}: ${shown(signData)}`)
  return undefined
}

/**
 * The attestation that a row is.
 *
 * @param row - one that `judgeRow` has nothing to say about
 * @throws {RangeError} for another
 */
export function attestationOfRow(row: RawRow): Attestation {
  const id = readId(row, refuse)
  const statement = readStatement(row, refuse)
  const entries = readSignData(row, refuse)
  if (id === undefined || statement === undefined || entries === undefined) throw new RangeError('no such row')
  const signatures = entries.map(({ signer, signature }) => [signer as Address, fromHex(signature)] as const)
  return { id, statement, signatures: new Map(signatures) }
}

const refuse: Note = (_, message) => {
  throw new RangeError(message)
}

function isEntry(value: unknown): value is SignDataEntry {
  if (typeof value !== 'object' || value === null || Object.keys(value).length !== 2) return false
  const { signer, signature } = value as Partial<Record<keyof SignDataEntry, unknown>>
  return typeof signer === 'string' && typeof signature === 'string'
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function lowerCaseAddress(text: string | null): Address | undefined {
  return text !== null && ADDRESS.test(text) ? parseAddress(text) : undefined
}

/** A whole number below 2^53, as Postgres prints it. */
export function integer(text: string | null): number | undefined {
  const value = text !== null && INTEGER.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : undefined
}

/** The bytes of lower-case hexadecimal text, of any length. */
export function hexBytes(text: string): Uint8Array | undefined {
  return /^0x(?:[0-9a-f]{2})*$/.test(text) ? fromHex(text) : undefined
}
