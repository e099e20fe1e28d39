import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from '../../src/core/hex.ts'
import type { Day } from '../../src/core/history.ts'
import type { StatementId } from '../../src/core/statement.ts'
import {
  BYTES_OF_ONE,
  HISTORY_AT_ONCE,
  QUESTIONS_OF_ONE,
  QUESTIONS_OF_STRANGERS,
} from '../../src/gossip/sync/answer-budget.ts'
import { decodeAnswer } from '../../src/gossip/sync/answer-reader.ts'
import type { SyncAnswer } from '../../src/gossip/sync/answer-wire.ts'
import { type SyncQuestion, encodeQuestion } from '../../src/gossip/sync/question-wire.ts'
import { QUESTION_BYTES_LIMIT } from '../../src/gossip/sync/sync-fields.ts'
import { ALLOWED } from '../helpers/inbox-at-work.ts'
import { statement } from '../helpers/statements.ts'
import { CONSTANTS, type SyncAtWork, createSyncAtWork } from '../helpers/sync-at-work.ts'
import { attestCheaply } from '../helpers/engine-at-work.ts'

const [ONE] = ALLOWED as [(typeof ALLOWED)[number]]
const PENDING: SyncQuestion = { kind: 'pending', after: undefined }
const RANGE = { fromDay: 1 as Day, untilMs: statement().observedAt + 172_800_000 }
const DAYS: SyncQuestion = { kind: 'days', range: RANGE }

async function ask(
  node: Pick<SyncAtWork, 'answer'>,
  question: SyncQuestion = PENDING,
  { peerId = 'peer', network = CONSTANTS.network } = {},
): Promise<SyncAnswer | undefined> {
  const bytes = await node.answer(encodeQuestion(question, { network }), peerId)
  return bytes && decodeAnswer(bytes).answer
}

async function codeOf(answer: ReturnType<typeof ask>): Promise<string> {
  const given = await answer
  return given === undefined ? 'none' : given.kind === 'refused' ? given.code : 'answered'
}

describe('who is asked', () => {
  it('says what is pending, and gives it with its signatures', async () => {
    const node = createSyncAtWork()
    const attestation = attestCheaply(statement({ proposer: ONE.address }), ...ALLOWED.slice(0, 2))
    node.engine.handle({ kind: 'received', attestation, reemit: false }, node.clock.now())
    const page = await ask(node)
    assert.deepEqual(page, {
      kind: 'pending',
      entries: [{ id: attestation.id, signers: [...attestation.signatures.keys()].toSorted() }],
      more: false,
    })
    const other = createSyncAtWork()
    const content = await ask(node, { kind: 'content', ids: [attestation.id, attestation.id] })
    assert.ok(content?.kind === 'statements')
    for (const message of content.messages) await other.inbox.receive(message)
    assert.deepEqual(other.engine.pool.attestationOf(attestation.id), attestation)
  })

  it('gives nothing for ids that it does not hold', async () => {
    const ids = [`0x${'12'.repeat(32)}` as StatementId]
    for (const kind of ['content', 'attestations'] as const) {
      assert.deepEqual(await ask(createSyncAtWork(), { kind, ids }), { kind: 'statements', messages: [] })
    }
  })

  it('reads no database for a summary when it is shared with the asker, when it has none to tell of, or when not asked', async () => {
    const history = Object.assign(createSyncAtWork().table, { root: () => assert.fail('it is read') })
    const mark: Hex = `0x${'ab'.repeat(16)}`
    const marks = { own: undefined, hasHeard: () => true }
    const answering = { history }
    const asking = { kind: 'summary', range: RANGE, mark } as const
    for (const [options, question] of [
      [{ answering, marks }, asking],
      [{ answering, historyMs: 0 }, asking],
      [{ answering }, { ...asking, range: undefined }],
    ] as const) {
      const node = createSyncAtWork(options)
      node.clock.jumpWall(129_600_000)
      const answer = await ask(node, question)
      assert.ok(answer?.kind === 'summary' && answer.history === undefined)
      assert.deepEqual(node.logger.at('error'), [])
    }
  })

  it('refuses other versions and networks, and questions that it does not know, and blames nobody for them', async () => {
    const node = createSyncAtWork()
    const refusal = async (bytes: Uint8Array): Promise<SyncAnswer | undefined> => {
      const answer = await node.answer(bytes)
      return answer && decodeAnswer(answer).answer
    }
    assert.deepEqual(await refusal(Uint8Array.of(8, 2)), { kind: 'refused', code: 'version' })
    assert.equal(await codeOf(ask(node, PENDING, { network: 'another' })), 'wrong-network')
    const unknown = Buffer.concat([encodeQuestion(PENDING, CONSTANTS).subarray(0, -2), Uint8Array.of(0x7a, 0)])
    assert.deepEqual(await refusal(unknown), { kind: 'refused', code: 'unknown-question' })
    for (let time = 0; time < 50; time++) await refusal(Uint8Array.of(8, 2))
    assert.equal(node.standing.isExpelled('peer'), false)
  })

  it('expels who asks what is no question, and answers nothing more', async () => {
    for (const garbage of [Uint8Array.of(8, 1, 0xff), new Uint8Array(4_097), Buffer.from('GET / HTTP/1.1')]) {
      const node = createSyncAtWork()
      let asked = 0
      while (!node.standing.isExpelled('peer') && asked < 10) {
        assert.equal(await node.answer(garbage), undefined)
        asked += 1
      }
      assert.equal(asked, 5)
      const outcome = garbage.length > QUESTION_BYTES_LIMIT ? 'oversize' : 'malformed'
      assert.equal(node.counters.count('gp_sync_answers_total', { question: 'any', outcome }), 5)
      assert.equal(await codeOf(ask(node)), 'none')
    }
  })
})

