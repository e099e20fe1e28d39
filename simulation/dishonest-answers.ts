import type { Hex } from '../src/core/hex.ts'
import { dayAt } from '../src/core/history-tree.ts'
import type { Random } from '../src/core/clock.ts'
import type { Attestation } from '../src/core/statement.ts'
import { type SyncAnswer, encodeAnswer } from '../src/gossip/sync/answer-wire.ts'
import { type SyncQuestion, decodeQuestion } from '../src/gossip/sync/question-wire.ts'
import { statementMessages } from '../src/gossip/sync/statement-messages.ts'
import { IDS_LIMIT } from '../src/gossip/sync/sync-fields.ts'

export interface DishonestAnswersComponents {
  readonly network: string
  readonly random: Random
  /** Statements of its own that nobody else signed. */
  readonly alone: () => readonly Attestation[]
}

/** Answers as if what it signed alone were committed history: in shape, signed, and by nobody else. */
export function answerDishonestly(
  components: DishonestAnswersComponents,
): (question: Uint8Array) => Promise<Uint8Array> {
  const { network, random, alone } = components
  const anyHash = (): Hex => `0x${Array.from({ length: 64 }, () => Math.floor(random() * 16).toString(16)).join('')}`
  const before = (untilMs: number): readonly Attestation[] =>
    alone().filter(({ statement }) => statement.observedAt < untilMs)

  const answer = (question: SyncQuestion): SyncAnswer => {
    switch (question.kind) {
      case 'summary': {
        const { range } = question
        const history = range === undefined ? undefined : { range, root: anyHash() }
        return { kind: 'summary', pending: anyHash(), shared: false, mark: undefined, history }
      }
      case 'pending':
        return { kind: 'pending', entries: [], more: false }
      case 'content':
        return { kind: 'statements', messages: [] }
      case 'days': {
        const days = new Set(before(question.range.untilMs).map(({ statement }) => dayAt(statement.observedAt)))
        const fromDay = [...days].filter((day) => day >= question.range.fromDay).toSorted((a, b) => a - b)
        return { kind: 'days', days: fromDay.map((day) => ({ day, hash: anyHash(), leaves: 1 })), more: false }
      }
      case 'leaves': {
        const { day, range, after = '' } = question
        const leaves = before(range.untilMs)
          .filter(({ id, statement }) => dayAt(statement.observedAt) === day && id > after)
          .map(({ id }) => ({ id, disputed: false }))
          .toSorted((a, b) => (a.id < b.id ? -1 : 1))
        return { kind: 'leaves', leaves: leaves.slice(0, IDS_LIMIT), more: false }
      }
      case 'attestations': {
        const asked = new Set(question.ids)
        const messages = statementMessages(
          alone().filter(({ id }) => asked.has(id)),
          { network },
        )
        return { kind: 'statements', messages }
      }
    }
  }

  return async (bytes) => {
    const { question } = decodeQuestion(bytes)
    return encodeAnswer(question === undefined ? { kind: 'refused', code: 'unknown-question' } : answer(question), {
      network,
    })
  }
}
