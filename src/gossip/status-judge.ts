import type { Address } from '../core/address.ts'
import type { Clock, Instant } from '../core/clock.ts'
import type { Hex } from '../core/hex.ts'
import { type Round, roundAt } from '../core/statement.ts'
import type { NodeStatus, SignedStatus } from '../core/status.ts'
import { createStatusDigest } from '../core/typed-data.ts'
import { type Verdict, accept, ignore, reject } from '../core/verdict.ts'
import type { Judge } from './inbox.ts'
import type { NodeDirectory } from './node-directory.ts'
import type { Sender } from './peer-standing.ts'
import type { Recoverer } from './recoverer.ts'
import { type ShapedStatus, readStatus } from './status-shape.ts'
import { STATUS_BYTES_LIMIT } from './status-wire.ts'
import { TimeBudget, type VerificationBudget } from './verification-budget.ts'
import { WIRE_VERSION, versionOfMessage } from './wire.ts'

/** A status older than this, or this far ahead, is no news of anybody, milliseconds. */
export const STATUS_PAST_MS = 600_000
export const STATUS_AHEAD_MS = 600_000
/** Time for verifying such statuses all the same: they may be right, and the clock of this machine wrong. */
const CLOCK_TIME = { burstMs: 100, share: 0.02 }

export interface StatusRules {
  readonly network: string
  readonly intervalMs: number
  /**
   * Undefined where it is not known who may sign. Then a peer is believed of itself alone, since everybody can make
   * others up, and nothing is passed on.
   */
  readonly signers: { allows(signer: Address, round: Round): boolean } | undefined
}

export interface StatusJudgeComponents {
  readonly directory: Pick<NodeDirectory, 'isHeld' | 'take' | 'voucherOf'>
  readonly recoverer: Recoverer
  readonly clock: Clock
  readonly standing: {
    /** Time for the statuses that peers send of themselves before anybody vouches for them. */
    readonly introductions: VerificationBudget
    /** Whether a peer may introduce itself once more at that expense. */
    admitsIntroduction(peerId: string): boolean
  }
  /** Is told of every status whose signature was checked, by an allowed signer or a neighbour, be it news or not. */
  readonly onStatus: (signed: SignedStatus, options: { readonly listed: boolean }) => void
  /** Is told of those among them that are news: the directory has them now. */
  readonly onTaken: (signed: SignedStatus, options: { readonly listed: boolean }) => void
  /** Is told of every status by an allowed signer whose signature was checked, news or not, and when it arrived. */
  readonly onClock: (signed: SignedStatus, at: Instant) => void
  /** This node's own; undefined when it sends no status. */
  readonly self: { readonly instance: string | undefined }
  /** What a status is signed over. @default what `createStatusDigest` gives */
  readonly statusDigest?: ((status: NodeStatus) => Hex) | undefined
  /** @default `readStatus` */
  readonly readStatus?: typeof readStatus | undefined
}

/** Judges what nodes say of themselves. */
export class StatusJudge implements Judge {
  readonly bytesLimit = STATUS_BYTES_LIMIT
  readonly #components: StatusJudgeComponents
  readonly #rules: StatusRules
  readonly #digestOf: (status: NodeStatus) => Hex
  readonly #clockTime: TimeBudget

  constructor(components: StatusJudgeComponents, rules: StatusRules) {
    this.#components = components
    this.#rules = rules
    this.#digestOf = components.statusDigest ?? createStatusDigest()
    this.#clockTime = new TimeBudget(components, CLOCK_TIME)
  }

  async judge(data: Uint8Array, sender: Sender): Promise<Verdict> {
    const { directory, recoverer, clock, standing, onStatus, onTaken, onClock, self } = this.#components
    const at = clock.now()
    if (versionOfMessage(data) !== WIRE_VERSION) return ignore('version')
    const shaped = (this.#components.readStatus ?? readStatus)(data, this.#rules)
    if ('fault' in shaped) return reject(shaped.fault)

    const { status, signature } = shaped
    const { wallMs } = at
    const distance = distanceOf(status, wallMs)
    if (distance !== undefined) {
      await this.#readClock(shaped, at)
      return ignore(distance)
    }
    if (status.instance === self.instance) return ignore('known')
    if (directory.isHeld({ status, signature })) return ignore('known')

    const isOfSender = status.peerId === sender.peerId
    // Unjudged, or the sender's own copy of what another was quicker to pass on would be taken for a repeat of that.
    if (!isOfSender && this.#rules.signers === undefined) return ignore('budget')
    const isIntroduction =
      isOfSender &&
      directory.voucherOf(sender.peerId) === undefined &&
      standing.admitsIntroduction(sender.peerId) &&
      standing.introductions.hasTime()
    const signed = { id: this.#digestOf(status), signature }
    const recovered = await recoverer.recover(signed, isIntroduction ? standing.introductions : sender.budget)
    if ('fault' in recovered) {
      return recovered.fault === 'budget' ? ignore('budget') : reject(recovered.fault)
    }
    const { signer } = recovered
    const listed = this.#isListed(signer, wallMs)
    if (!listed && !isOfSender) {
      // No waste: while signers are added, who has their addresses already forwards what they say.
      recoverer.remember(signed, signer)
      return ignore('signer-not-allowed')
    }
    const checked = { status, signer, signature }
    onStatus(checked, { listed })
    if (listed) onClock(checked, at)
    const notTaken = directory.take(checked, { listed })
    if (notTaken !== undefined) return ignore(notTaken)
    onTaken(checked, { listed })
    return listed ? accept : ignore('signer-not-allowed')
  }

  /** Lets a status that is too old or too new say what time it is for its signer; it says nothing else, and once. */
  async #readClock({ status, signature }: ShapedStatus, at: Instant): Promise<void> {
    const { recoverer, onClock, self } = this.#components
    if (status.instance === self.instance || this.#rules.signers === undefined) return
    const signed = { id: this.#digestOf(status), signature }
    const recovered = await recoverer.recover(signed, this.#clockTime)
    if ('fault' in recovered) return
    const { signer } = recovered
    recoverer.remember(signed, signer)
    if (this.#isListed(signer, at.wallMs)) onClock({ status, signer, signature }, at)
  }

  /** Signers come and go with the rounds, and clocks differ. */
  #isListed(signer: Address, wallMs: number): boolean {
    const { signers, intervalMs } = this.#rules
    const round = roundAt(wallMs, intervalMs)
    return [round - 1, round, round + 1].some((near) => signers?.allows(signer, near as Round) === true)
  }
}

function distanceOf({ sentAt }: NodeStatus, wallMs: number): 'stale' | 'early' | undefined {
  if (sentAt < wallMs - STATUS_PAST_MS) return 'stale'
  return sentAt > wallMs + STATUS_AHEAD_MS ? 'early' : undefined
}
