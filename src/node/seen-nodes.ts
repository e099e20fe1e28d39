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

/** Who is there, and who was not long ago. */
export class SeenNodes {
  readonly #directory: NodeDirectory
  readonly #clock: Clock
  readonly #own: () => OwnNode
  readonly #last = new RecentMap<Address, LastHeard>({ limit: GONE_LIMIT })

  constructor({ directory, clock }: { readonly directory: NodeDirectory; readonly clock: Clock }, own: () => OwnNode) {
    this.#directory = directory
    this.#clock = clock
    this.#own = own
  }

  /** @returns the node, unless the status is of this very one */
  heard({ signer, status, signature }: SignedStatus, { listed }: { readonly listed: boolean }): SeenNode | undefined {
    if (signer === this.#own().signer) return undefined
    const { monoMs, wallMs } = this.#clock.now()
    const node = { signer, status, signature, listed, heardAtMs: monoMs }
    if (listed) this.#last.set(signer, { node, wallMs })
    return this.#show(node)
  }

  /** When a signer was heard last, on the wall clock; undefined when it was not since this node started. */
  lastHeardMs(signer: Address): number | undefined {
    return this.#last.get(signer)?.wallMs
  }

  isThere(signer: Address): boolean {
    return this.#directory.nodes().some((node) => node.signer === signer)
  }

  /** This node first, then everybody in order of signers. */
  nodes(): readonly SeenNode[] {
    const own = this.#own()
    const there = this.#directory.nodes().filter(({ signer }) => signer !== own.signer)
    const signers = new Set(there.map(({ signer }) => signer))
    const oldestMs = this.#clock.now().monoMs - GONE_MS
    const gone = [...this.#last.values()]
      .map(({ node }) => node)
      .filter(({ signer, heardAtMs }) => !signers.has(signer) && heardAtMs >= oldestMs)
    const others = [...there, ...gone].map((node) => this.#show(node))
    const self: SeenNode = { ...own, heardAgoMs: 0, sentAtMs: this.#clock.now().wallMs, state: 'here' }
    return [self, ...others.toSorted((a, b) => (a.signer < b.signer ? -1 : 1))]
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
