import { reader, writer } from 'protons-runtime'

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

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

type Reader = ReturnType<typeof reader>
type Writer = ReturnType<typeof writer>

const tag = (field: number, wireType: number): number => (field << 3) | wireType

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

/** protons-runtime writes 64-bit numbers from 2^31 up to 2^32 wrongly; as 32-bit numbers they are the same bytes. */
function writeUint64(out: Writer, value: bigint): void {
  if (value < 2n ** 32n) out.uint32(Number(value))
  else out.uint64(value)
}

/**
 * The version of a message, 0 when it names none. Later versions may have other limits and other fields, so this is
 * asked first, and of no more than the outermost fields.
 *
 * @throws {MalformedMessageError} when the bytes are no protobuf at all
 */
export function versionOfMessage(bytes: Uint8Array): number {
  try {
    const input = reader(bytes)
    let version = 0
    while (input.pos < input.len) {
      const key = input.uint32()
      if (key === tag(1, VARINT)) version = input.uint32()
      else skip(input, key)
    }
    return version
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

function readMessage(bytes: Uint8Array): WireMessage {
  const input = reader(bytes)
  const message = { version: 0, network: '', attempt: 0, attestations: [] as WireAttestation[] }
  while (input.pos < input.len) {
    const key = input.uint32()
    switch (key) {
      case tag(1, VARINT):
        message.version = input.uint32()
        break
      case tag(2, LENGTH_DELIMITED):
        message.network = readText(input)
        break
      case tag(3, VARINT):
        message.attempt = input.uint32()
        break
      case tag(4, LENGTH_DELIMITED):
        if (message.attestations.length >= ATTESTATIONS_LIMIT) throw new RangeError('too many attestations')
        message.attestations.push(readAttestation(input.bytes()))
        break
      default:
        skip(input, key)
    }
  }
  return message
}

const NOTHING: Uint8Array = new Uint8Array(0)

function readAttestation(bytes: Uint8Array): WireAttestation {
  const input = reader(bytes)
  const signatures: Uint8Array[] = []
  const fields = { pair: '', price: NOTHING, round: 0n, observedAt: 0n, source: '', proposer: NOTHING, signatures }
  while (input.pos < input.len) {
    const key = input.uint32()
    switch (key) {
      case tag(1, LENGTH_DELIMITED):
        fields.pair = readText(input)
        break
      case tag(2, LENGTH_DELIMITED):
        fields.price = copyOfBytes(input)
        break
      case tag(3, VARINT):
        fields.round = readUint64(input)
        break
      case tag(4, VARINT):
        fields.observedAt = readUint64(input)
        break
      case tag(5, LENGTH_DELIMITED):
        fields.source = readText(input)
        break
      case tag(6, LENGTH_DELIMITED):
        fields.proposer = copyOfBytes(input)
        break
      case tag(7, LENGTH_DELIMITED):
        if (signatures.length >= SIGNATURES_LIMIT) throw new RangeError('too many signatures')
        signatures.push(copyOfBytes(input))
        break
      default:
        skip(input, key)
    }
  }
  return fields
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Strictly UTF-8, as protobuf wants: what other implementations refuse must not be forwarded to them. */
function readText(input: Reader): string {
  return utf8.decode(input.bytes())
}

/** protons-runtime takes a 64-bit number that the end of the bytes cuts off for a shorter one. */
function readUint64(input: Reader): bigint {
  const value = input.uint64()
  const last = input.buf[input.pos - 1]
  if (last === undefined || last > 0x7f) throw new RangeError('truncated')
  return value
}

/** A copy of its own; `slice` of a Node Buffer, which is what sockets give, would not be one. */
function copyOfBytes(input: Reader): Uint8Array<ArrayBuffer> {
  return new Uint8Array(input.bytes())
}

function skip(input: Reader, key: number): void {
  const wireType = key & 7
  // Groups are long deprecated, and skipping them recurses as deep as a stranger likes.
  if (key >>> 3 === 0 || ![VARINT, FIXED64, LENGTH_DELIMITED, FIXED32].includes(wireType)) {
    throw new RangeError('unknown wire type')
  }
  input.skipType(wireType)
}
