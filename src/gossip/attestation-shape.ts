import { type Address, addressFromBytes } from '../core/address.ts'
import { equalBytes, fromHex } from '../core/hex.ts'
import { type Price, isPriceFault, priceFromInteger } from '../core/price.ts'
import { signatureFault } from '../core/signature.ts'
import { type Attestation, type PriceStatement, type Round, isName, isPair, roundAt } from '../core/statement.ts'
import type { RejectCode } from '../core/verdict.ts'
import { type WireAttestation, decodePriceMessage } from './wire.ts'

/** A price below 10^36 units fits in 15 bytes; one more leaves the refusal to the price itself. */
const PRICE_BYTES = 16
const ADDRESS_BYTES = 20

/** What every attestation of a network must agree with. */
export interface ShapeRules {
  readonly network: string
  readonly intervalMs: number
  readonly maximumSigners: number
}

/** An attestation in shape: its fields are in range and its signatures well formed, nothing is verified yet. */
export interface ShapedAttestation {
  readonly statement: PriceStatement
  /** The proposer's first. */
  readonly signatures: readonly Uint8Array[]
}

/**
 * Reads the attestations of a message from bytes that anybody may have sent, or says what is false about it on its face.
 *
 * @returns one attestation at least
 * @throws {MalformedMessageError} as `decodePriceMessage` does
 */
export function readAttestations(
  bytes: Uint8Array,
  rules: ShapeRules,
): readonly ShapedAttestation[] | { readonly fault: RejectCode } {
  const { network, attestations } = decodePriceMessage(bytes)
  if (network !== rules.network) return { fault: 'wrong-network' }
  if (attestations.length === 0) return { fault: 'empty' }
  const inShape: ShapedAttestation[] = []
  for (const wire of attestations) {
    const shaped = shapeAttestation(wire, rules)
    if ('fault' in shaped) return shaped
    inShape.push(shaped)
  }
  return inShape
}

/** Reads the fields of an attestation, or says which of them is false on its face. */
export function shapeAttestation(
  wire: WireAttestation,
  rules: ShapeRules,
): ShapedAttestation | { readonly fault: RejectCode } {
  if (!isPair(wire.pair)) return { fault: 'bad-pair' }
  if (!isName(wire.source)) return { fault: 'bad-source' }
  const price = priceFromBytes(wire.price)
  if (price === undefined) return { fault: 'bad-price' }
  if (wire.proposer.length !== ADDRESS_BYTES) return { fault: 'bad-proposer' }
  if (wire.observedAt > BigInt(Number.MAX_SAFE_INTEGER)) return { fault: 'bad-time' }
  const observedAt = Number(wire.observedAt)
  const round = roundAt(observedAt, rules.intervalMs)
  if (wire.round !== BigInt(round)) return { fault: 'bad-round' }
  if (wire.signatures.length === 0) return { fault: 'proposer-signature' }
  if (wire.signatures.length > rules.maximumSigners) return { fault: 'too-many-signatures' }
  for (const [index, signature] of wire.signatures.entries()) {
    const fault = signatureFault(signature)
    if (fault !== undefined) return { fault }
    if (wire.signatures.some((other, before) => before < index && equalBytes(other, signature))) {
      return { fault: 'duplicate-signer' }
    }
  }
  return {
    statement: {
      network: rules.network,
      pair: wire.pair,
      price,
      round: round satisfies Round,
      observedAt,
      source: wire.source,
      proposer: addressFromBytes(wire.proposer) satisfies Address,
    },
    signatures: wire.signatures,
  }
}

/** An attestation as it goes on the wire, the proposer's signature first. */
export function wireAttestation({ statement, signatures }: Attestation): WireAttestation {
  const ordered = [...signatures].toSorted(([a], [b]) => rank(a, statement) - rank(b, statement) || (a < b ? -1 : 1))
  return {
    pair: statement.pair,
    price: priceToBytes(statement.price),
    round: BigInt(statement.round),
    observedAt: BigInt(statement.observedAt),
    source: statement.source,
    proposer: fromHex(statement.proposer),
    signatures: ordered.map(([, signature]) => signature),
  }
}

function rank(signer: Address, { proposer }: PriceStatement): number {
  return signer === proposer ? 0 : 1
}

/** The price that big-endian bytes without a leading zero count; undefined when there is none. */
export function priceFromBytes(bytes: Uint8Array): Price | undefined {
  if (bytes.length === 0 || bytes.length > PRICE_BYTES || bytes[0] === 0) return undefined
  let value = 0n
  for (const byte of bytes) value = (value << 8n) | BigInt(byte)
  const price = priceFromInteger(value)
  return isPriceFault(price) ? undefined : price
}

/** The bytes that {@link priceFromBytes} reads as `price`. */
export function priceToBytes(price: Price): Uint8Array {
  const digits = price.toString(16)
  return fromHex(`0x${digits.length % 2 === 0 ? digits : `0${digits}`}`)
}
