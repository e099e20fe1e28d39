import type { Address } from './address.ts'
import type { Hex } from './hex.ts'
import type { Price } from './price.ts'

/** The EIP-712 digest of a price statement: `0x` and 64 lower-case hexadecimal digits. */
export type StatementId = Hex & { readonly __brand: 'StatementId' }

/** floor(observedAt / fetch interval). */
export type Round = number & { readonly __brand: 'Round' }

/** What is signed. Immutable: another price, time or proposer is another statement. */
export interface PriceStatement {
  readonly network: string
  /** BASE-QUOTE, as `ETH-USD`. */
  readonly pair: string
  readonly price: Price
  readonly round: Round
  /** Milliseconds since the Unix epoch, on the proposer's clock. */
  readonly observedAt: number
  /** Where the price comes from, as `coinbase`. */
  readonly source: string
  /** The signer that made the statement, and its first signer. */
  readonly proposer: Address
}

/** 65 bytes r‖s‖v; s in the lower half of the group order, v 27 or 28. */
export type Signature = Uint8Array

/** Signatures over one statement, keyed by who made them; grows only. */
export type SignatureSet = ReadonlyMap<Address, Signature>

/** A statement with signatures over it, each of them checked. */
export interface Attestation {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly signatures: SignatureSet
}

/** Network, pair, round, proposer: an honest proposer makes one statement a slot, an honest signer signs one. */
export function slotOf(statement: PriceStatement): string {
  return `${statement.network}/${statement.pair}/${statement.round}/${statement.proposer}`
}

/** @param intervalMs - the network's fetch interval in milliseconds */
export function roundAt(timeMs: number, intervalMs: number): Round {
  return Math.floor(timeMs / intervalMs) as Round
}

/** A quorum is at least `minimum` distinct signers, and holds the proposer. */
export function isQuorum(signatures: SignatureSet, statement: PriceStatement, minimum: number): boolean {
  return signatures.size >= minimum && signatures.has(statement.proposer)
}

const PAIR = /^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** BASE-QUOTE: two names of 1 to 16 capital letters or digits, joined by a hyphen. */
export function isPair(text: string): boolean {
  return PAIR.test(text)
}

/** Network and source names: 1 to 64 of `A–Z a–z 0–9 . _ -`, the first a letter or digit. */
export function isName(text: string): boolean {
  return NAME.test(text)
}
