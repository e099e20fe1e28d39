import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import protobuf from 'protobufjs'
import type { Address } from '../../src/core/address.ts'
import { toHex } from '../../src/core/hex.ts'
import type { Day, HistoryRange } from '../../src/core/history.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { decodeAnswer } from '../../src/gossip/sync/answer-reader.ts'
import { type SyncAnswer, encodeAnswer } from '../../src/gossip/sync/answer-wire.ts'
import { type SyncQuestion, decodeQuestion, encodeQuestion } from '../../src/gossip/sync/question-wire.ts'
import {
  ANSWER_BYTES_LIMIT,
  DAYS_LIMIT,
  IDS_LIMIT,
  LEAVES_LIMIT,
  PENDING_LIMIT,
  QUESTION_BYTES_LIMIT,
} from '../../src/gossip/sync/sync-fields.ts'
import { MalformedMessageError, SIGNATURES_LIMIT, versionOfMessage } from '../../src/gossip/wire.ts'
import { textOf } from '../helpers/documents.ts'

const plain = { noNullPrototype: true } as const
const hex = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map(toHex)
const id = hex(32) as fc.Arbitrary<StatementId>
const address = hex(20) as fc.Arbitrary<Address>
const day = fc.integer({ min: 0, max: 2 ** 32 - 1 }).map((number) => number as Day)
const untilMs = fc.oneof(
  fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1, 2 ** 32, Number.MAX_SAFE_INTEGER),
)
const range: fc.Arbitrary<HistoryRange> = fc.record({ fromDay: day, untilMs }, plain)
const perhaps = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined })
const kind = <const Kind extends string>(name: Kind) => fc.constant(name)

const anyQuestion: fc.Arbitrary<SyncQuestion> = fc.oneof(
  fc.record({ kind: kind('summary'), range: perhaps(range), mark: perhaps(hex(16)) }, plain),
  fc.record({ kind: kind('pending'), after: perhaps(id) }, plain),
  fc.record({ kind: kind('content'), ids: fc.array(id, { maxLength: IDS_LIMIT }) }, plain),
  fc.record({ kind: kind('days'), range }, plain),
  fc.record({ kind: kind('leaves'), range, day, after: perhaps(id) }, plain),
  fc.record({ kind: kind('attestations'), ids: fc.array(id, { maxLength: IDS_LIMIT }) }, plain),
)
const anyAnswer: fc.Arbitrary<SyncAnswer> = fc.oneof(
  fc.record({ kind: kind('refused'), code: fc.string({ maxLength: 20 }) }, plain),
  fc.record(
    {
      kind: kind('summary'),
      pending: hex(32),
      shared: fc.boolean(),
      mark: perhaps(hex(16)),
      history: perhaps(fc.record({ range, root: hex(32) }, plain)),
    },
    plain,
  ),
  fc.record(
    {
      kind: kind('pending'),
      entries: fc.array(fc.record({ id, signers: perhaps(fc.array(address, { maxLength: 5 })) }, plain), {
        maxLength: 5,
      }),
      more: fc.boolean(),
    },
    plain,
  ),
  fc.record(
    { kind: kind('statements'), messages: fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 }) },
    plain,
  ),
  fc.record(
    {
      kind: kind('days'),
      days: fc.array(fc.record({ day, hash: hex(32), leaves: day.map(Number) }, plain), { maxLength: 5 }),
      more: fc.boolean(),
    },
    plain,
  ),
  fc.record(
    {
      kind: kind('leaves'),
      leaves: fc.array(fc.record({ id, disputed: fc.boolean() }, plain), { maxLength: 5 }),
      more: fc.boolean(),
    },
    plain,
  ),
)

const NETWORK = { network: 'test-network' }
const root = protobuf.parse(textOf('src/gossip/sync/sync-message.proto')).root
const codecs = [
  {
    name: 'a question',
    type: 'gossip_price.v1.SyncQuestion',
    bytes: anyQuestion.map((question) => encodeQuestion(question, NETWORK)),
    decode: decodeQuestion,
  },
  {
    name: 'an answer',
    type: 'gossip_price.v1.SyncAnswer',
    bytes: anyAnswer.map((answer) => encodeAnswer(answer, NETWORK)),
    decode: decodeAnswer,
  },
]

const ids = (count: number) =>
  Array.from({ length: count }, (_, index) => `0x${index.toString(16).padStart(64, '0')}` as StatementId)

