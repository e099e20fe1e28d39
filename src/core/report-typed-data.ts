import { hashWords, keccakText, typeHash } from './eip712.ts'
import { fromHex } from './hex.ts'
import { RecentMap } from './recent-map.ts'
import type { NodeReport, ReceivedCount } from './status.ts'

/**
 * The types of a report; times are in milliseconds. EIP-712 has no optional members: where `clockKnown` is false
 * `clockOffset` is 0, and where `lastCommitted` or `historyRoot` is not known it is 0.
 */
export const REPORT_TYPES = {
  Received: [
    { name: 'signer', type: 'address' },
    { name: 'statements', type: 'uint64' },
    { name: 'signatures', type: 'uint64' },
  ],
  Report: [
    { name: 'uptime', type: 'uint64' },
    { name: 'peers', type: 'string[]' },
    { name: 'clockKnown', type: 'bool' },
    { name: 'clockOffset', type: 'int64' },
    { name: 'received', type: 'Received[]' },
    { name: 'outbox', type: 'uint64' },
    { name: 'lastCommitted', type: 'uint64' },
    { name: 'historyRoot', type: 'bytes32' },
  ],
} as const

const RECEIVED_TYPE = typeHash({ Received: REPORT_TYPES.Received })
const REPORT_TYPE = typeHash({ Report: REPORT_TYPES.Report, Received: REPORT_TYPES.Received })
const NONE = new Uint8Array(32)

/** All nodes name the same peers in every report: hashing them is most of the work. */
const peerHashes = new RecentMap<string, Uint8Array>({ limit: 1_024 })

/** Counts stay what they are from one round to the next, for many statuses. */
const receivedHashes = new RecentMap<string, Uint8Array>({ limit: 1_024 })

/** The EIP-712 struct hash of a report, 32 bytes. */
export function hashReport(report: NodeReport): Uint8Array {
  const { uptimeMs, peers, clockOffsetMs, received, outbox, lastCommittedAtMs, historyRoot } = report
  return hashWords(
    REPORT_TYPE,
    BigInt(uptimeMs),
    hashWords(...peers.map(hashPeer)),
    clockOffsetMs === undefined ? 0n : 1n,
    BigInt(clockOffsetMs ?? 0),
    hashWords(...received.map(hashReceived)),
    BigInt(outbox),
    BigInt(lastCommittedAtMs ?? 0),
    historyRoot === undefined ? NONE : fromHex(historyRoot),
  )
}

function hashPeer(peerId: string): Uint8Array {
  const known = peerHashes.get(peerId)
  if (known !== undefined) return known
  const hash = keccakText(peerId)
  peerHashes.set(peerId, hash)
  return hash
}

function hashReceived({ signer, statements, signatures }: ReceivedCount): Uint8Array {
  const key = `${signer} ${statements} ${signatures}`
  const known = receivedHashes.get(key)
  if (known !== undefined) return known
  const hash = hashWords(RECEIVED_TYPE, signer, BigInt(statements), BigInt(signatures))
  receivedHashes.set(key, hash)
  return hash
}
