import { OPEN_SIGNERS_HASH, PAIRS_LIMIT } from '../core/agreed-constants.ts'
import { toHex } from '../core/hex.ts'
import { DEVIATION_SCALE } from '../core/network.ts'
import { type SignatureFault, signatureFault } from '../core/signature.ts'
import { type Signature, isName, isPair } from '../core/statement.ts'
import type { AgreedConstants, NodeStatus } from '../core/status.ts'
import { type ReportFault, shapeReport } from './report-shape.ts'
import { type WireConstants, type WireStatus, decodeStatusMessage } from './status-wire.ts'
import { SIGNATURES_LIMIT } from './wire.ts'

const PEER_ID = /^[A-Za-z0-9]{1,128}$/
const AGENT = /^[\u0020-\u007e]{1,64}$/
const INSTANCE_BYTES = 16
const HASH_BYTES = 32
/** As many as a `uint16` of the typed data counts. */
const SIGNER_COUNT_LIMIT = 65_535
const LARGEST_NUMBER = BigInt(Number.MAX_SAFE_INTEGER)

/** What can be said against a status on its face. */
export type StatusFault =
  | 'bad-peer-id'
  | 'bad-instance'
  | 'bad-sequence'
  | 'bad-time'
  | 'bad-agent'
  | 'bad-constants'
  | ReportFault
  | SignatureFault

/** A status in shape: its fields are in range and safe to print, its signature is well formed and not verified yet. */
export interface ShapedStatus {
  readonly status: NodeStatus
  readonly signature: Signature
}

/**
 * Reads a status of a network from bytes that anybody may have sent, or says what is false about it on its face.
 *
 * @throws {MalformedMessageError} as `decodeStatusMessage` does
 */
export function readStatus(
  bytes: Uint8Array,
  { network }: { readonly network: string },
): ShapedStatus | { readonly fault: StatusFault | 'wrong-network' } {
  const wire = decodeStatusMessage(bytes)
  return wire.network === network ? shapeStatus(wire, { network }) : { fault: 'wrong-network' }
}

/**
 * Reads the fields of a status, or says which of them is false on its face.
 *
 * @param rules - the network that the message was found to name
 */
export function shapeStatus(
  wire: WireStatus,
  { network }: { readonly network: string },
): ShapedStatus | { readonly fault: StatusFault } {
  if (!PEER_ID.test(wire.peerId)) return { fault: 'bad-peer-id' }
  if (wire.instance.length !== INSTANCE_BYTES) return { fault: 'bad-instance' }
  if (wire.sequence > LARGEST_NUMBER) return { fault: 'bad-sequence' }
  if (wire.sentAt > LARGEST_NUMBER) return { fault: 'bad-time' }
  if (!AGENT.test(wire.agent)) return { fault: 'bad-agent' }
  const constants = shapeConstants(wire.constants, network)
  if (constants === undefined) return { fault: 'bad-constants' }
  const report = shapeReport(wire.report)
  if ('fault' in report) return report
  const fault = signatureFault(wire.signature)
  if (fault !== undefined) return { fault }
  return {
    status: {
      peerId: wire.peerId,
      instance: toHex(wire.instance),
      sequence: Number(wire.sequence),
      sentAt: Number(wire.sentAt),
      agent: wire.agent,
      constants,
      report,
    },
    signature: wire.signature,
  }
}

/** The constants, unless no configuration can hold them. */
function shapeConstants(wire: WireConstants, network: string): AgreedConstants | undefined {
  const { pairs, source, interval, quietPeriod, minimum, maximum, deviation, signerCount, signers } = wire
  if (pairs.length === 0 || pairs.length > PAIRS_LIMIT || !pairs.every(isPair)) return undefined
  if (pairs.some((pair, index) => index > 0 && pair <= (pairs[index - 1] ?? ''))) return undefined
  if (!isName(source)) return undefined
  if (interval === 0n || interval > LARGEST_NUMBER) return undefined
  if (quietPeriod === 0n || quietPeriod > LARGEST_NUMBER) return undefined
  if (minimum === 0 || maximum < minimum || maximum > SIGNATURES_LIMIT) return undefined
  if (deviation > DEVIATION_SCALE) return undefined
  if (signers.length !== HASH_BYTES || signerCount > SIGNER_COUNT_LIMIT) return undefined
  const signersHash = toHex(signers)
  if ((signerCount === 0) !== (signersHash === OPEN_SIGNERS_HASH)) return undefined
  return {
    network,
    pairs,
    source,
    intervalMs: Number(interval),
    quietPeriodMs: Number(quietPeriod),
    minimumSigners: minimum,
    maximumSigners: maximum,
    maxDeviation: deviation,
    signerCount,
    signersHash,
  }
}
