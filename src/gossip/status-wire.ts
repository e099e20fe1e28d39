import { reader, writer } from 'protons-runtime'
import { PAIRS_LIMIT } from '../core/agreed-constants.ts'
import { fromHex } from '../core/hex.ts'
import type { AgreedConstants, SignedStatus } from '../core/status.ts'
import {
  LENGTH_DELIMITED,
  NOTHING,
  VARINT,
  copyOfBytes,
  readBytes,
  readText,
  readUint32,
  readUint64,
  skip,
  tag,
  writeUint64,
} from './protobuf.ts'
import { type WireReport, readReport, wireReport, writeReport } from './report-wire.ts'
import { MalformedMessageError, WIRE_VERSION } from './wire.ts'

/** A message on the topic of status is at most this long, bytes. */
export const STATUS_BYTES_LIMIT = 8_192

/** A status as it stands on the wire, alone in its message: decoded, and not yet believed in anything. */
export interface WireStatus {
  readonly version: number
  readonly network: string
  readonly peerId: string
  readonly instance: Uint8Array
  readonly sequence: bigint
  readonly sentAt: bigint
  readonly agent: string
  readonly constants: WireConstants
  readonly signature: Uint8Array
  readonly report: WireReport
}

export interface WireConstants {
  readonly pairs: readonly string[]
  readonly source: string
  readonly interval: bigint
  readonly quietPeriod: bigint
  readonly minimum: number
  readonly maximum: number
  readonly deviation: bigint
  readonly signerCount: number
  readonly signers: Uint8Array
}

/** The bytes that tell other nodes a status; no node reads more pairs, peers or signers in it than their limits. */
export function encodeStatusMessage({ status, signature }: SignedStatus): Uint8Array {
  return encodeWireStatus({
    version: WIRE_VERSION,
    network: status.constants.network,
    peerId: status.peerId,
    instance: fromHex(status.instance),
    sequence: BigInt(status.sequence),
    sentAt: BigInt(status.sentAt),
    agent: status.agent,
    constants: wireConstants(status.constants),
    signature,
    report: wireReport(status.report),
  })
}

function wireConstants(constants: AgreedConstants): WireConstants {
  return {
    pairs: constants.pairs,
    source: constants.source,
    interval: BigInt(constants.intervalMs),
    quietPeriod: BigInt(constants.quietPeriodMs),
    minimum: constants.minimumSigners,
    maximum: constants.maximumSigners,
    deviation: constants.maxDeviation,
    signerCount: constants.signerCount,
    signers: fromHex(constants.signersHash),
  }
}

/** Protobuf bytes of a status, whatever it holds; status-message.proto has the schema. */
export function encodeWireStatus(status: WireStatus): Uint8Array {
  const out = writer()
  out.uint32(tag(1, VARINT)).uint32(status.version)
  out.uint32(tag(2, LENGTH_DELIMITED)).string(status.network)
  out.uint32(tag(3, LENGTH_DELIMITED)).string(status.peerId)
  out.uint32(tag(4, LENGTH_DELIMITED)).bytes(status.instance)
  writeUint64(out.uint32(tag(5, VARINT)), status.sequence)
  writeUint64(out.uint32(tag(6, VARINT)), status.sentAt)
  out.uint32(tag(7, LENGTH_DELIMITED)).string(status.agent)
  out.uint32(tag(8, LENGTH_DELIMITED)).fork()
  const { constants } = status
  for (const pair of constants.pairs) out.uint32(tag(1, LENGTH_DELIMITED)).string(pair)
  out.uint32(tag(2, LENGTH_DELIMITED)).string(constants.source)
  writeUint64(out.uint32(tag(3, VARINT)), constants.interval)
  writeUint64(out.uint32(tag(4, VARINT)), constants.quietPeriod)
  out.uint32(tag(5, VARINT)).uint32(constants.minimum)
  out.uint32(tag(6, VARINT)).uint32(constants.maximum)
  writeUint64(out.uint32(tag(7, VARINT)), constants.deviation)
  out.uint32(tag(8, VARINT)).uint32(constants.signerCount)
  out.uint32(tag(9, LENGTH_DELIMITED)).bytes(constants.signers)
  out.ldelim()
  out.uint32(tag(9, LENGTH_DELIMITED)).bytes(status.signature)
  out.uint32(tag(10, LENGTH_DELIMITED)).fork()
  writeReport(out, status.report)
  out.ldelim()
  return out.finish()
}

/**
 * Reads a status from bytes that anybody may have sent, as `decodePriceMessage` reads statements.
 *
 * @throws {MalformedMessageError} when the bytes are not protobuf of this schema, or hold more than the limits allow
 */
export function decodeStatusMessage(bytes: Uint8Array): WireStatus {
  try {
    return readStatus(bytes)
  } catch (cause) {
    throw new MalformedMessageError('not a status', { cause })
  }
}

function readStatus(bytes: Uint8Array): WireStatus {
  const input = reader(bytes)
  const status = {
    version: 0,
    network: '',
    peerId: '',
    instance: NOTHING,
    sequence: 0n,
    sentAt: 0n,
    agent: '',
    constants: readConstants(NOTHING),
    signature: NOTHING,
    report: readReport(NOTHING),
  }
  while (input.pos < input.len) {
    const key = readUint32(input)
    switch (key) {
      case tag(1, VARINT):
        status.version = readUint32(input)
        break
      case tag(2, LENGTH_DELIMITED):
        status.network = readText(input)
        break
      case tag(3, LENGTH_DELIMITED):
        status.peerId = readText(input)
        break
      case tag(4, LENGTH_DELIMITED):
        status.instance = copyOfBytes(input)
        break
      case tag(5, VARINT):
        status.sequence = readUint64(input)
        break
      case tag(6, VARINT):
        status.sentAt = readUint64(input)
        break
      case tag(7, LENGTH_DELIMITED):
        status.agent = readText(input)
        break
      case tag(8, LENGTH_DELIMITED):
        status.constants = readConstants(readBytes(input))
        break
      case tag(9, LENGTH_DELIMITED):
        status.signature = copyOfBytes(input)
        break
      case tag(10, LENGTH_DELIMITED):
        status.report = readReport(readBytes(input))
        break
      default:
        skip(input, key)
    }
  }
  return status
}

function readConstants(bytes: Uint8Array): WireConstants {
  const input = reader(bytes)
  const pairs: string[] = []
  const constants = {
    pairs,
    source: '',
    interval: 0n,
    quietPeriod: 0n,
    minimum: 0,
    maximum: 0,
    deviation: 0n,
    signerCount: 0,
    signers: NOTHING,
  }
  while (input.pos < input.len) {
    const key = readUint32(input)
    switch (key) {
      case tag(1, LENGTH_DELIMITED):
        if (pairs.length >= PAIRS_LIMIT) throw new RangeError('too many pairs')
        pairs.push(readText(input))
        break
      case tag(2, LENGTH_DELIMITED):
        constants.source = readText(input)
        break
      case tag(3, VARINT):
        constants.interval = readUint64(input)
        break
      case tag(4, VARINT):
        constants.quietPeriod = readUint64(input)
        break
      case tag(5, VARINT):
        constants.minimum = readUint32(input)
        break
      case tag(6, VARINT):
        constants.maximum = readUint32(input)
        break
      case tag(7, VARINT):
        constants.deviation = readUint64(input)
        break
      case tag(8, VARINT):
        constants.signerCount = readUint32(input)
        break
      case tag(9, LENGTH_DELIMITED):
        constants.signers = copyOfBytes(input)
        break
      default:
        skip(input, key)
    }
  }
  return constants
}
