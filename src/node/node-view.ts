import type {
  NodePeers,
  NodeRole,
  NodeSelf,
  NodeView,
  PendingStatement,
  RoundStory,
  SeenNode,
  StatementStory,
} from '../api/node-view.ts'
import type { EngineEffect, EngineEvent } from '../consensus/effects.ts'
import type { Address } from '../core/address.ts'
import { agreedConstants } from '../core/agreed-constants.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import { type Round, type StatementId, roundAt } from '../core/statement.ts'
import type { SignedStatus } from '../core/status.ts'
import type { PeerList } from '../gossip/peer-list.ts'
import { AGENT_VERSION, isBootstrapAgent } from '../version.ts'
import type { AssembledNode } from './assemble.ts'
import { EventOutlet } from './event-outlet.ts'
import type { NodeListener, ProposalFault } from './node-listener.ts'
import { heldRefusal, pendingStatement } from './pending-statement.ts'
import type { ReadinessFault } from './readiness.ts'
import { type OwnNode, SeenNodes } from './seen-nodes.ts'
import { RoundBook } from './round-book.ts'
import { storyOfRound } from './round-story.ts'
import type { RowNews } from './row-news.ts'
import { StateWatch } from './state-watch.ts'
import { type StoryComponents, keepEnd, lateSigner, storyOf } from './statement-story.ts'
import { StoryBook } from './story-book.ts'
import { type StatementNews, StatementWatch } from './statement-watch.ts'

export interface NodeViewComponents {
  readonly node: AssembledNode
  readonly peers: PeerList
  /** Tells what is in the table now. */
  readonly rows: Pick<RowNews, 'watch'>
  readonly clock: Clock
  readonly logger: Logger
  readonly readinessFaults: () => readonly ReadinessFault[]
  /** Told too what becomes of statements. */
  readonly onNews: (news: StatementNews) => void
}

/** What a gossip node shows of itself; it listens to the node, and nothing in the node depends on it. */
export class GossipNodeView implements NodeView, NodeListener {
  readonly #components: NodeViewComponents
  readonly #constants: NetworkConstants
  readonly #own: Address
  readonly #startedAt: number
  readonly #stories = new StoryBook()
  readonly #rounds = new RoundBook()
  readonly #outlet: EventOutlet
  readonly #watch: StatementWatch
  readonly #nodes: SeenNodes
  readonly #states: StateWatch
  #unwatchPeers: (() => void) | undefined
  #unwatchRows: (() => void) | undefined

