import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { type Verdict, ignore, reject } from '../core/verdict.ts'
import { FairQueue } from './fair-queue.ts'
import type { PeerStanding, Sender } from './peer-standing.ts'
import { MalformedMessageError } from './wire.ts'

/** Messages of a topic that wait for their turn: in all, and of one peer, or of all peers whom nobody vouches for. */
export const QUEUE_LIMIT = 256
export const LANE_LIMIT = 64

/** Says what becomes of a message of one topic. What counts in it has been delivered by then. */
export interface Judge {
  /** A message of the topic is at most this long, bytes. */
  readonly bytesLimit: number
  /** @throws {MalformedMessageError} when the bytes are no message of the topic */
  judge(data: Uint8Array, sender: Sender): Verdict | Promise<Verdict>
}

export interface InboxComponents {
  readonly judge: Judge
  readonly standing: PeerStanding
  readonly counters: Counters
  readonly logger: Logger
}

export interface InboxOptions {
  /** A metric label. */
  readonly topic: string
  /**
   * Whether peers for whom nobody vouches share a lane, and buckets beside their own. They do, but where they say who
   * they are: a crowd of strangers must not keep a newcomer from being known.
   *
   * @default true
   */
  readonly together?: boolean
}

interface Waiting {
  readonly data: Uint8Array
  readonly from: string
  readonly resolve: (verdict: Verdict) => void
}

/**
 * Takes in the messages of one topic: what is too long or too much goes at once, the rest is judged one message at a
 * time, peers in turn. It never throws.
 */
export class Inbox {
  readonly #components: InboxComponents
  readonly #topic: string
  readonly #together: boolean
  readonly #queue: FairQueue<Waiting>
  #working = false

  constructor(components: InboxComponents, { topic, together = true }: InboxOptions) {
    this.#components = components
    this.#topic = topic
    this.#together = together
    this.#queue = new FairQueue({ total: QUEUE_LIMIT, lane: LANE_LIMIT }, ({ resolve }) => resolve(ignore('overload')))
  }

  /** The verdict over one message that the peer `from` sent. */
  async receive(data: Uint8Array, from: string): Promise<Verdict> {
    const { counters, standing } = this.#components
    const verdict = await this.#queued(data, from)
    const code = verdict.kind === 'accept' ? 'new' : verdict.code
    counters.add('gp_messages_received_total', { topic: this.#topic, verdict: verdict.kind, code })
    if (verdict.kind === 'reject') standing.blame(from, verdict)
    return verdict
  }

  #queued(data: Uint8Array, from: string): Verdict | Promise<Verdict> {
    const { judge, standing } = this.#components
    if (data.length > judge.bytesLimit) return reject('oversize')
    if (!standing.admitsMessage(from, { bytes: data.length, together: this.#together })) return ignore('flood')
    return new Promise((resolve) => {
      const message = { data, from, resolve }
      if (this.#working) this.#queue.push(this.#together ? standing.laneOf(from) : from, message)
      else void this.#work(message)
    })
  }

  /** Judges one message, and then those that came meanwhile. */
  async #work(first: Waiting): Promise<void> {
    this.#working = true
    for (let next: Waiting | undefined = first; next !== undefined; next = this.#queue.shift()) {
      next.resolve(await this.#judge(next))
    }
    this.#working = false
  }

  /** A mistake of ours is no reason to think less of a peer. */
  async #judge({ data, from }: Waiting): Promise<Verdict> {
    const { judge, standing, logger } = this.#components
    try {
      if (standing.isExpelled(from)) return ignore('flood')
      return await judge.judge(data, standing.senderOf(from))
    } catch (error) {
      if (error instanceof MalformedMessageError) return reject('malformed')
      logger.error('a message could not be judged; please report this', { error })
      return ignore('internal-error')
    }
  }
}
