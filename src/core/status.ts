import type { Address } from './address.ts'
import type { Hex } from './hex.ts'
import type { Signature } from './statement.ts'

/** The constants of a network as a status carries them: what all its nodes must agree on. */
export interface AgreedConstants {
  readonly network: string
  /** In ascending order. */
  readonly pairs: readonly string[]
  readonly source: string
  readonly intervalMs: number
  readonly quietPeriodMs: number
  readonly minimumSigners: number
  readonly maximumSigners: number
  /** In parts of DEVIATION_SCALE. */
  readonly maxDeviation: bigint
  /** Entries of the signer set; 0 in an open network. */
  readonly signerCount: number
  /** 32 bytes: what the signer set hashes to, zeros in an open network; see `signerSetHash`. */
  readonly signersHash: Hex
}

/** What a node says of itself, and signs, every now and then. */
export interface NodeStatus {
  /** The libp2p peer id that the signer speaks from. */
  readonly peerId: string
  /** 16 random bytes, made anew by every process. */
  readonly instance: Hex
  /** Grows with every status of a signer; of two the larger counts. */
  readonly sequence: number
  /** Milliseconds since the Unix epoch, on the node's clock. */
  readonly sentAt: number
  /** The software, as `gossip-price/0.1.0`. */
  readonly agent: string
  readonly constants: AgreedConstants
}

/** A status whose signature was checked. */
export interface SignedStatus {
  readonly status: NodeStatus
  readonly signer: Address
  readonly signature: Signature
}
