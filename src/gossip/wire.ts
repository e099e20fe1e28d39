import { writer } from 'protons-runtime'
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

/** The version of the wire format that this node speaks. */
export const WIRE_VERSION = 1
/** A message on the topic is at most this long, bytes. */
export const MESSAGE_BYTES_LIMIT = 65_536
export const ATTESTATIONS_LIMIT = 256
/** No network may ask for more signatures on one statement. */
export const SIGNATURES_LIMIT = 64

/** A message as it stands on the wire: decoded, and not yet believed in anything. */
export interface WireMessage {
  readonly version: number
  readonly network: string
  readonly attempt: number
  readonly attestations: readonly WireAttestation[]
}

export interface WireAttestation {
  readonly pair: string
  readonly price: Uint8Array
  readonly round: bigint
  readonly observedAt: bigint
  readonly source: string
  readonly proposer: Uint8Array
  readonly signatures: readonly Uint8Array[]
}

/** The bytes are no message of ours. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError'
}

/** Protobuf bytes of a message; price-message.proto has the schema. */
export function encodePriceMessage(message: WireMessage): Uint8Array {
  const out = writer()
  out.uint32(tag(1, VARINT)).uint32(message.version)
  out.uint32(tag(2, LENGTH_DELIMITED)).string(message.network)
  if (message.attempt !== 0) out.uint32(tag(3, VARINT)).uint32(message.attempt)
  for (const attestation of message.attestations) {
    out.uint32(tag(4, LENGTH_DELIMITED)).fork()
    out.uint32(tag(1, LENGTH_DELIMITED)).string(attestation.pair)
    out.uint32(tag(2, LENGTH_DELIMITED)).bytes(attestation.price)
    writeUint64(out.uint32(tag(3, VARINT)), attestation.round)
    writeUint64(out.uint32(tag(4, VARINT)), attestation.observedAt)
    out.uint32(tag(5, LENGTH_DELIMITED)).string(attestation.source)
    out.uint32(tag(6, LENGTH_DELIMITED)).bytes(attestation.proposer)
    for (const signature of attestation.signatures) out.uint32(tag(7, LENGTH_DELIMITED)).bytes(signature)
    out.ldelim()
  }
  return out.finish()
}

const readVersion = messageReader<Pick<WireMessage, 'version'>>(() => ({ version: 0 }), {
  [tag(1, VARINT)]: (input, message) => (message.version = readUint32(input)),
})

/**
 * The version of a message, 0 when it names none. Later versions may have other limits and other fields, so this is
 * asked first, and of no more than the outermost fields.
 *
 * @throws {MalformedMessageError} when the bytes are no protobuf at all
 */
export function versionOfMessage(bytes: Uint8Array): number {
  try {
    return readVersion(bytes).version
  } catch (cause) {
    throw new MalformedMessageError('not protobuf', { cause })
  }
}

/**
 * Reads a message from bytes that anybody may have sent. Unknown fields are skipped, as protobuf wants; what is kept is
 * copied, so that a few bytes do not hold a whole message in memory.
 *
 * @throws {MalformedMessageError} when the bytes are not protobuf of this schema, or hold more than the limits allow
 */
export function decodePriceMessage(bytes: Uint8Array): WireMessage {
  try {
    return readMessage(bytes)
  } catch (cause) {
    throw new MalformedMessageError('not a price message', { cause })
  }
}

const readMessage = messageReader<WireMessage>(() => ({ version: 0, network: '', attempt: 0, attestations: [] }), {
  [tag(1, VARINT)]: (input, message) => (message.version = readUint32(input)),
  [tag(2, LENGTH_DELIMITED)]: (input, message) => (message.network = readText(input)),
  [tag(3, VARINT)]: (input, message) => (message.attempt = readUint32(input)),
  [tag(4, LENGTH_DELIMITED)]: (input, { attestations }) =>
    pushWithin(attestations, readAttestation(readBytes(input)), ATTESTATIONS_LIMIT),
})

const readAttestation = messageReader<WireAttestation>(
  () => ({
    pair: '',
    price: NOTHING,
    round: 0n,
    observedAt: 0n,
    source: '',
    proposer: NOTHING,
    signatures: [],
  }),
  {
    [tag(1, LENGTH_DELIMITED)]: (input, attestation) => (attestation.pair = readText(input)),
    [tag(2, LENGTH_DELIMITED)]: (input, attestation) => (attestation.price = copyOfBytes(input)),
    [tag(3, VARINT)]: (input, attestation) => (attestation.round = readUint64(input)),
    [tag(4, VARINT)]: (input, attestation) => (attestation.observedAt = readUint64(input)),
    [tag(5, LENGTH_DELIMITED)]: (input, attestation) => (attestation.source = readText(input)),
    [tag(6, LENGTH_DELIMITED)]: (input, attestation) => (attestation.proposer = copyOfBytes(input)),
    [tag(7, LENGTH_DELIMITED)]: (input, { signatures }) => pushWithin(signatures, copyOfBytes(input), SIGNATURES_LIMIT),
  },
)
