import { reader } from 'protons-runtime'
import { fromHex } from '../core/hex.ts'
import { type NodeReport, REPORT_PEERS_LIMIT, REPORT_SIGNERS_LIMIT } from '../core/status.ts'
import {
  LENGTH_DELIMITED,
  NOTHING,
  VARINT,
  type Writer,
  copyOfBytes,
  readBool,
  readBytes,
  readSint64,
  readText,
  readUint32,
  readUint64,
  skip,
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
export function readReport(bytes: Uint8Array): WireReport {
  const input = reader(bytes)
  const peers: string[] = []
  const received: WireReceived[] = []
  const report = {
    uptime: 0n,
    peers,
    clockKnown: false,
    clockOffset: 0n,
    received,
    outbox: 0n,
    lastCommitted: 0n,
    historyRoot: NOTHING,
  }
  while (input.pos < input.len) {
    const key = readUint32(input)
    switch (key) {
      case tag(1, VARINT):
        report.uptime = readUint64(input)
        break
      case tag(2, LENGTH_DELIMITED):
        if (peers.length >= REPORT_PEERS_LIMIT) throw new RangeError('too many peers')
        peers.push(readText(input))
        break
      case tag(3, VARINT):
        report.clockKnown = readBool(input)
        break
      case tag(4, VARINT):
        report.clockOffset = readSint64(input)
        break
      case tag(5, LENGTH_DELIMITED):
        if (received.length >= REPORT_SIGNERS_LIMIT) throw new RangeError('too many signers')
        received.push(readReceived(readBytes(input)))
        break
      case tag(6, VARINT):
        report.outbox = readUint64(input)
        break
      case tag(7, VARINT):
        report.lastCommitted = readUint64(input)
        break
      case tag(8, LENGTH_DELIMITED):
        report.historyRoot = copyOfBytes(input)
        break
      default:
        skip(input, key)
    }
  }
  return report
}

function readReceived(bytes: Uint8Array): WireReceived {
  const input = reader(bytes)
  const received = { signer: NOTHING, statements: 0n, signatures: 0n }
  while (input.pos < input.len) {
    const key = readUint32(input)
    switch (key) {
      case tag(1, LENGTH_DELIMITED):
        received.signer = copyOfBytes(input)
        break
      case tag(2, VARINT):
        received.statements = readUint64(input)
        break
      case tag(3, VARINT):
        received.signatures = readUint64(input)
        break
      default:
        skip(input, key)
    }
  }
  return received
}
