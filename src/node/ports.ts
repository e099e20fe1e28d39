import type { Hex } from '../core/hex.ts'
import type { DatabaseMarks, PriceHistory } from '../core/history.ts'
import type { HistorySight, SightRange } from '../core/history-ledger.ts'
import type { Outbox } from '../core/outbox.ts'
import type { PriceFeed } from '../core/price-feed.ts'
import type { PriceTable } from '../core/price-table.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import type { Refusal } from '../core/refusal.ts'
import type { Secp256k1 } from '../core/signature.ts'
import type { CoSignLots } from '../consensus/co-sign-turn.ts'
import type { SigningKey } from '../consensus/signer.ts'
import type { Equivocation } from '../core/equivocation.ts'
import type { PriceStatement, StatementId } from '../core/statement.ts'
import type { NodeStatus } from '../core/status.ts'
import type { readAttestations } from '../gossip/attestation-shape.ts'
import type { Doorkeeper } from '../gossip/gater.ts'
import type { readStatus } from '../gossip/status-shape.ts'
import type { Exchange } from '../gossip/sync/exchange.ts'
import type { Topic, TopicOptions } from '../gossip/topic.ts'
import type { AuditNotice } from '../store/committed-notice.ts'

/**
 * The world of one gossip node: its key, its disk, its table, its feed, its peers. A running node has SQLite, Postgres,
 * Coinbase and libp2p behind them; the simulator has made-up ones behind the same node.
 */
export interface NodePorts {
  readonly curve: Secp256k1
  readonly key: SigningKey
  /** A statement's id. @default what `createDigest` gives; many nodes in one process may share what they remember */
  readonly digest?: (statement: PriceStatement) => StatementId
  /** How what came is read. @default `readAttestations`, `readStatus`; the same for sharing */
  readonly readAttestations?: typeof readAttestations
  readonly readStatus?: typeof readStatus
  /** What a status is signed over. @default what `createStatusDigest` gives */
  readonly statusDigest?: (status: NodeStatus) => Hex
  /** What a refusal is signed over. @default what `createRefusalDigest` gives */
  readonly refusalDigest?: (refusal: Refusal) => Hex
  /** What signers are ranked by. @default `drawLots`; the same for sharing */
  readonly lots?: CoSignLots
  readonly memory: SignOnceMemory
  readonly outbox: Outbox
  /** Where proofs against dishonest signers are kept. */
  readonly evidence: { keep(equivocation: Equivocation): void | Promise<void> }
  readonly feed: PriceFeed
  readonly table: TablePort
  /** Names this process among all that ever sign with its key: 0x and 32 hexadecimal digits, drawn anew at each start. */
  readonly instance: Hex
  /** Resolves when everybody else has had their turn. */
  readonly nextTurn: () => Promise<unknown>
  /** Joins the network of peers; nothing is sent or taken before {@link PeerNetwork.start}. */
  connect(options: ConnectOptions): Promise<PeerNetwork>
}

/** The table a node commits to, and how it comes to know of what others write there. */
export interface TablePort {
  readonly table: PriceTable
  /**
   * Listens for rows that come into the table, when others write to it too; undefined for a table of one's own.
   *
   * @param handlers - `onHeard`: rows of the network that are there; `onDisputed`: statements that lost their slots to
   * rows there; `onHearing`: nothing is missed from now on, or it may be
   */
  readonly listen?: (handlers: TableHandlers) => { stop(): unknown }
  /** What was committed, to be compared with that of peers; undefined when there is no such thing. */
  readonly history?: PriceHistory
  /**
   * Looks at history for this node's own statuses, whoever shares the table. @default none is looked at: the root is then
   * known of a table of one's own, and from comparing histories
   *
   * @throws {TableUnavailableError}
   */
  readonly see?: (range: SightRange) => Promise<HistorySight>
  readonly marks?: DatabaseMarks
}

export interface TableHandlers {
  readonly onHeard: (ids: readonly StatementId[]) => void
  readonly onDisputed?: ((ids: readonly StatementId[]) => void) | undefined
  readonly onHearing: (hearing: boolean) => void
  readonly onAudit?: TableWatch['onAudit'] | undefined
}

/** Whoever watches over what is in the table. */
export interface TableWatch {
  /** The table has answered for the first time. */
  onTable(): void
  /** Somebody wrote rows of which this node knows no statement. */
  onUnknown(): void
  /** An audit looks into the table, be it this node's own. */
  onAudit(notice: AuditNotice): void
}

export interface ConnectOptions {
  /** Asked whom to connect to, and whom to let in. */
  readonly doorkeeper: Doorkeeper
  /** What the node itself thinks of a peer; 0 for nothing bad. */
  readonly scoreOf: (peerId: string) => number
}

export interface PeerNetwork {
  /** This node's own. */
  readonly peerId: string
  openTopic(options: TopicOptions): Topic
  /** Questions to peers, beside what is gossiped. */
  readonly exchange?: Exchange
  connectedPeers(): readonly string[]
  hangUp(peerId: string): void
  /** Begins to look for peers. */
  start(): void
}
