import type { Phase } from '../consensus/effects.ts'
import type { Address } from '../core/address.ts'
import type { RefusalReason } from '../core/refusal.ts'
import type { SignerEntry } from '../core/signer-set.ts'
import type { PriceStatement, Round, StatementId } from '../core/statement.ts'
import type { AgreedConstants } from '../core/status.ts'

/**
 * A running node as those see it who ask over HTTP. Nothing here waits or asks the database: every answer is what the
 * node knows at that moment. Times are milliseconds, on the wall clock since the Unix epoch unless the name says else.
 */
export interface NodeView {
  readonly self: NodeSelf
  /** Why the node cannot do its work now, a sentence each; none when it can. */
  readiness(): readonly string[]
  /** What is held and not yet in the table, the newest observed first. None on a bootstrap node. */
  statements(): readonly PendingStatement[]
  /** What is known of any id. */
  why(id: StatementId): StatementStory
  /** What is known of any round; undefined on a bootstrap node, which does not know how long one is. */
  whyRound(round: Round): RoundStory | undefined
  /** This node's addresses, and the peers that are connected. */
  peers(): NodePeers
  /** Every node whose status was heard not long ago, this one included unless it is a bootstrap node, which sends none. */
  nodes(): readonly SeenNode[]
  /** How far the clocks of the others are ahead of this one; undefined when too few were heard. */
  clockOffsetMs(): number | undefined
  /** Hands every event to `listener` from now on. The returned function ends it. */
  subscribe(listener: (event: NodeEvent) => void): () => void
}

export type NodeRole = 'signer' | 'observer' | 'bootstrap'

export interface NodeSelf {
  readonly network: string
  readonly role: NodeRole
  /** Undefined on a bootstrap node, which has no key. */
  readonly address: Address | undefined
  /** Undefined on a bootstrap node that was not told of the signer set. */
  readonly constants: AgreedConstants | undefined
  /** Who may sign, and in which rounds; undefined in an open network, and on a bootstrap node that was not told. */
  readonly signers?: readonly SignerEntry[] | undefined
}

/** A signer whose signature is held. */
export interface HeldSignature {
  readonly signer: Address
  /** When this node first held it; undefined after a restart. */
  readonly atMs: number | undefined
}

/** A refusal that is held, and what it means in words. */
export interface HeldRefusal {
  readonly signer: Address
  readonly reason: RefusalReason
  readonly sentence: string
}

export interface PendingStatement {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly phase: Phase
  readonly signers: readonly HeldSignature[]
  /** Signers of the round's set that have not signed; none in an open network, where nobody is awaited. */
  readonly missing: readonly Address[]
  readonly refusals: readonly HeldRefusal[]
  readonly minimum: number
  readonly maximum: number
  /** Until the row is due, if nobody signs meanwhile; undefined below quorum. */
  readonly quietEndsInMs: number | undefined
  /** Until no signature is added any more; undefined below quorum. */
  readonly closesInMs: number | undefined
}

/** Why somebody has not signed: a refusal's reason, or what this node knows of the signer. */
export type AbsenceReason = RefusalReason | 'late' | 'not-connected' | 'never-heard' | 'not-needed' | 'silent'

export interface AbsentSigner {
  readonly signer: Address
  readonly reason: AbsenceReason
  readonly sentence: string
}

/** What is known of a statement, and what it lacks. */
export interface StatementStory {
  readonly id: StatementId
  /** `unknown`: this node holds nothing of it; the table may. */
  readonly phase: Phase | 'unknown'
  readonly sentences: readonly string[]
  readonly missing: readonly AbsentSigner[]
  /** What would bring it to quorum, in a sentence; undefined when nothing is needed, or nothing can. */
  readonly wouldPass: string | undefined
}

/** What is known of a round, and of every statement of it that came here. */
export interface RoundStory {
  readonly round: Round
  readonly startMs: number
  readonly endMs: number
  /** Whether this node can say what happens in it: not of what was before its start, or is forgotten. */
  readonly isKnown: boolean
  readonly sentences: readonly string[]
  readonly stories: readonly StatementStory[]
}

export interface NodePeers {
  readonly peerId: string
  /** Multiaddrs. */
  readonly addresses: readonly string[]
  readonly peers: readonly ConnectedPeer[]
}

export interface ConnectedPeer {
  readonly peerId: string
  /** The signer whose status names this peer id. */
  readonly signer: Address | undefined
  /** Undefined until it has said so. */
  readonly agent: string | undefined
  /** Whether it says that it is a bootstrap node. */
  readonly isBootstrap: boolean
  readonly addresses: readonly string[]
  readonly connectedAtMs: number
  readonly direction: 'inbound' | 'outbound'
}

/** A node as its newest status shows it; what it does not know of itself is undefined. */
export interface SeenNode {
  readonly signer: Address
  readonly peerId: string
  readonly agent: string
  /** Whether its signer is in the signer set. */
  readonly listed: boolean
  readonly heardAgoMs: number
  readonly sentAtMs: number
  readonly uptimeMs: number | undefined
  /** Peer ids that it is connected to. */
  readonly peers: readonly string[] | undefined
  readonly clockOffsetMs: number | undefined
  /** Statements and signatures that it received from others since it began, by who made them. */
  readonly received:
    | readonly { readonly signer: Address; readonly statements: number; readonly signatures: number }[]
    | undefined
  /** Rows that it owes to its table. */
  readonly outbox: number | undefined
  /** When the newest row that it knows to be in its table was observed. */
  readonly lastCommittedAtMs: number | undefined
  /** Merkle root over its history. */
  readonly historyRoot: string | undefined
  /** `behind`: its status is late, or its table is. */
  readonly state: 'here' | 'behind' | 'gone'
  /** In a sentence; undefined unless it is behind. */
  readonly behindBecause: string | undefined
}

/** What happens to a node that somebody may want to see at once. */
export type NodeEvent =
  /** Rows are in the table, whoever wrote them. */
  | { readonly kind: 'committed'; readonly ids: readonly StatementId[] }
  /** A statement is new here, or has moved to another phase. */
  | { readonly kind: 'statement'; readonly statement: PendingStatement }
  | { readonly kind: 'signature'; readonly id: StatementId; readonly signer: Address; readonly atMs: number }
  | ({ readonly kind: 'refusal'; readonly id: StatementId } & HeldRefusal)
  /** A status was heard, or a node has fallen behind or gone. */
  | { readonly kind: 'node'; readonly node: SeenNode }
  | { readonly kind: 'peer'; readonly peerId: string; readonly up: boolean }
  /** The readiness has changed. */
  | { readonly kind: 'health'; readonly sentences: readonly string[] }
