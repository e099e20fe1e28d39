import type { SeenNode } from '../api/node-view.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { SignedStatus } from '../core/status.ts'
import type { KnownNode, NodeDirectory } from '../gossip/node-directory.ts'
import { type Committed, MISSED_INTERVALS, type Pace, frontOf, whyLate } from './lag.ts'

/** What this node knows of itself. */
export type OwnNode = Omit<SeenNode, 'heardAgoMs' | 'sentAtMs' | 'state' | 'behindBecause'>

/** Signers that are remembered when they have gone, and for how long, milliseconds. */
const GONE_LIMIT = 256
const GONE_MS = 24 * 3_600_000

/** When somebody was heard last. */
interface LastHeard {
  readonly node: KnownNode
  readonly wallMs: number
}

export interface SeenNodesComponents {
  readonly directory: NodeDirectory
  readonly clock: Clock
  /** By what a node is remembered when it has gone. @default its signer */
  readonly keyOf?: ((signed: SignedStatus) => string) | undefined
  /** Of the network, as this node knows it. @default what each node says of it */
  readonly pace?: Pace | undefined
}

/** Who is there, and who was not long ago. */
export class SeenNodes {
  readonly #directory: NodeDirectory
  readonly #clock: Clock
  readonly #keyOf: (signed: SignedStatus) => string
  readonly #pace: Pace | undefined
  readonly #own: () => OwnNode | undefined
  readonly #last = new RecentMap<string, LastHeard>({ limit: GONE_LIMIT })
  /** By peer id, on the wall clock, of connections to those who are remembered. */
  readonly #lostAtMs = new RecentMap<string, number | undefined>({ limit: GONE_LIMIT })

  /** @param own - this node; undefined when it sends no status */
  constructor({ directory, clock, keyOf, pace }: SeenNodesComponents, own: () => OwnNode | undefined) {
    this.#directory = directory
    this.#clock = clock
    this.#keyOf = keyOf ?? (({ signer }) => signer)
    this.#pace = pace
    this.#own = own
  }

  /** @returns the node, unless the status is of this very one */
  heard({ signer, status, signature }: SignedStatus, { listed }: { readonly listed: boolean }): SeenNode | undefined {
    const own = this.#own()
    if (signer === own?.signer) return undefined
    const { monoMs, wallMs } = this.#clock.now()
    const node = { signer, status, signature, listed, heardAtMs: monoMs }
    if (listed) this.#last.set(this.#keyOf(node), { node, wallMs })
    return this.#show(node, this.#front(own))
  }

  /** When a signer was heard last, on the wall clock; undefined when it was not since this node started. */
  lastHeardMs(signer: Address): number | undefined {
    return this.#last.get(signer)?.wallMs
  }

