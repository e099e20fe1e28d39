import { reader, type writer } from 'protons-runtime'

export const VARINT = 0
const FIXED64 = 1
export const LENGTH_DELIMITED = 2
const FIXED32 = 5

export type Reader = ReturnType<typeof reader>
export type Writer = ReturnType<typeof writer>

/** What a field of bytes holds that is not there. */
export const NOTHING: Uint8Array = new Uint8Array(0)

export function tag(field: number, wireType: number): number {
  return (field << 3) | wireType
}

/** protons-runtime writes 64-bit numbers from 2^31 up to 2^32 wrongly; as 32-bit numbers they are the same bytes. */
export function writeUint64(out: Writer, value: bigint): void {
  if (value < 2n ** 32n) out.uint32(Number(value))
  else out.uint64(value)
}

/** A signed 64-bit number in zigzag, as a `sint64`. */
export function writeSint64(out: Writer, value: bigint): void {
  writeUint64(out, value < 0n ? -2n * value - 1n : 2n * value)
}

const UINT32_BYTES_LIMIT = 5

/**
 * A 32-bit number, and so every key and length. protons-runtime reads longer varints than such a number needs as if all
 * were of one length: another implementation would read on elsewhere, and see another message in the same bytes.
 *
 * @throws {RangeError} when it takes more than 5 bytes
 */
export function readUint32(input: Reader): number {
  const from = input.pos
  const value = input.uint32()
  if (input.pos - from > UINT32_BYTES_LIMIT) throw new RangeError('a varint that is too long')
  return value
}

/** The bytes of a field, not copied. */
export function readBytes(input: Reader): Uint8Array {
  const length = readUint32(input)
  const from = input.pos
  if (length > input.len - from) throw new RangeError('truncated')
  input.pos = from + length
  return input.buf.subarray(from, input.pos)
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Strictly UTF-8, as protobuf wants: what other implementations refuse must not be forwarded to them. */
export function readText(input: Reader): string {
  return utf8.decode(readBytes(input))
}

/** A varint of so many bytes is a number without a remainder. */
const EXACT_BYTES = 7

/** protons-runtime takes a 64-bit number that the end of the bytes cuts off for a shorter one. */
export function readUint64(input: Reader): bigint {
  for (let at = 0, small = 0, weight = 1; at < EXACT_BYTES; at++, weight *= 128) {
    const byte = input.buf[input.pos + at] ?? 0x80
    small += (byte & 0x7f) * weight
    if (byte > 0x7f) continue
    input.pos += at + 1
    return BigInt(small)
  }
  const value = input.uint64()
  const last = input.buf[input.pos - 1]
  if (last === undefined || last > 0x7f) throw new RangeError('truncated')
  return value
}

export function readSint64(input: Reader): bigint {
  const value = readUint64(input)
  return (value >> 1n) ^ -(value & 1n)
}

/** Implementations differ in what they make of numbers that are neither 0 nor 1. */
export function readBool(input: Reader): boolean {
  const value = readUint32(input)
  if (value > 1) throw new RangeError('a bool that is neither')
  return value === 1
}

/** A copy of its own; `slice` of a Node Buffer, which is what sockets give, would not be one. */
export function copyOfBytes(input: Reader): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readBytes(input))
}

/** What is read into: the same, to be written to. */
export type Draft<Wire> = {
  -readonly [Field in keyof Wire]: Wire[Field] extends readonly (infer Item)[] ? Item[] : Wire[Field]
}

/** How fields are read into a message, by their keys. */
export type FieldReaders<Message> = Readonly<Record<number, (input: Reader, message: Message) => void>>

/**
 * What reads a message of these fields from its bytes; others are skipped, as protobuf wants.
 *
 * @param empty - what a message holds of which no field is there
 */
export function messageReader<Wire>(
  empty: () => Draft<Wire>,
  fields: FieldReaders<Draft<Wire>>,
): (bytes: Uint8Array) => Draft<Wire> {
  return (bytes) => {
    const input = reader(bytes)
    const message = empty()
    while (input.pos < input.len) {
      const key = readUint32(input)
      const read = fields[key]
      if (read === undefined) skip(input, key)
      else read(input, message)
    }
    return message
  }
}

/** Reads the fields of a message that is kept elsewhere. */
export function readFields(bytes: Uint8Array, fields: FieldReaders<void>): void {
  messageReader<void>(() => undefined, fields)(bytes)
}

/** A list that takes no more than `limit`. */
export function pushWithin<T>(list: T[], item: T, limit: number): void {
  if (list.length >= limit) throw new RangeError('too many of them')
  list.push(item)
}

/** Passes over a field that is not known. */
function skip(input: Reader, key: number): void {
  const wireType = key & 7
  // Groups are long deprecated, and skipping them recurses as deep as a stranger likes.
  if (key >>> 3 === 0 || ![VARINT, FIXED64, LENGTH_DELIMITED, FIXED32].includes(wireType)) {
    throw new RangeError('unknown wire type')
  }
  if (wireType === LENGTH_DELIMITED) readBytes(input)
  else input.skipType(wireType)
}
