import type { Clock } from '../../core/clock.ts'
import { type BucketSetting, TokenBucket, TokenBuckets } from '../token-bucket.ts'

/** Peers whose buckets are kept at a time. */
const PEERS_LIMIT = 4_096
/** Questions of one peer, and bytes of the answers. Who takes over a long history asks up to 12.5 times a second. */
export const QUESTIONS_OF_ONE: BucketSetting = { capacity: 128, refillPerSecond: 16 }
export const BYTES_OF_ONE: BucketSetting = { capacity: 8 * 1024 * 1024, refillPerSecond: 1024 * 1024 }
/** The same of all peers together that nobody vouches for: a new peer id costs nothing. */
export const QUESTIONS_OF_STRANGERS: BucketSetting = { capacity: 128, refillPerSecond: 8 }
export const BYTES_OF_STRANGERS: BucketSetting = { capacity: 4 * 1024 * 1024, refillPerSecond: 512 * 1024 }
/** Questions that wait for the table at a time; a database has more to do than that. */
export const HISTORY_AT_ONCE = 4

export interface AnswerBudgetComponents {
  readonly clock: Clock
  /** The allowed signers whose status names this peer: its own, and whoever else says so. */
  readonly vouchersOf: (peerId: string) => readonly string[]
}

/**
 * What answering may cost. Every peer has a bucket, and beside it that of a signer which names it, whose peers share it;
 * where none has anything left, the one that all strangers share.
 */
export class AnswerBudget {
  readonly #components: AnswerBudgetComponents
  readonly #questions = new TokenBuckets<string>({ ...QUESTIONS_OF_ONE, limit: PEERS_LIMIT })
  readonly #bytes = new TokenBuckets<string>({ ...BYTES_OF_ONE, limit: PEERS_LIMIT })
  readonly #strangers: { readonly questions: TokenBucket; readonly bytes: TokenBucket }
  #ofHistory = 0

  constructor(components: AnswerBudgetComponents) {
    this.#components = components
    const { monoMs } = components.clock.now()
    this.#strangers = {
      questions: new TokenBucket(QUESTIONS_OF_STRANGERS, monoMs),
      bytes: new TokenBucket(BYTES_OF_STRANGERS, monoMs),
    }
  }

  /**
   * Whether a question of a peer is answered.
   *
   * - `flood`: the peer asks more than it needs to
   * - `overload`: others that nobody vouches for do
   */
  admits(peerId: string): 'yes' | 'flood' | 'overload' {
    const { clock, vouchersOf } = this.#components
    const { monoMs } = clock.now()
    if (!this.#takeQuestion(peerId)) return 'flood'
    if (vouchersOf(peerId).some((signer) => this.#takeQuestion(signer))) return 'yes'
    const { questions, bytes } = this.#strangers
    return bytes.available(monoMs) > 0 && questions.take(1, monoMs) ? 'yes' : 'overload'
  }

  /** Notes how long an answer is; what was not there is a debt. */
  charge(peerId: string, bytes: number): void {
    const { clock, vouchersOf } = this.#components
    const { monoMs } = clock.now()
    this.#bytes.charge(peerId, bytes, monoMs)
    const signer = vouchersOf(peerId).find((each) => this.#bytes.available(each, monoMs) > 0)
    if (signer === undefined) this.#strangers.bytes.charge(bytes, monoMs)
    else this.#bytes.charge(signer, bytes, monoMs)
  }

  #takeQuestion(key: string): boolean {
    const { monoMs } = this.#components.clock.now()
    return this.#bytes.available(key, monoMs) > 0 && this.#questions.take(key, 1, monoMs)
  }

  /** Begins to ask the table, unless enough others do. @returns what ends it */
  enterHistory(): (() => void) | undefined {
    if (this.#ofHistory >= HISTORY_AT_ONCE) return undefined
    this.#ofHistory += 1
    return () => {
      this.#ofHistory -= 1
    }
  }
}
