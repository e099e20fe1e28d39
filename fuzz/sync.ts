import { isDeepStrictEqual } from 'node:util'
import type { Day, HistoryRange } from '../src/core/history.ts'
import type { StatementId } from '../src/core/statement.ts'
import { decodeAnswer } from '../src/gossip/sync/answer-reader.ts'
import { type SyncAnswer, encodeAnswer } from '../src/gossip/sync/answer-wire.ts'
import { type SyncQuestion, decodeQuestion, encodeQuestion } from '../src/gossip/sync/question-wire.ts'
import { statementMessages } from '../src/gossip/sync/statement-messages.ts'
import { SYNC_VERSION } from '../src/gossip/sync/sync-fields.ts'
import { versionOfMessage } from '../src/gossip/wire.ts'
import { attest, statement, testSigners } from '../test/helpers/statements.ts'
import { readOrRefuse } from './malformed.ts'
import { type Target, rule } from './target.ts'

const NETWORK = { network: statement().network }
const RANGE: HistoryRange = { fromDay: 20_000 as Day, untilMs: statement().observedAt }
const IDS = ['0x11', '0x22', '0x33'].map((text) => text.padEnd(66, text.slice(2)) as StatementId)
const [FIRST] = IDS
const MARK = `0x${'a5'.repeat(16)}` as const

export const syncQuestion: Target = {
  name: 'sync-question',
  about: 'questions of peers: bytes',
  share: 7,
  form: 'protobuf',
  seeds: () =>
    (
      [
        { kind: 'summary', range: RANGE, mark: MARK },
        { kind: 'pending', after: FIRST },
        { kind: 'content', ids: IDS },
        { kind: 'days', range: RANGE },
        { kind: 'leaves', range: RANGE, day: RANGE.fromDay, after: FIRST },
        { kind: 'attestations', ids: IDS },
      ] satisfies readonly SyncQuestion[]
    ).map((question) => encodeQuestion(question, NETWORK)),
  open: () => (input) => {
    const wire = readOrRefuse(() => (versionOfMessage(input) === SYNC_VERSION ? decodeQuestion(input) : undefined))
    if (wire?.question === undefined) return wire === undefined ? 'malformed' : 'unknown'
    const again = decodeQuestion(encodeQuestion(wire.question, wire))
    rule(isDeepStrictEqual(again, wire), 'what was read is written so that it is read the same')
    return wire.question.kind
  },
}

export const syncAnswer: Target = {
  name: 'sync-answer',
  about: 'answers of peers: bytes',
  share: 7,
  form: 'protobuf',
  seeds() {
    const signers = testSigners(3)
    const messages = statementMessages([attest(statement(), ...signers)], NETWORK)
    return (
      [
        { kind: 'refused', code: 'flood' },
        { kind: 'summary', pending: IDS[0] ?? MARK, shared: true, mark: MARK, history: undefined },
        {
          kind: 'summary',
          pending: IDS[1] ?? MARK,
          shared: false,
          mark: undefined,
          history: { range: RANGE, root: IDS[2] ?? MARK },
        },
        {
          kind: 'pending',
          entries: IDS.map((id, place) => ({
            id,
            signers: place === 0 ? undefined : signers.map(({ address }) => address),
          })),
          more: true,
        },
        { kind: 'statements', messages },
        { kind: 'days', days: IDS.map((hash, place) => ({ day: place as Day, hash, leaves: 144 })), more: true },
        { kind: 'leaves', leaves: IDS.map((id, place) => ({ id, disputed: place === 0 })), more: false },
      ] satisfies readonly SyncAnswer[]
    ).map((answer) => encodeAnswer(answer, NETWORK))
  },
  open: () => (input) => {
    const wire = readOrRefuse(() => (versionOfMessage(input) === SYNC_VERSION ? decodeAnswer(input) : undefined))
    if (wire?.answer === undefined) return wire === undefined ? 'malformed' : 'unknown'
    const again = decodeAnswer(encodeAnswer(wire.answer, wire))
    rule(isDeepStrictEqual(again, wire), 'what was read is written so that it is read the same')
    return wire.answer.kind
  },
}
