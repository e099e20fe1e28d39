import { writer } from 'protons-runtime'
import { PAIRS_LIMIT } from '../core/agreed-constants.ts'
import { fromHex } from '../core/hex.ts'
import type { AgreedConstants, SignedStatus } from '../core/status.ts'
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

const readStatus = messageReader<WireStatus>(
  () => ({
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
  }),
  {
    [tag(1, VARINT)]: (input, status) => (status.version = readUint32(input)),
    [tag(2, LENGTH_DELIMITED)]: (input, status) => (status.network = readText(input)),
    [tag(3, LENGTH_DELIMITED)]: (input, status) => (status.peerId = readText(input)),
    [tag(4, LENGTH_DELIMITED)]: (input, status) => (status.instance = copyOfBytes(input)),
    [tag(5, VARINT)]: (input, status) => (status.sequence = readUint64(input)),
    [tag(6, VARINT)]: (input, status) => (status.sentAt = readUint64(input)),
    [tag(7, LENGTH_DELIMITED)]: (input, status) => (status.agent = readText(input)),
    [tag(8, LENGTH_DELIMITED)]: (input, status) => (status.constants = readConstants(readBytes(input))),
    [tag(9, LENGTH_DELIMITED)]: (input, status) => (status.signature = copyOfBytes(input)),
    [tag(10, LENGTH_DELIMITED)]: (input, status) => (status.report = readReport(readBytes(input))),
  },
)

const readConstants = messageReader<WireConstants>(
  () => ({
    pairs: [],
    source: '',
    interval: 0n,
    quietPeriod: 0n,
    minimum: 0,
    maximum: 0,
    deviation: 0n,
    signerCount: 0,
    signers: NOTHING,
  }),
  {
    [tag(1, LENGTH_DELIMITED)]: (input, { pairs }) => pushWithin(pairs, readText(input), PAIRS_LIMIT),
    [tag(2, LENGTH_DELIMITED)]: (input, constants) => (constants.source = readText(input)),
    [tag(3, VARINT)]: (input, constants) => (constants.interval = readUint64(input)),
    [tag(4, VARINT)]: (input, constants) => (constants.quietPeriod = readUint64(input)),
    [tag(5, VARINT)]: (input, constants) => (constants.minimum = readUint32(input)),
    [tag(6, VARINT)]: (input, constants) => (constants.maximum = readUint32(input)),
    [tag(7, VARINT)]: (input, constants) => (constants.deviation = readUint64(input)),
    [tag(8, VARINT)]: (input, constants) => (constants.signerCount = readUint32(input)),
    [tag(9, LENGTH_DELIMITED)]: (input, constants) => (constants.signers = copyOfBytes(input)),
  },
)
