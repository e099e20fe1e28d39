import type { Clock } from '../../core/clock.ts'
import type { Counters } from '../../core/counters.ts'
import type { DatabaseMarks, HistoryRange, PriceHistory } from '../../core/history.ts'
import type { Logger } from '../../core/logger.ts'
import type { NetworkConstants } from '../../core/network.ts'
import { TableUnavailableError } from '../../core/price-table.ts'
import { MalformedMessageError, versionOfMessage } from '../wire.ts'
import type { AnswerBudget } from './answer-budget.ts'
import { type SyncAnswer, encodeAnswer } from './answer-wire.ts'
import { type HistoryQuestion, answerFromHistory } from './history-answers.ts'
import { commonRange, historyRange } from './history-range.ts'
import { type PendingSource, pendingDigest, pendingEntries } from './pending-set.ts'
import { type SyncQuestion, type WireQuestion, decodeQuestion } from './question-wire.ts'
import { statementMessages } from './statement-messages.ts'
import { type RefusalCode, SYNC_FAULTS, type SyncBlame } from './sync-failure.ts'
import { PENDING_LIMIT, QUESTION_BYTES_LIMIT, SYNC_VERSION } from './sync-fields.ts'

export interface AnswererComponents {
  readonly pending: PendingSource
  /** What is committed; undefined when there is none to tell of. */
  readonly history: PriceHistory | undefined
  readonly marks: DatabaseMarks | undefined
  readonly budget: AnswerBudget
  /** What is thought of peers. */
  readonly standing: {
    isExpelled(peerId: string): boolean
    blame(peerId: string, blame: SyncBlame): void
    /** Is told of every question too many. */
    askedInVain(peerId: string): void
  }
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

export interface AnswererOptions {
  readonly constants: NetworkConstants
  /** How far back history is told of, milliseconds; 0 for none, Infinity for all. */
  readonly historyMs: number
}

/** Answers the questions of peers. It never throws: what makes no sense is held against who asks it. */
export class Answerer {
  readonly #components: AnswererComponents
  readonly #options: AnswererOptions

  constructor(components: AnswererComponents, options: AnswererOptions) {
    this.#components = components
    this.#options = options
  }

  /** @returns the bytes of the answer; undefined when the peer deserves none */
  async answer(bytes: Uint8Array, peerId: string): Promise<Uint8Array | undefined> {
    const { counters, budget, standing } = this.#components
    if (standing.isExpelled(peerId)) return undefined
    const admitted = budget.admits(peerId)
    if (admitted !== 'yes') {
      // Only who asks too much himself: of what strangers do together none of them is guilty.
      if (admitted === 'flood') standing.askedInVain(peerId)
      return this.#told('any', { kind: 'refused', code: admitted })
    }
    const read = this.#read(bytes)
    if ('fault' in read) {
      counters.add('gp_sync_answers_total', { question: 'any', outcome: read.fault })
      standing.blame(peerId, { code: read.fault, severity: SYNC_FAULTS[read.fault] })
      return undefined
    }
    const { question } = read
    if (typeof question === 'string') return this.#told('any', { kind: 'refused', code: question })
    const answer = this.#told(question.kind, await this.#answer(question))
    budget.charge(peerId, answer.length)
    return answer
  }

  #read(
    bytes: Uint8Array,
  ): { readonly question: SyncQuestion | RefusalCode } | { readonly fault: 'oversize' | 'malformed' } {
    if (bytes.length > QUESTION_BYTES_LIMIT) return { fault: 'oversize' }
    let wire: WireQuestion
    try {
      if (versionOfMessage(bytes) !== SYNC_VERSION) return { question: 'version' }
      wire = decodeQuestion(bytes)
    } catch (error) {
      if (error instanceof MalformedMessageError) return { fault: 'malformed' }
      throw error
    }
    // No offence: who finds peers by the same bootstrap node may be of another network.
    if (wire.network !== this.#options.constants.network) return { question: 'wrong-network' }
    return { question: wire.question ?? 'unknown-question' }
  }

  #told(question: SyncQuestion['kind'] | 'any', answer: SyncAnswer): Uint8Array {
    const outcome = answer.kind === 'refused' ? answer.code : 'answered'
    this.#components.counters.add('gp_sync_answers_total', { question, outcome })
    return encodeAnswer(answer, this.#options.constants)
  }

  async #answer(question: SyncQuestion): Promise<SyncAnswer> {
    switch (question.kind) {
      case 'pending':
        return this.#pendingPage(question.after)
      case 'content':
        return this.#content(question.ids)
      case 'summary':
        return this.#summary(question)
      case 'days':
      case 'leaves':
      case 'attestations':
        return this.#ofHistory(question)
    }
  }

  #pendingPage(after: string | undefined): SyncAnswer {
    const { pending, clock } = this.#components
    const entries = pendingEntries(pending, clock.now()).filter(({ id }) => after === undefined || id > after)
    return { kind: 'pending', entries: entries.slice(0, PENDING_LIMIT), more: entries.length > PENDING_LIMIT }
  }

  #content(ids: Extract<SyncQuestion, { readonly kind: 'content' }>['ids']): SyncAnswer {
    const { pending } = this.#components
    const held = [...new Set(ids)].map((id) => pending.attestationOf(id)).filter((one) => one !== undefined)
    return { kind: 'statements', messages: statementMessages(held, this.#options.constants) }
  }

  async #summary({ range, mark }: Extract<SyncQuestion, { readonly kind: 'summary' }>): Promise<SyncAnswer> {
    const { pending, marks, clock, history } = this.#components
    const summary = {
      kind: 'summary',
      pending: pendingDigest(pendingEntries(pending, clock.now())),
      shared: mark !== undefined && marks?.hasHeard(mark) === true,
      mark: marks?.own,
      history: undefined,
    } as const
    if (history === undefined || range === undefined || summary.shared || this.#options.historyMs === 0) return summary
    // Nothing is read of a database that the asker may share.
    if (marks?.isSettling === true) return summary
    const common = commonRange(range, this.#ownRange())
    if (common === undefined) return summary
    // What is pending must not wait for a table that does not answer: then there is no history for now.
    const tried = await this.#try(() => history.root(common))
    return 'value' in tried ? { ...summary, history: { range: common, root: tried.value } } : summary
  }

  async #ofHistory(question: HistoryQuestion): Promise<SyncAnswer> {
    const { history } = this.#components
    if (history === undefined || this.#options.historyMs === 0) return { kind: 'refused', code: 'no-history' }
    const options = { network: this.#options.constants.network, range: this.#ownRange() }
    const tried = await this.#try(() => answerFromHistory(history, question, options))
    return 'value' in tried ? tried.value : { kind: 'refused', code: tried.refusal }
  }

  /** Asks the table, unless it has enough to do. */
  async #try<T>(ask: () => Promise<T>): Promise<{ readonly value: T } | { readonly refusal: RefusalCode }> {
    const { budget, logger } = this.#components
    const leave = budget.enterHistory()
    if (leave === undefined) return { refusal: 'overload' }
    try {
      return { value: await ask() }
    } catch (error) {
      if (!(error instanceof TableUnavailableError)) {
        logger.error('a question about history was not answered; please report this', { error })
      }
      return { refusal: 'unavailable' }
    } finally {
      leave()
    }
  }

  #ownRange(): HistoryRange {
    const { constants, historyMs } = this.#options
    return historyRange(constants, { wallMs: this.#components.clock.now().wallMs, historyMs })
  }
}
