import { type Hex, fromHex, toHex } from '../../core/hex.ts'
import type { Day, HistoryRange } from '../../core/history.ts'
import type { StatementId } from '../../core/statement.ts'
import {
  LENGTH_DELIMITED,
  type Reader,
  VARINT,
  type Writer,
  readBytes,
  readFields,
  readUint32,
  readUint64,
  tag,
  writeUint64,
} from '../protobuf.ts'

/** The version of the protocol that this node speaks. */
export const SYNC_VERSION = 1
export const SYNC_PROTOCOL = '/gossip-price/sync/1'
/** A question and an answer are at most this long, bytes. */
export const QUESTION_BYTES_LIMIT = 4_096
export const ANSWER_BYTES_LIMIT = 262_144
/** Statements that are asked for at a time. */
export const IDS_LIMIT = 32
/** What one answer lists. */
export const PENDING_LIMIT = 128
export const DAYS_LIMIT = 1_024
export const LEAVES_LIMIT = 2_048

export const HASH_BYTES = 32
export const MARK_BYTES = 16

/**
 * The next field, which must hold so many bytes.
 *
 * @throws {RangeError} when it does not
 */
export function readExactly(input: Reader, length: number): Hex {
  const bytes = readBytes(input)
  if (bytes.length !== length) throw new RangeError('bytes of another length')
  return toHex(bytes)
}

export function readId(input: Reader): StatementId {
  return readExactly(input, HASH_BYTES) as StatementId
}

export function readRange(bytes: Uint8Array): HistoryRange {
  let [fromDay, untilMs] = [0, 0]
  readFields(bytes, {
    [tag(1, VARINT)]: (input) => (fromDay = readUint32(input)),
    [tag(2, VARINT)]: (input) => (untilMs = readTime(input)),
  })
  return { fromDay: fromDay as Day, untilMs }
}

function readTime(input: Reader): number {
  const time = readUint64(input)
  if (time > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError('a time beyond all clocks')
  return Number(time)
}

export function writeRange(out: Writer, field: number, { fromDay, untilMs }: HistoryRange): void {
  out.uint32(tag(field, LENGTH_DELIMITED)).fork()
  out.uint32(tag(1, VARINT)).uint32(fromDay)
  writeUint64(out.uint32(tag(2, VARINT)), BigInt(untilMs))
  out.ldelim()
}

/** Writes bytes that are written as text; nothing when there are none. */
export function writeHex(out: Writer, field: number, hex: Hex | undefined): void {
  if (hex !== undefined) out.uint32(tag(field, LENGTH_DELIMITED)).bytes(fromHex(hex))
}

/** Writes `true`; false is what is left out. */
export function writeFlag(out: Writer, field: number, flag: boolean): void {
  if (flag) out.uint32(tag(field, VARINT)).uint32(1)
}