  /** Signers of which a status was heard in the last so many milliseconds. */
  heardWithin(ms: number): readonly Address[] {
    const sinceMs = this.#clock.now().monoMs - ms
    return [...this.#last.values()].flatMap(({ node }) => (node.heardAtMs >= sinceMs ? [node.signer] : []))
  }

  /** A connection of this node was made, or has ended. */
  connected(peerId: string, up: boolean): void {
    // Strangers can come and go as fast as they like, and would push out the others.
    if (!this.#isRemembered(peerId)) return
    this.#lostAtMs.set(peerId, up ? undefined : this.#clock.now().wallMs)
  }

  /** Since when a signer is neither connected to this node nor heard through others; undefined when it may be there. */
  lostSinceMs(signer: Address): number | undefined {
    const last = this.#last.get(signer)
    if (last === undefined) return undefined
    const lostAtMs = this.#lostAtMs.get(last.node.status.peerId)
    return lostAtMs === undefined || lostAtMs < last.wallMs ? undefined : lostAtMs
  }

  isThere(signer: Address): boolean {
    return this.#directory.nodes().some((node) => node.signer === signer)
  }

  /** This node first, if it is one of them, then everybody in order of signers. */
  nodes(): readonly SeenNode[] {
    const own = this.#own()
    const there = this.#directory.nodes().filter(({ signer }) => signer !== own?.signer)
    const keys = new Set(there.flatMap((node) => [node.signer, this.#keyOf(node)]))
    const oldestMs = this.#clock.now().monoMs - GONE_MS
    const gone = [...this.#last.values()]
      .map(({ node }) => node)
      .filter((node) => !keys.has(node.signer) && !keys.has(this.#keyOf(node)) && node.heardAtMs >= oldestMs)
    const once = new Map(gone.map((node) => [node.signer, node]))
    const frontMs = this.#front(own)
    const others = [...there, ...once.values()].map((node) => this.#show(node, frontMs))
    const sorted = others.toSorted((a, b) => (a.signer < b.signer ? -1 : 1))
    return own === undefined ? sorted : [this.#showOwn(own, frontMs), ...sorted]
  }

  #isRemembered(peerId: string): boolean {
    for (const { node } of this.#last.values()) if (node.status.peerId === peerId) return true
    return false
  }

  #front(own: OwnNode | undefined): number | undefined {
    const { wallMs } = this.#clock.now()
    const others = this.#directory.nodes().filter(({ signer }) => signer !== own?.signer)
    const listed = others.filter((node) => node.listed)
    // Keys that nobody lists cost nothing, so they have no say but where nobody is known to be listed.
    const saying = listed.length === 0 && own === undefined ? others : listed
    const committed = saying.map(committedBy)
    return frontOf(own === undefined ? committed : [...committed, this.#committedByOwn(own)], { wallMs })
  }

  #committedByOwn({ lastCommittedAtMs, uptimeMs = 0 }: OwnNode): Committed {
    return { lastCommittedAtMs, startedAtMs: this.#clock.now().wallMs - uptimeMs }
  }

  #showOwn(own: OwnNode, frontMs: number | undefined): SeenNode {
    const late = this.#whyLate(this.#committedByOwn(own), { frontMs, pace: this.#pace })
    return {
      ...own,
      heardAgoMs: 0,
      sentAtMs: this.#clock.now().wallMs,
      state: late === undefined ? 'here' : 'behind',
      behindBecause: late,
    }
  }

  #show(node: KnownNode, frontMs: number | undefined): SeenNode {
    const { signer, status, listed, heardAtMs } = node
    const { uptimeMs, peers, clockOffsetMs, received, outbox, lastCommittedAtMs, historyRoot } = status.report
    const heardAgoMs = this.#clock.now().monoMs - heardAtMs
    const isGone = heardAgoMs > this.#directory.goneAfterMs()
    const behindBecause = isGone ? undefined : this.#whyBehind(node, { heardAgoMs, frontMs })
    return {
      signer,
      peerId: status.peerId,
      agent: status.agent,
      listed,
      heardAgoMs,
      sentAtMs: status.sentAt,
      uptimeMs,
      peers,
      clockOffsetMs,
      received,
      outbox,
      lastCommittedAtMs,
      historyRoot,
      state: isGone ? 'gone' : behindBecause === undefined ? 'here' : 'behind',
      behindBecause,
    }
  }

  #whyBehind(
    node: KnownNode,
    { heardAgoMs, frontMs }: { readonly heardAgoMs: number; readonly frontMs: number | undefined },
  ): string | undefined {
    const statusIntervalMs = this.#directory.intervalMs()
    if (heardAgoMs > MISSED_INTERVALS * statusIntervalMs) {
      return `It was heard ${Math.round(heardAgoMs / 1_000)} s ago, and says how it is every ${statusIntervalMs / 1_000} s.`
    }
    return this.#whyLate(committedBy(node), { frontMs, pace: this.#pace ?? node.status.constants })
  }

  #whyLate(
    committed: Committed,
    { frontMs, pace }: { readonly frontMs: number | undefined; readonly pace: Pace | undefined },
  ): string | undefined {
    if (frontMs === undefined || pace === undefined) return undefined
    return whyLate(committed, { frontMs, pace, statusIntervalMs: this.#directory.intervalMs() })
  }
}

function committedBy({ status: { sentAt, report } }: KnownNode): Committed {
  return { lastCommittedAtMs: report.lastCommittedAtMs, startedAtMs: sentAt - report.uptimeMs }
}
