import { fromHex } from '../core/hex.ts'
import { type NodeReport, REPORT_PEERS_LIMIT, REPORT_SIGNERS_LIMIT } from '../core/status.ts'
import {
  LENGTH_DELIMITED,
  NOTHING,
  VARINT,
  type Writer,
  copyOfBytes,
  messageReader,
  pushWithin,
  readBool,
  readBytes,
  readSint64,
  readText,
  readUint64,
  tag,
  writeSint64,
  writeUint64,
} from './protobuf.ts'

/** A report as it stands on the wire, inside a status. */
export interface WireReport {
  readonly uptime: bigint
  readonly peers: readonly string[]
  readonly clockKnown: boolean
  readonly clockOffset: bigint
  readonly received: readonly WireReceived[]
  readonly outbox: bigint
  readonly lastCommitted: bigint
  readonly historyRoot: Uint8Array
}

export interface WireReceived {
  readonly signer: Uint8Array
  readonly statements: bigint
  readonly signatures: bigint
}

export function wireReport(report: NodeReport): WireReport {
  return {
    uptime: BigInt(report.uptimeMs),
    peers: report.peers,
    clockKnown: report.clockOffsetMs !== undefined,
    clockOffset: BigInt(report.clockOffsetMs ?? 0),
    received: report.received.map(({ signer, statements, signatures }) => ({
      signer: fromHex(signer),
      statements: BigInt(statements),
      signatures: BigInt(signatures),
    })),
    outbox: BigInt(report.outbox),
    lastCommitted: BigInt(report.lastCommittedAtMs ?? 0),
    historyRoot: report.historyRoot === undefined ? NOTHING : fromHex(report.historyRoot),
  }
}

export function writeReport(out: Writer, report: WireReport): void {
  writeUint64(out.uint32(tag(1, VARINT)), report.uptime)
  for (const peer of report.peers) out.uint32(tag(2, LENGTH_DELIMITED)).string(peer)
  out.uint32(tag(3, VARINT)).uint32(report.clockKnown ? 1 : 0)
  writeSint64(out.uint32(tag(4, VARINT)), report.clockOffset)
  for (const { signer, statements, signatures } of report.received) {
    out.uint32(tag(5, LENGTH_DELIMITED)).fork()
    out.uint32(tag(1, LENGTH_DELIMITED)).bytes(signer)
    writeUint64(out.uint32(tag(2, VARINT)), statements)
    writeUint64(out.uint32(tag(3, VARINT)), signatures)
    out.ldelim()
  }
  writeUint64(out.uint32(tag(6, VARINT)), report.outbox)
  writeUint64(out.uint32(tag(7, VARINT)), report.lastCommitted)
  out.uint32(tag(8, LENGTH_DELIMITED)).bytes(report.historyRoot)
}

/** @throws {RangeError} when it holds more than the limits allow; like the other fields, else, of what is no protobuf */
export const readReport = messageReader<WireReport>(
  () => ({
    uptime: 0n,
    peers: [],
    clockKnown: false,
    clockOffset: 0n,
    received: [],
    outbox: 0n,
    lastCommitted: 0n,
    historyRoot: NOTHING,
  }),
  {
    [tag(1, VARINT)]: (input, report) => (report.uptime = readUint64(input)),
    [tag(2, LENGTH_DELIMITED)]: (input, { peers }) => pushWithin(peers, readText(input), REPORT_PEERS_LIMIT),
    [tag(3, VARINT)]: (input, report) => (report.clockKnown = readBool(input)),
    [tag(4, VARINT)]: (input, report) => (report.clockOffset = readSint64(input)),
    [tag(5, LENGTH_DELIMITED)]: (input, { received }) =>
      pushWithin(received, readReceived(readBytes(input)), REPORT_SIGNERS_LIMIT),
    [tag(6, VARINT)]: (input, report) => (report.outbox = readUint64(input)),
    [tag(7, VARINT)]: (input, report) => (report.lastCommitted = readUint64(input)),
    [tag(8, LENGTH_DELIMITED)]: (input, report) => (report.historyRoot = copyOfBytes(input)),
  },
)

const readReceived = messageReader<WireReceived>(() => ({ signer: NOTHING, statements: 0n, signatures: 0n }), {
  [tag(1, LENGTH_DELIMITED)]: (input, received) => (received.signer = copyOfBytes(input)),
  [tag(2, VARINT)]: (input, received) => (received.statements = readUint64(input)),
  [tag(3, VARINT)]: (input, received) => (received.signatures = readUint64(input)),
})
