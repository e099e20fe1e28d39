import type { Address } from '../core/address.ts'
import { type Hex, toHex } from '../core/hex.ts'
import type { NodeReport, ReceivedCount } from '../core/status.ts'
import type { WireReceived, WireReport } from './report-wire.ts'

/** Shorter than a node's own may be: the ids of all kinds of keys are, and there are many of them. */
const LISTED_PEER_ID = /^[A-Za-z0-9]{1,64}$/
const REPORT_BYTES = { signer: 20, root: 32 } as const
const LARGEST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER)

/** What can be said against a report on its face. */
export type ReportFault =
  | 'bad-uptime'
  | 'bad-peers'
  | 'bad-clock-offset'
  | 'bad-received'
  | 'bad-outbox'
  | 'bad-last-committed'
  | 'bad-history-root'

/** Reads the fields of a report, or says which of them is false on its face; there are no more of any than may be. */
export function shapeReport(wire: WireReport): NodeReport | { readonly fault: ReportFault } {
  const { uptime, peers, clockKnown, clockOffset, outbox, lastCommitted } = wire
  if (!isNumber(uptime)) return { fault: 'bad-uptime' }
  if (!peers.every((peer) => LISTED_PEER_ID.test(peer)) || !isAscending(peers)) return { fault: 'bad-peers' }
  if (!isNumber(clockOffset < 0n ? -clockOffset : clockOffset) || (!clockKnown && clockOffset !== 0n)) {
    return { fault: 'bad-clock-offset' }
  }
  const received = shapeReceived(wire.received)
  if (received === undefined) return { fault: 'bad-received' }
  if (!isNumber(outbox)) return { fault: 'bad-outbox' }
  if (!isNumber(lastCommitted)) return { fault: 'bad-last-committed' }
  const historyRoot = shapeRoot(wire.historyRoot)
  if (historyRoot === 'false') return { fault: 'bad-history-root' }
  return {
    uptimeMs: Number(uptime),
    peers,
    clockOffsetMs: clockKnown ? Number(clockOffset) : undefined,
    received,
    outbox: Number(outbox),
    lastCommittedAtMs: lastCommitted === 0n ? undefined : Number(lastCommitted),
    historyRoot,
  }
}

/** The counts, unless one is out of range, says nothing, or is out of order or there twice. */
function shapeReceived(wire: readonly WireReceived[]): readonly ReceivedCount[] | undefined {
  const received: ReceivedCount[] = []
  for (const { signer, statements, signatures } of wire) {
    if (signer.length !== REPORT_BYTES.signer || !isNumber(statements) || !isNumber(signatures)) return undefined
    if (statements === 0n && signatures === 0n) return undefined
    received.push({
      signer: toHex(signer) as Address,
      statements: Number(statements),
      signatures: Number(signatures),
    })
  }
  return isAscending(received.map(({ signer }) => signer)) ? received : undefined
}

/** Zeros are what is hashed where there is none, so they cannot stand for a root. */
function shapeRoot(bytes: Uint8Array): Hex | undefined | 'false' {
  if (bytes.length === 0) return undefined
  return bytes.length === REPORT_BYTES.root && bytes.some((byte) => byte !== 0) ? toHex(bytes) : 'false'
}

function isNumber(value: bigint): boolean {
  return value <= LARGEST_NUMBER
}

/** Whether each is beyond the one before; so none is there twice. */
function isAscending(texts: readonly string[]): boolean {
  return texts.every((text, index) => index === 0 || text > (texts[index - 1] ?? ''))
}
