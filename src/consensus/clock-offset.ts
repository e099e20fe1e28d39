import type { Address } from '../core/address.ts'
import type { Clock, Instant } from '../core/clock.ts'
import type { SignerSet } from '../core/signer-set.ts'
import { roundAt } from '../core/statement.ts'
import type { SignedStatus } from '../core/status.ts'

/** One alone cannot say whose clock is wrong. */
const FEWEST_SAMPLES = 2
/** What says another time than this is an old recording, unless too few say a time near ours, milliseconds. */
const NEAR_MS = 600_000

export interface ClockOffsetOptions {
  /** The signer of this node, if it has one: its own statuses are no second opinion. */
  readonly own: Address | undefined
  readonly signers: SignerSet
  readonly minimumSigners: number
  readonly intervalMs: number
  /** How long what a signer said counts, milliseconds. */
  readonly lifetimeMs: () => number
}

/** How far the wall clock of this machine is from that of the others. */
export interface Offset {
  /** Milliseconds; above 0 when this machine is ahead. */
  readonly ms: number
  /** Signers by whose clocks it is measured. */
  readonly signers: number
}

interface Sample {
  readonly sequence: number
  /** The signer's wall clock less our monotonic one: it stays what it is when our own wall clock is set. */
  readonly wallLessMonoMs: number
  readonly heardAtMs: number
}

/** How far the clocks of the others are ahead of this machine's, milliseconds: so it is reported and shown. */
export function othersAheadMs({ ms }: Offset): number {
  return 0 - ms
}

/**
 * Compares the wall clock of this machine with the newest status of every other allowed signer. A status has been on
 * its way for some time, so each makes the others look late by that: some tens of milliseconds as a rule, a second or
 * two at most. In an open network, where anybody can make signers, it says nothing.
 */
export class ClockOffset {
  readonly #clock: Clock
  readonly #options: ClockOffsetOptions
  /** Never forgotten, and so no more than there are signers: an older recording must not count once it is too old. */
  readonly #samples = new Map<Address, Sample>()

  constructor({ clock }: { readonly clock: Clock }, options: ClockOffsetOptions) {
    this.#clock = clock
    this.#options = options
  }

  /**
   * @param signed - a status of an allowed signer whose signature was checked
   * @param at - when it arrived
   * @returns whether it is the newest of its signer
   */
  take({ signer, status }: Pick<SignedStatus, 'signer' | 'status'>, at: Instant): boolean {
    const { own, signers } = this.#options
    if (signers.open || signer === own) return false
    const { sequence, sentAt } = status
    const known = this.#samples.get(signer)
    if (known !== undefined && known.sequence >= sequence) return false
    this.#samples.set(signer, { sequence, wallLessMonoMs: sentAt - at.monoMs, heardAtMs: at.monoMs })
    return true
  }

  /** How far this machine's clock is off now; undefined while too few others are heard. */
  offset(): Offset | undefined {
    const aheads = this.#aheads()
    const { minimumSigners } = this.#options
    // With a quorum's worth of others near, whoever is far away is no reason to doubt the clock.
    const near = aheads.filter((ms) => Math.abs(ms) <= NEAR_MS)
    const counting = near.length >= Math.max(1, minimumSigners - 1) ? near : aheads
    if (counting.length < this.#needed()) return undefined
    return { ms: medianWithOwn(counting), signers: counting.length }
  }

  /** How far ahead this machine is of each signer that was heard of late, milliseconds. */
  #aheads(): number[] {
    const { wallMs, monoMs } = this.#clock.now()
    const oldestMs = monoMs - this.#options.lifetimeMs()
    const fresh = [...this.#samples.values()].filter(({ heardAtMs }) => heardAtMs >= oldestMs)
    return fresh.map(({ wallLessMonoMs }) => wallMs - monoMs - wallLessMonoMs)
  }

  /** As many as make a quorum, or all others in a network that has no more, but never one alone. */
  #needed(): number {
    const { own, signers, minimumSigners, intervalMs } = this.#options
    const round = roundAt(this.#clock.now().wallMs, intervalMs)
    const others = signers.sizeAt(round) - (own !== undefined && signers.allows(own, round) ? 1 : 0)
    return Math.max(FEWEST_SAMPLES, Math.min(minimumSigners, others))
  }
}

/** Our own clock, which is off by 0, makes an even number odd: it takes more than half of the others to contradict it. */
function medianWithOwn(aheads: readonly number[]): number {
  const sorted = (aheads.length % 2 === 0 ? [...aheads, 0] : [...aheads]).toSorted((a, b) => a - b)
  return sorted[(sorted.length - 1) / 2] ?? 0
}
