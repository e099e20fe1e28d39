import type { SeenNode } from '../api/node-view.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { SignedStatus } from '../core/status.ts'
import type { KnownNode, NodeDirectory } from '../gossip/node-directory.ts'

/** What this node knows of itself. */
export type OwnNode = Omit<SeenNode, 'heardAgoMs' | 'sentAtMs' | 'state'>

/** Signers that are remembered when they have gone, and for how long, milliseconds. */
const GONE_LIMIT = 256
const GONE_MS = 24 * 3_600_000
/** A status may be late by half an interval; by more, it was missed. */
const BEHIND_INTERVALS = 1.5

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
}

/** Who is there, and who was not long ago. */
export class SeenNodes {
  readonly #directory: NodeDirectory
  readonly #clock: Clock
  readonly #keyOf: (signed: SignedStatus) => string
  readonly #own: () => OwnNode | undefined
  readonly #last = new RecentMap<string, LastHeard>({ limit: GONE_LIMIT })

  /** @param own - this node; undefined when it sends no status */
  constructor({ directory, clock, keyOf }: SeenNodesComponents, own: () => OwnNode | undefined) {
    this.#directory = directory
    this.#clock = clock
    this.#keyOf = keyOf ?? (({ signer }) => signer)
    this.#own = own
  }

  /** @returns the node, unless the status is of this very one */
  heard({ signer, status, signature }: SignedStatus, { listed }: { readonly listed: boolean }): SeenNode | undefined {
    if (signer === this.#own()?.signer) return undefined
    const { monoMs, wallMs } = this.#clock.now()
    const node = { signer, status, signature, listed, heardAtMs: monoMs }
    if (listed) this.#last.set(this.#keyOf(node), { node, wallMs })
    return this.#show(node)
  }

  /** When a signer was heard last, on the wall clock; undefined when it was not since this node started. */
  lastHeardMs(signer: Address): number | undefined {
    return this.#last.get(signer)?.wallMs
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
    const others = [...there, ...once.values()].map((node) => this.#show(node))
    const sorted = others.toSorted((a, b) => (a.signer < b.signer ? -1 : 1))
    return own === undefined
      ? sorted
      : [{ ...own, heardAgoMs: 0, sentAtMs: this.#clock.now().wallMs, state: 'here' }, ...sorted]
  }

  #show({ signer, status, listed, heardAtMs }: KnownNode): SeenNode {
    const heardAgoMs = this.#clock.now().monoMs - heardAtMs
    const intervalMs = this.#directory.intervalMs()
    const isGone = heardAgoMs > this.#directory.goneAfterMs()
    return {
      signer,
      peerId: status.peerId,
      agent: status.agent,
      listed,
      heardAgoMs,
      sentAtMs: status.sentAt,
      uptimeMs: undefined,
      peers: undefined,
      clockOffsetMs: undefined,
      received: undefined,
      outbox: undefined,
      lastCommittedAtMs: undefined,
      historyRoot: undefined,
      state: isGone ? 'gone' : heardAgoMs > BEHIND_INTERVALS * intervalMs ? 'behind' : 'here',
    }
  }
}