const vouched = (node: SyncAtWork, ...peers: readonly string[]): SyncAtWork => {
  for (const peer of peers) node.vouched.add(peer)
  return node
}

describe('who asks too much', () => {
  it('is refused beyond so many questions at once, and answered again with time', async () => {
    const node = vouched(createSyncAtWork(), 'peer')
    for (let time = 0; time < QUESTIONS_OF_ONE.capacity; time++) assert.equal(await codeOf(ask(node)), 'answered')
    assert.equal(await codeOf(ask(node)), 'flood')
    await node.clock.advance(1_000)
    for (let time = 0; time < QUESTIONS_OF_ONE.refillPerSecond; time++) {
      assert.equal(await codeOf(ask(node)), 'answered')
    }
    assert.equal(await codeOf(ask(node)), 'flood')
  })

  it('holds up no other peer of a signer', async () => {
    const node = vouched(createSyncAtWork(), 'peer', 'other')
    for (let time = 0; time < 200; time++) await ask(node)
    assert.equal(await codeOf(ask(node, PENDING, { peerId: 'other' })), 'answered')
  })

  it('is refused after so many bytes of answers, and answered again once they are paid back', async () => {
    const leaves = Array.from({ length: 2_048 }, (_, index) => {
      return { id: `0x${String(index).padStart(64, '0')}` as StatementId, disputed: false }
    })
    const history = Object.assign(createSyncAtWork().table, { leaves: async () => leaves })
    const node = vouched(createSyncAtWork({ answering: { history } }), 'peer')
    const question: SyncQuestion = { kind: 'leaves', range: RANGE, day: RANGE.fromDay, after: undefined }
    const bytes = (await node.answer(encodeQuestion(question, CONSTANTS)))?.length ?? assert.fail('an answer')
    const answers = Math.ceil(BYTES_OF_ONE.capacity / bytes)
    assert.ok(answers < QUESTIONS_OF_ONE.capacity)
    for (let time = 1; time < answers; time++) assert.equal(await codeOf(ask(node, question)), 'answered')
    assert.equal(await codeOf(ask(node, question)), 'flood')
    await node.clock.advance((1_000 * bytes) / BYTES_OF_ONE.refillPerSecond)
    assert.equal(await codeOf(ask(node, question)), 'answered')
  })

  it('is expelled when it goes on and on', async () => {
    const node = vouched(createSyncAtWork(), 'peer')
    const { standing, counters } = node
    let asked = 0
    for (; !standing.isExpelled('peer') && asked < 1_000; asked++) await ask(node)
    assert.equal(asked, QUESTIONS_OF_ONE.capacity + 128 + 1)
    assert.equal(counters.count('gp_peers_expelled_total', { reason: 'flood' }), 1)
    assert.equal(await codeOf(ask(node)), 'none')
  })

  it('has others that nobody vouches for wait as well, and not expelled; peers of signers wait for none of them', async () => {
    const node = vouched(createSyncAtWork(), 'known')
    for (let time = 0; time < QUESTIONS_OF_STRANGERS.capacity; time++) {
      assert.equal(await codeOf(ask(node, PENDING, { peerId: `stranger ${time}` })), 'answered')
    }
    for (let time = 0; time < 100; time++) {
      assert.equal(await codeOf(ask(node, PENDING, { peerId: 'newcomer' })), 'overload')
    }
    assert.equal(node.standing.isExpelled('newcomer'), false)
    assert.equal(await codeOf(ask(node, PENDING, { peerId: 'known' })), 'answered')
  })

  it('has the table asked no more than so many times at once', async () => {
    const waiting = Promise.withResolvers<readonly []>()
    const history = Object.assign(createSyncAtWork().table, { days: () => waiting.promise })
    const node = createSyncAtWork({ answering: { history } })
    const answers = Array.from({ length: HISTORY_AT_ONCE + 1 }, () => codeOf(ask(node, DAYS)))
    assert.equal(await answers.at(-1), 'overload')
    assert.equal(await codeOf(ask(node)), 'answered')
    waiting.resolve([])
    assert.equal(await answers[0], 'answered')
    assert.equal(await codeOf(ask(node, DAYS)), 'answered')
  })
})
