import { writer } from 'protons-runtime'
import { fromHex } from '../core/hex.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import { priceToBytes } from './attestation-shape.ts'
import {
  LENGTH_DELIMITED,
  NOTHING,
  VARINT,
  copyOfBytes,
  messageReader,
  pushWithin,
  readBytes,
  readText,
  readUint32,
  readUint64,
  tag,
  writeUint64,
} from './protobuf.ts'
import { MalformedMessageError, WIRE_VERSION } from './wire.ts'

/** A message on the topic of refusals is at most this long, bytes. */
export const REFUSAL_BYTES_LIMIT = 16_384
/** So many always fit: the longest refusal takes 160 bytes. */
export const REFUSALS_LIMIT = 64

/** A message as it stands on the wire: decoded, and not yet believed in anything. */
export interface WireRefusalMessage {
  readonly version: number
  readonly network: string
  readonly attempt: number
  readonly refusals: readonly WireRefusal[]
}

export interface WireRefusal {
  readonly statement: Uint8Array
  readonly reason: string
  readonly ownPrice: Uint8Array
  readonly signedInstead: Uint8Array
  readonly refusedAt: bigint
  readonly signature: Uint8Array
}

/**
 * The bytes that tell other nodes refusals.
 *
 * @param refusals - of the network, 1 to {@link REFUSALS_LIMIT}, or no node reads them
 */
export function encodeRefusalMessage(
  refusals: readonly SignedRefusal[],
  { network, attempt = 0 }: { readonly network: string; readonly attempt?: number },
): Uint8Array {
  return encodeWireRefusals({ version: WIRE_VERSION, network, attempt, refusals: refusals.map(wireRefusal) })
}

function wireRefusal({ refusal, signature }: SignedRefusal): WireRefusal {
  const { statement, reason, ownPrice, signedInstead, refusedAt } = refusal
  return {
    statement: fromHex(statement),
    reason,
    ownPrice: ownPrice === undefined ? NOTHING : priceToBytes(ownPrice),
    signedInstead: signedInstead === undefined ? NOTHING : fromHex(signedInstead),
    refusedAt: BigInt(refusedAt),
    signature,
  }
}

/** Protobuf bytes of a message, whatever it holds; refusal-message.proto has the schema. */
export function encodeWireRefusals(message: WireRefusalMessage): Uint8Array {
  const out = writer()
  out.uint32(tag(1, VARINT)).uint32(message.version)
  out.uint32(tag(2, LENGTH_DELIMITED)).string(message.network)
  if (message.attempt !== 0) out.uint32(tag(3, VARINT)).uint32(message.attempt)
  for (const refusal of message.refusals) {
    out.uint32(tag(4, LENGTH_DELIMITED)).fork()
    out.uint32(tag(1, LENGTH_DELIMITED)).bytes(refusal.statement)
    out.uint32(tag(2, LENGTH_DELIMITED)).string(refusal.reason)
    if (refusal.ownPrice.length > 0) out.uint32(tag(3, LENGTH_DELIMITED)).bytes(refusal.ownPrice)
    if (refusal.signedInstead.length > 0) out.uint32(tag(4, LENGTH_DELIMITED)).bytes(refusal.signedInstead)
    writeUint64(out.uint32(tag(5, VARINT)), refusal.refusedAt)
    out.uint32(tag(6, LENGTH_DELIMITED)).bytes(refusal.signature)
    out.ldelim()
  }
  return out.finish()
}

/**
 * Reads refusals from bytes that anybody may have sent, as `decodePriceMessage` reads statements.
 *
 * @throws {MalformedMessageError} when the bytes are not protobuf of this schema, or hold more than the limits allow
 */
export function decodeRefusalMessage(bytes: Uint8Array): WireRefusalMessage {
  try {
    return readMessage(bytes)
  } catch (cause) {
    throw new MalformedMessageError('not a message of refusals', { cause })
  }
}

const readMessage = messageReader<WireRefusalMessage>(() => ({ version: 0, network: '', attempt: 0, refusals: [] }), {
  [tag(1, VARINT)]: (input, message) => (message.version = readUint32(input)),
  [tag(2, LENGTH_DELIMITED)]: (input, message) => (message.network = readText(input)),
  [tag(3, VARINT)]: (input, message) => (message.attempt = readUint32(input)),
  [tag(4, LENGTH_DELIMITED)]: (input, { refusals }) =>
    pushWithin(refusals, readRefusal(readBytes(input)), REFUSALS_LIMIT),
})

const readRefusal = messageReader<WireRefusal>(
  () => ({
    statement: NOTHING,
    reason: '',
    ownPrice: NOTHING,
    signedInstead: NOTHING,
    refusedAt: 0n,
    signature: NOTHING,
  }),
  {
    [tag(1, LENGTH_DELIMITED)]: (input, refusal) => (refusal.statement = copyOfBytes(input)),
    [tag(2, LENGTH_DELIMITED)]: (input, refusal) => (refusal.reason = readText(input)),
    [tag(3, LENGTH_DELIMITED)]: (input, refusal) => (refusal.ownPrice = copyOfBytes(input)),
    [tag(4, LENGTH_DELIMITED)]: (input, refusal) => (refusal.signedInstead = copyOfBytes(input)),
    [tag(5, VARINT)]: (input, refusal) => (refusal.refusedAt = readUint64(input)),
    [tag(6, LENGTH_DELIMITED)]: (input, refusal) => (refusal.signature = copyOfBytes(input)),
  },
)
