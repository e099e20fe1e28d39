import type { HistoryRange, PriceHistory } from '../../core/history.ts'
import type { SyncAnswer } from './answer-wire.ts'
import { commonRange, covers } from './history-range.ts'
import type { SyncQuestion } from './question-wire.ts'
import { statementMessages } from './statement-messages.ts'
import { DAYS_LIMIT, LEAVES_LIMIT } from './sync-fields.ts'

/** A question about what is committed. */
export type HistoryQuestion = Extract<SyncQuestion, { readonly kind: 'days' | 'leaves' | 'attestations' }>

export interface HistoryAnswerOptions {
  readonly network: string
  /** What this node tells of. */
  readonly range: HistoryRange
}

/**
 * What a history has to say to a question.
 *
 * @throws {TableUnavailableError}
 */
export async function answerFromHistory(
  history: PriceHistory,
  question: HistoryQuestion,
  { network, range }: HistoryAnswerOptions,
): Promise<SyncAnswer> {
  switch (question.kind) {
    case 'days': {
      const common = commonRange(question.range, range)
      const days = common === undefined ? [] : await history.days(common)
      return { kind: 'days', days: days.slice(0, DAYS_LIMIT), more: days.length > DAYS_LIMIT }
    }
    case 'leaves': {
      const { day, after } = question
      const common = commonRange(question.range, range)
      if (common === undefined || !covers(common, day)) return { kind: 'leaves', leaves: [], more: false }
      const leaves = await history.leaves(day, common, { after, limit: LEAVES_LIMIT + 1 })
      return { kind: 'leaves', leaves: leaves.slice(0, LEAVES_LIMIT), more: leaves.length > LEAVES_LIMIT }
    }
    case 'attestations': {
      const attestations = await history.attestations([...new Set(question.ids)])
      return { kind: 'statements', messages: statementMessages(attestations, { network }) }
    }
  }
}
