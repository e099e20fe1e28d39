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

/** Peers that a report names, and signers that it counts, at most. */
export const REPORT_PEERS_LIMIT = 32
export const REPORT_SIGNERS_LIMIT = 32

/** What a node received from others of one signer since its process began, each the first time only. */
export interface ReceivedCount {
  readonly signer: Address
  /** Statements that the signer made. */
  readonly statements: number
  /** Its signatures, over statements of its own and of others. */
  readonly signatures: number
}

/** How a node is. Whole numbers; what is undefined it does not know. */
export interface NodeReport {
  /** Milliseconds since its process began. */
  readonly uptimeMs: number
  /** The libp2p peer ids it is connected to, in ascending order: the first {@link REPORT_PEERS_LIMIT}. */
  readonly peers: readonly string[]
  /** How far the clocks of others are ahead of its own, milliseconds. */
  readonly clockOffsetMs: number | undefined
  /** In ascending order of signer; the {@link REPORT_SIGNERS_LIMIT} of whom it received most. */
  readonly received: readonly ReceivedCount[]
  /** Rows that it owes to its table. */
  readonly outbox: number
  /** When the newest row that it knows to be in its table was observed, milliseconds since the Unix epoch. */
  readonly lastCommittedAtMs: number | undefined
  /** The Merkle root over its history, as it knew it last. */
  readonly historyRoot: Hex | undefined
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
  readonly report: NodeReport
}

/** A status whose signature was checked. */
export interface SignedStatus {
  readonly status: NodeStatus
  readonly signer: Address
  readonly signature: Signature
}