  constructor(components: NodeViewComponents, constants: NetworkConstants) {
    const { node, clock } = components
    this.#components = components
    this.#constants = constants
    this.#own = node.signer.address
    this.#outlet = new EventOutlet({
      ...components,
      isVouched: (peerId) => node.directory.voucherOf(peerId) !== undefined,
    })
    this.#startedAt = clock.now().wallMs
    this.#watch = new StatementWatch({ pool: node.engine.pool, clock }, (news) => this.#take(news))
    this.#nodes = new SeenNodes({ directory: node.directory, clock, pace: constants }, () => this.#self())
    this.#states = new StateWatch({
      clock,
      logger: components.logger,
      readinessFaults: components.readinessFaults,
      nodes: () => this.nodes(),
      tell: (event) => this.#outlet.tell(event),
      onLook: () => this.#rounds.looked(this.#roundNow(), node.topics.prices.peers()),
    })
  }

  /** Listens to the node, from before it begins. */
  start(): void {
    const { node, peers, rows } = this.#components
    node.listen(this)
    this.#unwatchRows = rows.watch((ids) => this.#outlet.tell({ kind: 'committed', ids }))
    this.#unwatchPeers = peers.watch((peerId, up) => {
      this.#nodes.connected(peerId, up)
      this.#outlet.tell({ kind: 'peer', peerId, up })
    })
    this.#states.start()
  }

  stop(): void {
    this.#unwatchPeers?.()
    this.#unwatchRows?.()
    this.#states.stop()
  }

  handled(event: EngineEvent, effects: readonly EngineEffect[]): void {
    this.#watch.handled(event, effects)
  }

  notProposed(fault: ProposalFault): void {
    this.#rounds.failed(fault.round, fault)
  }

  signedLate(id: StatementId, signer: Address): void {
    this.#watch.signedLate(id, signer)
  }

  heard(signed: SignedStatus, options: { readonly listed: boolean }): void {
    const node = this.#nodes.heard(signed, options)
    if (node !== undefined) this.#outlet.tell({ kind: 'node', node })
  }

  get self(): NodeSelf {
    const { network, signers } = this.#constants
    return {
      network,
      role: this.#role(),
      address: this.#own,
      constants: agreedConstants(this.#constants),
      signers: signers.open ? undefined : signers.entries,
    }
  }

  readiness(): readonly string[] {
    return this.#components.readinessFaults().map(({ sentence }) => sentence)
  }

  statements(): readonly PendingStatement[] {
    const { node } = this.#components
    const ids = [...node.engine.pool.heldIds()]
    return ids
      .flatMap((id) => this.#pending(id) ?? [])
      .filter(({ phase }) => phase !== 'committed' && phase !== 'disputed' && phase !== 'expired')
      .toSorted((a, b) => b.statement.observedAt - a.statement.observedAt)
  }

  why(id: StatementId): StatementStory {
    return storyOf(this.#storyComponents(), id)
  }

  whyRound(round: Round): RoundStory {
    return storyOfRound(
      {
        book: this.#rounds,
        why: (id) => this.why(id),
        clock: this.#components.clock,
        constants: this.#constants,
        own: this.#own,
        startedAtMs: this.#startedAt,
      },
      round,
    )
  }

  peers(): NodePeers {
    const { peers, node } = this.#components
    return {
      peerId: peers.peerId,
      addresses: peers.addresses(),
      peers: peers.peers().map((peer) => {
        const signer = node.directory.voucherOf(peer.peerId)
        return Object.assign({ signer, isBootstrap: isBootstrapAgent(peer.agent) }, peer)
      }),
    }
  }

  nodes(): readonly SeenNode[] {
    return this.#nodes.nodes()
  }

  clockOffsetMs(): number | undefined {
    return this.#components.node.clockOffsetMs()
  }

  subscribe(listener: Parameters<NodeView['subscribe']>[0]): () => void {
    return this.#outlet.subscribe(listener)
  }

  #storyComponents(): StoryComponents {
    const { node, clock } = this.#components
    return {
      pool: node.engine.pool,
      book: this.#stories,
      watch: this.#watch,
      nodes: this.#nodes,
      clock,
      constants: this.#constants,
      own: this.#own,
      tableFault: () => node.tableFault(),
    }
  }

  #roundNow(): Round {
    return roundAt(this.#components.clock.now().wallMs, this.#constants.intervalMs)
  }

  #role(): NodeRole {
    return this.#constants.signers.allows(this.#own, this.#roundNow()) ? 'signer' : 'observer'
  }

  #self(): OwnNode {
    const { peers, node } = this.#components
    return {
      ...node.report(),
      signer: this.#own,
      peerId: peers.peerId,
      agent: AGENT_VERSION,
      listed: this.#role() === 'signer',
    }
  }

  #pending(id: StatementId): PendingStatement | undefined {
    const { node, clock } = this.#components
    const held = node.engine.pool.heldOf(id, clock.now())
    return held && pendingStatement({ watch: this.#watch, constants: this.#constants }, held)
  }

  #take(news: StatementNews): void {
    this.#components.onNews(news)
    switch (news.kind) {
      case 'new': {
        this.#rounds.came(news.round, news.id)
        const pending = this.#pending(news.id)
        if (pending === undefined) break
        const { proposer, pair } = pending.statement
        if (proposer === this.#own) this.#rounds.proposed(news.round, pair)
        this.#outlet.tell({ kind: 'statement', statement: pending })
        break
      }
      case 'signature':
        this.#outlet.tell(news)
        break
      case 'refusal': {
        const statement = this.#components.node.engine.pool.attestationOf(news.id)?.statement
        if (statement === undefined) break
        const refusal = heldRefusal(news.signed, statement)
        this.#stories.said(news.id, refusal)
        this.#outlet.tell({ kind: 'refusal', id: news.id, ...refusal })
        break
      }
      case 'moved':
        this.#moved(news)
        break
      case 'late':
        this.#stories.said(news.id, lateSigner(news.signer, news.atMs))
        break
    }
  }

  #moved({ id, to, attestation, refusals }: Extract<StatementNews, { kind: 'moved' }>): void {
    const parts = { watch: this.#watch, constants: this.#constants }
    // What has ended is not held any more, or only as a tombstone.
    const pending = this.#pending(id) ?? pendingStatement(parts, { ...attestation, phase: to, refusals })
    this.#outlet.tell({ kind: 'statement', statement: { ...pending, phase: to } })
    keepEnd(this.#storyComponents(), { to, attestation, refusals })
  }
}
