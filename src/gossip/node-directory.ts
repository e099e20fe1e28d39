import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { equalBytes } from '../core/hex.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { SignedStatus } from '../core/status.ts'
import type { IgnoreCode } from '../core/verdict.ts'

/** Statuses come this often, milliseconds, and less often the more nodes there are: so is their sum bounded. */
export const STATUS_INTERVAL_MS = 15_000
export const STATUS_INTERVAL_PER_NODE_MS = 300
/** Without a status for so many intervals a node counts as gone. */
const INTERVALS_UNTIL_GONE = 3
/** Signers whose statuses are kept in an open network, where anybody can make as many as he likes. */
const OPEN_LIMIT = 64
/** Neighbours whose status is kept although their signer is not allowed. */
const UNLISTED_LIMIT = 64
/** The same where no signer is known to be allowed, and neighbours are all there is: more than can be connected. */
const NEIGHBOURS_LIMIT = 256
/** Peer ids remembered of one signer after it has gone, and signers of whom any are. */
const REMEMBERED_OF_ONE = 4
const REMEMBERED_LIMIT = 1_024

/** A node as its statuses show it. */
export interface KnownNode extends SignedStatus {
  /** Whether its signer is in the signer set. */
  readonly listed: boolean
  /** When its status was heard, on the monotonic clock. */
  readonly heardAtMs: number
}

export interface NodeDirectoryOptions {
  /** Whether anybody may sign. */
  readonly open: boolean
  /**
   * Where it is not known who may sign: whether a peer is connected. Every neighbour then has a place, for which who has
   * left makes room, and all of them say how many nodes there are.
   */
  readonly isNeighbour?: ((peerId: string) => boolean) | undefined
}

/**
 * Who is there: the latest status of every signer, until it is too old. A status of an allowed signer vouches for the
 * peer id that it names, and for one only: peer ids are free, signers are not.
 */
export class NodeDirectory {
  readonly #clock: Clock
  readonly #options: NodeDirectoryOptions
  /** In the order in which they were heard. */
  readonly #nodes = new Map<Address, KnownNode>()
  #listed = 0
  /** Which signers name a peer id. */
  readonly #vouching = new Map<string, Set<Address>>()
  readonly #remembered = new RecentMap<Address, readonly string[]>({ limit: REMEMBERED_LIMIT })

  constructor({ clock }: { readonly clock: Clock }, options: NodeDirectoryOptions) {
    this.#clock = clock
    this.#options = options
  }

  /** Whether this very status is held; asked before its signer is known. */
  isHeld({ status, signature }: Pick<SignedStatus, 'status' | 'signature'>): boolean {
    for (const signer of this.#vouching.get(status.peerId) ?? []) {
      const known = this.#nodes.get(signer)
      if (known !== undefined && known.status.sequence === status.sequence && equalBytes(known.signature, signature)) {
        return true
      }
    }
    return false
  }

  /** Takes a status, or says why not. */
  take(signed: SignedStatus, { listed }: { readonly listed: boolean }): IgnoreCode | undefined {
    this.#expire()
    const { signer, status } = signed
    const { monoMs } = this.#clock.now()
    // Keys cost nothing: an unlisted neighbour has one place, whatever it signs with.
    const known = this.#nodes.get(signer) ?? (listed ? undefined : this.#unlistedOf(status.peerId))
    if (known === undefined) {
      if (this.#isFull(listed) && !this.#makeRoom()) return 'overload'
    } else {
      const ahead = known.status.sequence - status.sequence
      // Numbers of another key, as an unlisted neighbour may have used before, say nothing.
      if (known.signer === signer && ahead >= 0) return ahead === 0 ? 'known' : 'old-status'
      if (this.#isTooSoon(known)) return 'too-soon'
      this.#forget(known, { vouches: listed && known.status.peerId === status.peerId })
    }
    const node = { ...signed, listed, heardAtMs: monoMs }
    this.#nodes.set(signer, node)
    if (listed) this.#listed += 1
    if (listed) this.#vouch(node)
    return undefined
  }

  /** The allowed signer whose fresh status names this peer id; of several the one that has done so for longest. */
  voucherOf(peerId: string): Address | undefined {
    return this.vouchersOf(peerId)[0]
  }

  /** All allowed signers whose fresh status names this peer id: any signer may name the peer of another. */
  vouchersOf(peerId: string): readonly Address[] {
    this.#expire()
    return [...(this.#vouching.get(peerId) ?? [])]
  }

  /** Whether a signer named this peer id since this node started, and not many others since. */
  wasVouched(peerId: string): boolean {
    for (const peers of this.#remembered.values()) if (peers.includes(peerId)) return true
    return false
  }

  /** Everybody whose status is fresh. */
  nodes(): readonly KnownNode[] {
    this.#expire()
    return [...this.#nodes.values()]
  }

  /** How often a node of this network says how it is, milliseconds: by the signers that are there, whom all know. */
  intervalMs(): number {
    const nodes = this.#count({ listed: this.#options.isNeighbour === undefined })
    return Math.max(STATUS_INTERVAL_MS, STATUS_INTERVAL_PER_NODE_MS * nodes)
  }

  /** Without a status for so long a node counts as gone, milliseconds. */
  goneAfterMs(): number {
    return INTERVALS_UNTIL_GONE * this.intervalMs()
  }

  /** In an open network who is there keeps his place: newcomers are free to make. */
  #isFull(listed: boolean): boolean {
    const { open, isNeighbour } = this.#options
    if (listed) return open && this.#count({ listed }) >= OPEN_LIMIT
    return this.#count({ listed }) >= (isNeighbour === undefined ? UNLISTED_LIMIT : NEIGHBOURS_LIMIT)
  }

  /** Takes a place from somebody who has left, where only neighbours count. */
  #makeRoom(): boolean {
    const { isNeighbour } = this.#options
    if (isNeighbour === undefined) return false
    const left = [...this.#nodes.values()].find(({ status }) => !isNeighbour(status.peerId))
    if (left !== undefined) this.#forget(left)
    return left !== undefined
  }

  #count({ listed }: { readonly listed: boolean }): number {
    return listed ? this.#listed : this.#nodes.size - this.#listed
  }

  #unlistedOf(peerId: string): KnownNode | undefined {
    for (const node of this.#nodes.values()) if (!node.listed && node.status.peerId === peerId) return node
    return undefined
  }

  #isTooSoon({ heardAtMs }: KnownNode): boolean {
    return this.#clock.now().monoMs - heardAtMs < this.intervalMs() / 2
  }

  #vouch({ signer, status: { peerId } }: KnownNode): void {
    const signers = this.#vouching.get(peerId) ?? new Set()
    this.#vouching.set(peerId, signers.add(signer))
    const earlier = this.#remembered.get(signer) ?? []
    this.#remembered.set(signer, [peerId, ...earlier.filter((each) => each !== peerId)].slice(0, REMEMBERED_OF_ONE))
  }

  /** @param options - `vouches`: whether its signer goes on vouching for its peer, before those who began later */
  #forget({ signer, listed, status: { peerId } }: KnownNode, { vouches } = { vouches: false }): void {
    this.#nodes.delete(signer)
    if (listed) this.#listed -= 1
    if (vouches) return
    const signers = this.#vouching.get(peerId)
    signers?.delete(signer)
    if (signers?.size === 0) this.#vouching.delete(peerId)
  }

  #expire(): void {
    const oldestMs = this.#clock.now().monoMs - this.goneAfterMs()
    for (const node of this.#nodes.values()) {
      if (node.heardAtMs >= oldestMs) return
      this.#forget(node)
    }
  }
}