const questionFor = (count: number) => encodeQuestion({ kind: 'attestations', ids: ids(count) }, NETWORK)

describe('what travels between peers that sync', () => {
  it('is read as it was written: questions', () => {
    fc.assert(
      fc.property(anyQuestion, (question) => {
        assert.deepEqual(decodeQuestion(encodeQuestion(question, NETWORK)), { ...NETWORK, question })
      }),
    )
  })

  it('is read as it was written: answers', () => {
    fc.assert(
      fc.property(anyAnswer, (answer) => {
        assert.deepEqual(decodeAnswer(encodeAnswer(answer, NETWORK)), { ...NETWORK, answer })
      }),
    )
  })

  for (const { name, type, bytes, decode } of codecs) {
    it(`is read and written by another implementation of the schema likewise: ${name}`, () => {
      const message = root.lookupType(type)
      fc.assert(
        fc.property(bytes, (written) => {
          const theirs = message.encode(message.decode(written)).finish()
          assert.deepEqual(decode(new Uint8Array(theirs)), decode(written))
        }),
      )
    })

    it(`is refused as malformed, or read, wherever it is cut off: ${name}`, () => {
      fc.assert(
        fc.property(bytes, fc.nat(), (written, cut) => {
          readsOrRefuses(() => decode(written.subarray(0, cut % written.length)))
        }),
      )
    })

    it(`is refused as malformed, or read, whatever the bytes are: ${name}`, () => {
      fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (any) => readsOrRefuses(() => decode(any))))
      fc.assert(
        fc.property(bytes, fc.nat(), fc.nat({ max: 255 }), (written, place, byte) => {
          const spoilt = new Uint8Array(written)
          spoilt[place % spoilt.length] = byte
          readsOrRefuses(() => decode(spoilt))
        }),
      )
    })

    it(`has its version before all else: ${name}`, () => {
      fc.assert(fc.property(bytes, (written) => assert.equal(versionOfMessage(written), 1)))
    })
  }

  it('may hold what this node does not know, which is then no question and no answer', () => {
    const unknown = Uint8Array.of(8, 1, 0x7a, 0)
    assert.equal(decodeQuestion(unknown).question, undefined)
    assert.equal(decodeAnswer(unknown).answer, undefined)
  })

  const signers = Array.from({ length: SIGNATURES_LIMIT }, (_, index) => {
    return `0x${index.toString(16).padStart(40, '0')}` as Address
  })
  const whole: Readonly<Record<string, (count: number) => SyncAnswer>> = {
    [`pending ${PENDING_LIMIT}`]: (count) => ({
      kind: 'pending',
      entries: ids(count).map((one) => ({ id: one, signers })),
      more: true,
    }),
    [`days ${DAYS_LIMIT}`]: (count) => ({
      kind: 'days',
      days: ids(count).map((hash, index) => ({ day: (2 ** 31 + index) as Day, hash, leaves: 2 ** 31 })),
      more: true,
    }),
    [`leaves ${LEAVES_LIMIT}`]: (count) => ({
      kind: 'leaves',
      leaves: ids(count).map((one) => ({ id: one, disputed: true })),
      more: true,
    }),
    [`statements ${IDS_LIMIT}`]: (count) => ({
      kind: 'statements',
      messages: ids(count).map(() => new Uint8Array(4_608)),
    }),
  }
  for (const [name, answer] of Object.entries(whole)) {
    const limit = Number(name.split(' ')[1])

    it(`fits into an answer when it is as much as one may list, and is refused when it is more: ${name}`, () => {
      const bytes = encodeAnswer(answer(limit), NETWORK)
      assert.ok(bytes.length <= ANSWER_BYTES_LIMIT, `${bytes.length} bytes`)
      decodeAnswer(bytes)
      assert.throws(() => decodeAnswer(encodeAnswer(answer(limit + 1), NETWORK)), MalformedMessageError)
    })
  }

  it('fits into a question when it asks for as much as it may, and is refused when it is more', () => {
    assert.ok(questionFor(IDS_LIMIT).length <= QUESTION_BYTES_LIMIT)
    decodeQuestion(questionFor(IDS_LIMIT))
    assert.throws(() => decodeQuestion(questionFor(IDS_LIMIT + 1)), MalformedMessageError)
  })
})

function readsOrRefuses(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    assert.ok(error instanceof MalformedMessageError, String(error))
  }
}
