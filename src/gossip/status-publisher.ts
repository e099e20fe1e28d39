import type { NoticeSigner } from '../consensus/notice-signer.ts'
import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { NodeReport, NodeStatus } from '../core/status.ts'
import type { Topic } from './topic.ts'
import { encodeStatusMessage } from './status-wire.ts'

/** Intervals differ by up to this part, so that nodes that started together do not speak together for ever. */
const JITTER = 0.1
/** While nobody hears it, milliseconds. */
const AGAIN_MS = 1_000
/** A newcomer is told after this part of the interval; others take no second status within half of it. */
const EARLIEST_PART = 0.6

export interface StatusPublisherComponents {
  readonly topic: Pick<Topic, 'publish' | 'onPeer'>
  readonly noticeSigner: Pick<NoticeSigner, 'signStatus'>
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly logger: Logger
  /** How long between two statuses now, milliseconds. */
  readonly intervalMs: () => number
  /** How this node is at this moment. */
  readonly report: () => NodeReport
}

/** What a node says of itself in every status. */
export type StatusBasis = Omit<NodeStatus, 'sequence' | 'sentAt' | 'report'>

/** Says what this node is, every now and then, and soon when somebody new listens. */
export class StatusPublisher {
  readonly #components: StatusPublisherComponents
  readonly #own: StatusBasis
  #sequence = 0
  #lastSentMs = Number.NEGATIVE_INFINITY
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined
  #unwatch: (() => void) | undefined

  constructor(components: StatusPublisherComponents, own: StatusBasis) {
    this.#components = components
    this.#own = own
  }

  /** Begins to speak as soon as anybody listens. */
  start(): void {
    this.#unwatch ??= this.#components.topic.onPeer(() => this.#hurry())
    this.#hurry()
  }

  stop(): void {
    this.#unwatch?.()
    this.#unwatch = undefined
    this.#cancel?.()
    this.#cancel = undefined
    this.#dueMs = Number.POSITIVE_INFINITY
  }

  #hurry(): void {
    const earliestMs = this.#lastSentMs + this.#components.intervalMs() * EARLIEST_PART
    this.#schedule(Math.max(this.#components.clock.now().monoMs, earliestMs))
  }

  #schedule(atMs: number): void {
    if (atMs >= this.#dueMs) return
    const { clock } = this.#components
    this.#cancel?.()
    this.#dueMs = atMs
    this.#cancel = clock.after(Math.max(0, atMs - clock.now().monoMs), () => void this.#send())
  }

  async #send(): Promise<void> {
    const { topic, noticeSigner, clock, random, counters, logger, intervalMs, report } = this.#components
    const { wallMs, monoMs } = clock.now()
    const sentAt = Math.floor(wallMs)
    // Grows over restarts too, as long as the clock does.
    this.#sequence = Math.max(this.#sequence + 1, sentAt)
    this.#dueMs = Number.POSITIVE_INFINITY
    const lastSentMs = this.#lastSentMs
    // Noted before it is sent, or a newcomer in that moment would be told twice.
    this.#lastSentMs = monoMs
    let recipients = 0
    try {
      const status = { ...this.#own, sequence: this.#sequence, sentAt, report: report() }
      recipients = await topic.publish(encodeStatusMessage(noticeSigner.signStatus(status)))
      counters.add('gp_statuses_published_total')
    } catch (error) {
      logger.warn('a status could not be published; the next one follows', { error })
    }
    if (recipients === 0) this.#lastSentMs = lastSentMs
    if (this.#unwatch === undefined) return
    this.#schedule(monoMs + (recipients > 0 ? intervalMs() * (1 + JITTER * (2 * random() - 1)) : AGAIN_MS))
  }
}
