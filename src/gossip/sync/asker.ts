import type { Clock } from '../../core/clock.ts'
import type { Counters } from '../../core/counters.ts'
import { MalformedMessageError, versionOfMessage } from '../wire.ts'
import { type WireAnswer, decodeAnswer } from './answer-reader.ts'
import type { SyncAnswer } from './answer-wire.ts'
import { type Exchange, ExchangeError } from './exchange.ts'
import { type SyncQuestion, encodeQuestion } from './question-wire.ts'
import { REFUSALS, SYNC_FAULTS, type SyncBlame, SyncFailure, type SyncFaultCode } from './sync-failure.ts'
import { ANSWER_BYTES_LIMIT, SYNC_VERSION } from './sync-fields.ts'

/** A question that is not answered within this time is given up, milliseconds. */
export const QUESTION_TIMEOUT_MS = 10_000

export interface AskerComponents {
  readonly exchange: Pick<Exchange, 'ask'>
  readonly clock: Clock
  readonly counters: Counters
  /** Is told what a peer said that is provably false. */
  readonly blame: (peerId: string, blame: SyncBlame) => void
}

/** The kind of answer that each kind of question has. */
interface Answers {
  readonly summary: 'summary'
  readonly pending: 'pending'
  readonly content: 'statements'
  readonly days: 'days'
  readonly leaves: 'leaves'
  readonly attestations: 'statements'
}

const ANSWERS: Answers = {
  summary: 'summary',
  pending: 'pending',
  content: 'statements',
  days: 'days',
  leaves: 'leaves',
  attestations: 'statements',
}

export type AnswerTo<Kind extends SyncQuestion['kind']> = Extract<SyncAnswer, { readonly kind: Answers[Kind] }>

/** Asks peers, and takes from them nothing but an answer to the question. */
export class Asker {
  readonly #components: AskerComponents
  readonly #network: string

  constructor(components: AskerComponents, { network }: { readonly network: string }) {
    this.#components = components
    this.#network = network
  }

  /**
   * The answer of a peer.
   *
   * @throws {SyncFailure} when there is none; the peer has been blamed if it is to blame
   */
  async ask<Kind extends SyncQuestion['kind']>(
    question: Extract<SyncQuestion, { readonly kind: Kind }>,
    { peerId, signal }: { readonly peerId: string; readonly signal?: AbortSignal | undefined },
  ): Promise<AnswerTo<Kind>> {
    const { counters } = this.#components
    try {
      const answer = this.#open(await this.#exchange(question, { peerId, signal }), peerId)
      if (answer.kind === 'refused') throw new SyncFailure('refused', { reason: nameOf(answer.code) })
      if (answer.kind !== ANSWERS[question.kind]) throw this.fault(peerId, 'wrong-answer')
      counters.add('gp_sync_asked_total', { question: question.kind, outcome: 'answered' })
      return answer as AnswerTo<Kind>
    } catch (error) {
      const outcome = error instanceof SyncFailure ? error.reason : 'stopped'
      counters.add('gp_sync_asked_total', { question: question.kind, outcome })
      throw error
    }
  }

  /** Blames a peer. @returns what to throw */
  fault(peerId: string, code: SyncFaultCode): SyncFailure {
    return this.blame(peerId, { code, severity: SYNC_FAULTS[code] })
  }

  /** As {@link Asker.fault}, for what is wrong with a statement. */
  blame(peerId: string, blame: SyncBlame): SyncFailure {
    this.#components.blame(peerId, blame)
    return new SyncFailure('false', { reason: blame.code })
  }

  #open(bytes: Uint8Array, peerId: string): SyncAnswer {
    if (bytes.length > ANSWER_BYTES_LIMIT) throw this.fault(peerId, 'oversize')
    let wire: WireAnswer
    try {
      if (versionOfMessage(bytes) !== SYNC_VERSION) throw new SyncFailure('not-spoken', { reason: 'version' })
      wire = decodeAnswer(bytes)
    } catch (error) {
      if (error instanceof MalformedMessageError) throw this.fault(peerId, 'malformed')
      throw error
    }
    // No offence: who finds peers by the same bootstrap node may be of another network.
    if (wire.network !== this.#network) throw new SyncFailure('not-spoken', { reason: 'wrong-network' })
    if (wire.answer === undefined) throw this.fault(peerId, 'wrong-answer')
    return wire.answer
  }

  /** An exchange that pays no heed to the signal is not waited for. */
  async #exchange(
    question: SyncQuestion,
    { peerId, signal }: { readonly peerId: string; readonly signal: AbortSignal | undefined },
  ): Promise<Uint8Array> {
    const { exchange, clock } = this.#components
    signal?.throwIfAborted()
    const controller = new AbortController()
    const given = Promise.withResolvers<never>()
    const giveUp = (reason: unknown): void => {
      controller.abort(reason)
      given.reject(reason)
    }
    const onAbort = (): void => giveUp(signal?.reason)
    signal?.addEventListener('abort', onAbort, { once: true })
    const cancel = clock.after(QUESTION_TIMEOUT_MS, () => giveUp(new SyncFailure('timeout')))
    try {
      const bytes = encodeQuestion(question, { network: this.#network })
      return await Promise.race([exchange.ask(peerId, bytes, { signal: controller.signal }), given.promise])
    } catch (error) {
      if (!(error instanceof ExchangeError)) throw error
      if (error.code === 'too-long') throw this.fault(peerId, 'oversize')
      throw new SyncFailure(error.code, { cause: error })
    } finally {
      cancel()
      signal?.removeEventListener('abort', onAbort)
    }
  }
}

/** Words of a peer that may become a metric label: no more than those that are known. */
function nameOf(code: string): string {
  return REFUSAL_NAMES.has(code) ? code : 'other'
}

const REFUSAL_NAMES: ReadonlySet<string> = new Set(REFUSALS)
