import type {
  NodePeers,
  NodeRole,
  NodeSelf,
  NodeView,
  PendingStatement,
  SeenNode,
  StatementStory,
} from '../api/node-view.ts'
import type { EngineEffect, EngineEvent } from '../consensus/effects.ts'
import type { Address } from '../core/address.ts'
import { agreedConstants } from '../core/agreed-constants.ts'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { NetworkConstants } from '../core/network.ts'
import { type StatementId, roundAt } from '../core/statement.ts'
import type { SignedStatus } from '../core/status.ts'
import type { PeerList } from '../gossip/peer-list.ts'
import { AGENT_VERSION } from '../version.ts'
import type { AssembledNode } from './assemble.ts'
import { EventOutlet } from './event-outlet.ts'
import type { NodeListener } from './node-listener.ts'
import { heldRefusal, pendingStatement } from './pending-statement.ts'
import { type OwnNode, SeenNodes } from './seen-nodes.ts'
import { StateWatch } from './state-watch.ts'
import { storyOf } from './statement-story.ts'
import { type StatementNews, StatementWatch } from './statement-watch.ts'

export interface NodeViewComponents {
  readonly node: AssembledNode
  readonly peers: PeerList
  readonly clock: Clock
  readonly logger: Logger
  readonly readiness: () => readonly string[]
  /** Told too what becomes of statements. */
  readonly onNews: (news: StatementNews) => void
}

/** What a gossip node shows of itself; it listens to the node, and nothing in the node depends on it. */
export class GossipNodeView implements NodeView, NodeListener {
  readonly #components: NodeViewComponents
  readonly #constants: NetworkConstants
  readonly #own: Address
  readonly #outlet: EventOutlet
  readonly #watch: StatementWatch
  readonly #nodes: SeenNodes
  readonly #states: StateWatch
  #unwatchPeers: (() => void) | undefined

  constructor(components: NodeViewComponents, constants: NetworkConstants) {
    const { node, clock } = components
    this.#components = components
    this.#constants = constants
    this.#own = node.signer.address
    this.#outlet = new EventOutlet(components)
    this.#watch = new StatementWatch({ engine: node.engine, clock }, (news) => this.#take(news))
    this.#nodes = new SeenNodes({ directory: node.directory, clock, pace: constants }, () => this.#self())
    this.#states = new StateWatch({
      clock,
      readiness: components.readiness,
      nodes: () => this.nodes(),
      tell: (event) => this.#outlet.tell(event),
    })
  }

  /** Listens to the node, from before it begins. */
  start(): void {
    const { node, peers } = this.#components
    node.listen(this)
    this.#unwatchPeers = peers.watch((peerId, up) => this.#outlet.tell({ kind: 'peer', peerId, up }))
    this.#states.start()
  }

  stop(): void {
    this.#unwatchPeers?.()
    this.#states.stop()
  }

  handled(event: EngineEvent, effects: readonly EngineEffect[]): void {
    this.#watch.handled(event, effects)
  }

  heard(signed: SignedStatus, options: { readonly listed: boolean }): void {
    const node = this.#nodes.heard(signed, options)
    if (node !== undefined) this.#outlet.tell({ kind: 'node', node })
  }

  get self(): NodeSelf {
    const { network } = this.#constants
    return { network, role: this.#role(), address: this.#own, constants: agreedConstants(this.#constants) }
  }

  readiness(): readonly string[] {
    return this.#components.readiness()
  }

  statements(): readonly PendingStatement[] {
    const { node } = this.#components
    const ids = [...node.engine.heldIds()]
    return ids
      .flatMap((id) => this.#pending(id) ?? [])
      .filter(({ phase }) => phase !== 'committed' && phase !== 'disputed' && phase !== 'expired')
      .toSorted((a, b) => b.statement.observedAt - a.statement.observedAt)
  }

  why(id: StatementId): StatementStory {
    const { node, clock } = this.#components
    return storyOf(
      {
        engine: node.engine,
        watch: this.#watch,
        nodes: this.#nodes,
        clock,
        constants: this.#constants,
        own: this.#own,
        tableFault: () => node.tableFault(),
      },
      id,
    )
  }

  peers(): NodePeers {
    const { peers, node } = this.#components
    return {
      peerId: peers.peerId,
      addresses: peers.addresses(),
      peers: peers.peers().map((peer) => Object.assign({ signer: node.directory.voucherOf(peer.peerId) }, peer)),
    }
  }

  nodes(): readonly SeenNode[] {
    return this.#nodes.nodes()
  }

  clockOffsetMs(): number | undefined {
    // The node says how far it is ahead of the others, the API how far the others are ahead of it.
    const aheadMs = this.#components.node.clockOffsetMs()
    return aheadMs === undefined ? undefined : -aheadMs
  }

  subscribe(listener: Parameters<NodeView['subscribe']>[0]): () => void {
    return this.#outlet.subscribe(listener)
  }

  #role(): NodeRole {
    const { clock } = this.#components
    const { signers, intervalMs } = this.#constants
    return signers.allows(this.#own, roundAt(clock.now().wallMs, intervalMs)) ? 'signer' : 'observer'
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
    const held = node.engine.heldOf(id, clock.now())
    return held && pendingStatement({ watch: this.#watch, constants: this.#constants }, held)
  }

  #take(news: StatementNews): void {
    this.#components.onNews(news)
    switch (news.kind) {
      case 'new': {
        const statement = this.#pending(news.id)
        if (statement !== undefined) this.#outlet.tell({ kind: 'statement', statement })
        break
      }
      case 'signature':
        this.#outlet.tell(news)
        break
      case 'refusal': {
        const statement = this.#components.node.engine.attestationOf(news.id)?.statement
        if (statement !== undefined) {
          this.#outlet.tell({ kind: 'refusal', id: news.id, ...heldRefusal(news.signed, statement) })
        }
        break
      }
      case 'moved':
        this.#moved(news)
        break
      case 'late':
        break
    }
  }

  #moved({ id, to, attestation, refusals }: Extract<StatementNews, { kind: 'moved' }>): void {
    const { clock } = this.#components
    const parts = { watch: this.#watch, constants: this.#constants }
    // What has ended is not held any more, or only as a tombstone.
    const statement = this.#pending(id) ?? pendingStatement(parts, { ...attestation, phase: to, refusals })
    this.#outlet.tell({ kind: 'statement', statement: { ...statement, phase: to } })
    if (to !== 'committed') return
    const { wallMs } = clock.now()
    const times = [...attestation.signatures.keys()].map((signer) => this.#watch.signedAtMs(id, signer) ?? 0)
    // The row itself is not read again: it is about so old, and holds these signatures, or those of who wrote it.
    const lastSignedAtMs = Math.max(...times) || wallMs
    this.#outlet.tell({ kind: 'price', price: { attestation, lastSignedAtMs, createdAtMs: wallMs, disputed: false } })
  }
}
