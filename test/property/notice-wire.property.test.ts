import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import protobuf from 'protobufjs'
import { PAIRS_LIMIT } from '../../src/core/agreed-constants.ts'
import { REPORT_PEERS_LIMIT, REPORT_SIGNERS_LIMIT } from '../../src/core/status.ts'
import {
  REFUSALS_LIMIT,
  REFUSAL_BYTES_LIMIT,
  type WireRefusal,
  type WireRefusalMessage,
  decodeRefusalMessage,
  encodeWireRefusals,
} from '../../src/gossip/refusal-wire.ts'
import {
  STATUS_BYTES_LIMIT,
  type WireConstants,
  type WireStatus,
  decodeStatusMessage,
  encodeWireStatus,
} from '../../src/gossip/status-wire.ts'
import type { WireReport } from '../../src/gossip/report-wire.ts'
import { MalformedMessageError, versionOfMessage } from '../../src/gossip/wire.ts'
import { computedMs } from '../helpers/computed-time.ts'

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const uint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.constantFrom(0n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
)
const int64 = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(0n, -1n, 1n, -(2n ** 31n), 2n ** 31n, -(2n ** 53n), -(2n ** 63n), 2n ** 63n - 1n),
)
const text = fc.oneof(
  fc.string({ maxLength: 64 }),
  fc.string({ unit: 'binary', maxLength: 64 }),
  fc.constant('\uFEFFa'),
)
const bytes = (maxLength: number) => fc.uint8Array({ maxLength })
const plain = { noNullPrototype: true } as const

const anyWireConstants: fc.Arbitrary<WireConstants> = fc.record(
  {
    pairs: fc.array(text, { maxLength: 6 }),
    source: text,
    interval: uint64,
    quietPeriod: uint64,
    minimum: uint32,
    maximum: uint32,
    deviation: uint64,
    signerCount: uint32,
    signers: bytes(40),
  },
  plain,
)
const anyWireReport: fc.Arbitrary<WireReport> = fc.record(
  {
    uptime: uint64,
    peers: fc.array(text, { maxLength: 6 }),
    clockKnown: fc.boolean(),
    clockOffset: int64,
    received: fc.array(fc.record({ signer: bytes(24), statements: uint64, signatures: uint64 }, plain), {
      maxLength: 4,
    }),
    outbox: uint64,
    lastCommitted: uint64,
    historyRoot: bytes(40),
  },
  plain,
)
const anyWireStatus: fc.Arbitrary<WireStatus> = fc.record(
  {
    version: uint32,
    network: text,
    peerId: text,
    instance: bytes(20),
    sequence: uint64,
    sentAt: uint64,
    agent: text,
    constants: anyWireConstants,
    signature: bytes(70),
    report: anyWireReport,
  },
  plain,
)
const anyWireRefusal: fc.Arbitrary<WireRefusal> = fc.record(
  {
    statement: bytes(40),
    reason: text,
    ownPrice: bytes(20),
    signedInstead: bytes(40),
    refusedAt: uint64,
    signature: bytes(70),
  },
  plain,
)
const anyWireRefusals: fc.Arbitrary<WireRefusalMessage> = fc.record(
  { version: uint32, network: text, attempt: uint32, refusals: fc.array(anyWireRefusal, { maxLength: 4 }) },
  plain,
)

const fullStatus: WireStatus = {
  version: 1,
  network: 'gossip-price',
  peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
  instance: new Uint8Array(16).fill(1),
  sequence: 3n,
  sentAt: 1_794_000_000_123n,
  agent: 'gossip-price/0.1.0',
  constants: {
    pairs: ['BTC-USD', 'ETH-USD'],
    source: 'coinbase',
    interval: 600_000n,
    quietPeriod: 30_000n,
    minimum: 3,
    maximum: 16,
    deviation: 10_000_000n,
    signerCount: 4,
    signers: new Uint8Array(32).fill(2),
  },
  signature: new Uint8Array(65).fill(3),
  report: {
    uptime: 86_400_000n,
    peers: ['12D3KooWone', '12D3KooWtwo'],
    clockKnown: true,
    clockOffset: -12n,
    received: [
      { signer: new Uint8Array(20).fill(6), statements: 144n, signatures: 432n },
      { signer: new Uint8Array(20).fill(7), statements: 0n, signatures: 7n },
    ],
    outbox: 1n,
    lastCommitted: 1_793_999_400_000n,
    historyRoot: new Uint8Array(32).fill(8),
  },
}
const fullRefusals: WireRefusalMessage = {
  version: 1,
  network: 'gossip-price',
  attempt: 2,
  refusals: [1, 2].map((number) => ({
    statement: new Uint8Array(32).fill(number),
    reason: 'deviation',
    ownPrice: Uint8Array.of(163, 202, number),
    signedInstead: new Uint8Array(32).fill(4),
    refusedAt: 1_794_000_000_123n,
    signature: new Uint8Array(65).fill(5),
  })),
}

interface Codec<T> {
  readonly any: fc.Arbitrary<T>
  readonly full: T
  readonly encode: (message: T) => Uint8Array
  readonly decode: (data: Uint8Array) => T
  readonly limit: number
  /** Fields of the full message, those of messages inside it left out. */
  readonly fields: number
  /** A field of the innermost message of which there is a 64-bit number, and the number of the message it is in. */
  readonly inner: { readonly message: number; readonly uint64: number }
  /** The bytes that the message keeps. */
  readonly kept: (message: T) => readonly Uint8Array[]
  readonly schema: { readonly file: string; readonly type: string }
}

const status: Codec<WireStatus> = {
  any: anyWireStatus,
  full: fullStatus,
  encode: encodeWireStatus,
  decode: decodeStatusMessage,
  limit: STATUS_BYTES_LIMIT,
  fields: 10,
  inner: { message: 8, uint64: 3 },
  kept: ({ instance, constants, signature, report }) => [
    instance,
    constants.signers,
    signature,
    report.historyRoot,
    ...report.received.map(({ signer }) => signer),
  ],
  schema: { file: 'status-message.proto', type: 'StatusMessage' },
}
const refusals: Codec<WireRefusalMessage> = {
  any: anyWireRefusals,
  full: fullRefusals,
  encode: encodeWireRefusals,
  decode: decodeRefusalMessage,
  limit: REFUSAL_BYTES_LIMIT,
  fields: 5,
  inner: { message: 4, uint64: 5 },
  kept: (message) =>
    message.refusals.flatMap(({ statement, ownPrice, signedInstead, signature }) => [
      statement,
      ownPrice,
      signedInstead,
      signature,
    ]),
  schema: { file: 'refusal-message.proto', type: 'RefusalMessage' },
}

const group = (field: number): number => (field << 3) | 3
/** Reading the longest message takes a few milliseconds; what takes this long would take for ever. */
const PATIENCE_MS = 2_000

function suite<T>(name: string, { any, full, encode, decode, limit, fields, inner, kept, schema }: Codec<T>): void {
  /** The message, or undefined when the bytes are malformed; anything else that is thrown fails the test. */
  function decodeOrRefuse(data: Uint8Array): T | undefined {
    try {
      return decode(data)
    } catch (error) {
      assert.ok(error instanceof MalformedMessageError, `threw ${String(error)}`)
      return undefined
    }
  }

  describe(`a message of ${name}`, () => {
    it('is the same after encoding and decoding, and has its version in front', () => {
      fc.assert(
        fc.property(any, (message) => {
          const data = encode(message)
          assert.deepEqual(decode(data), message)
          assert.equal(versionOfMessage(data), (message as { version?: number }).version)
        }),
        { numRuns: 1_000 },
      )
    })

    for (const [kind, copy] of [
      ['Uint8Array', (data: Uint8Array) => Uint8Array.from(data)],
      ['Buffer', (data: Uint8Array) => Buffer.from(data)],
    ] as const) {
      it(`is a copy: it shares no memory with the ${kind} it was read from`, () => {
        const data = copy(encode(full))
        const message = decode(data)
        data.fill(0)
        assert.deepEqual(message, full)
        for (const part of kept(message)) assert.equal(part.buffer.byteLength, part.byteLength)
      })
    }
  })

  describe(`bytes that anybody may have sent as ${name}`, () => {
    it('at random, are a message or malformed', () => {
      fc.assert(
        fc.property(bytes(2_048), (data) => void decodeOrRefuse(data)),
        { numRuns: 3_000 },
      )
    })

    it('made of a message by changing, leaving out and putting in bytes, are a message or malformed', () => {
      const data = encode(full)
      const edit = fc.record({ at: fc.nat({ max: data.length }), leaveOut: fc.nat({ max: 3 }), putIn: bytes(3) })
      fc.assert(
        fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
          const mutated = [...data]
          for (const { at, leaveOut, putIn } of edits) mutated.splice(at, leaveOut, ...putIn)
          decodeOrRefuse(Uint8Array.from(mutated))
        }),
        { numRuns: 3_000 },
      )
    })

    it('cut off anywhere, are malformed or end with a field', () => {
      const data = encode(full)
      const cutBetweenFields = [...data.keys()].filter((end) => {
        const message = decodeOrRefuse(data.subarray(0, end))
        if (message !== undefined) assert.notDeepEqual(message, full)
        return message !== undefined
      })
      assert.equal(cutBetweenFields.length, fields)
    })

    const inside = (...data: readonly number[]) => Uint8Array.of((inner.message << 3) | 2, data.length, ...data)
    const hostile: Readonly<Record<string, Uint8Array>> = {
      'groups in groups': new Uint8Array(limit).fill(group(15)),
      'a group inside': inside(group(12), group(12) + 1),
      'the end of a group': Uint8Array.of(group(15) + 1),
      'field number 0': Uint8Array.of(0, 0),
      'field number 0 inside': inside(0, 0),
      'wire type 6': Uint8Array.of((15 << 3) | 6, 0),
      'a length beyond the end': Uint8Array.of((15 << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f),
      'a string of 4 GB': Uint8Array.of((2 << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 65),
      'a number without end': new Uint8Array(limit).fill(0xff),
      'a 64-bit number cut off after one byte': inside(inner.uint64 << 3, 0xff),
      'a 64-bit number cut off after four bytes': inside(inner.uint64 << 3, 0xff, 0xff, 0xff, 0xff),
      'an E in two bytes, which strict readers refuse': Uint8Array.of((2 << 3) | 2, 2, 0xc1, 0x85),
      'half of a surrogate pair': inside((2 << 3) | 2, 3, 0xed, 0xa0, 0x80),
    }

    for (const [what, data] of Object.entries(hostile)) {
      it(`are refused: ${what}`, () => {
        const startedMs = computedMs()
        assert.ok(decodeOrRefuse(data) === undefined, 'was read')
        assert.ok(computedMs() - startedMs < PATIENCE_MS)
      })
    }

    it('take no long time, however many small fields they are made of', () => {
      for (const field of [Uint8Array.of(15 << 3, 0), Uint8Array.of((2 << 3) | 2, 0)]) {
        const startedMs = computedMs()
        assert.ok(decodeOrRefuse(Buffer.alloc(limit, field)))
        assert.ok(computedMs() - startedMs < PATIENCE_MS)
      }
    })
  })

  describe(`another protobuf library with ${schema.file}`, () => {
    const written = readFileSync(new URL(`../../src/gossip/${schema.file}`, import.meta.url), 'utf8')
    const theirs = protobuf.parse(written).root.lookupType(`gossip_price.v1.${schema.type}`)

    it('reads what we write', () => {
      fc.assert(
        fc.property(any, (message) => {
          const read = theirs.toObject(theirs.decode(Buffer.from(encode(message))), { longs: String, defaults: true })
          assert.deepEqual(
            read,
            forThem(message, (value) => Buffer.from(value)),
          )
        }),
        { numRuns: 500 },
      )
    })

    it('writes what we read', () => {
      fc.assert(
        fc.property(any, (message) => {
          const data = theirs.encode(theirs.fromObject(forThem(message, (value) => value) as object)).finish()
          assert.deepEqual(decode(data), message)
        }),
        { numRuns: 500 },
      )
    })

    it('may know more fields than we do, of every wire type: they are skipped', () => {
      const later = protobuf.parse(
        written.replaceAll(/^}$/gm, 'uint64 a = 31; fixed64 b = 32; string c = 2047; fixed32 d = 33;\n}'),
      ).root
      const more = { a: '18446744073709551615', b: 1, c: 'text', d: 4_294_967_295 }
      const type = later.lookupType(`gossip_price.v1.${schema.type}`)
      const data = type
        .encode(
          type.fromObject(
            withMore(
              forThem(full, (value) => value),
              more,
            ) as object,
          ),
        )
        .finish()
      assert.ok(data.length > encode(full).length + 60)
      assert.deepEqual(decode(data), full)
    })
  })
}

/** A message as the other library has it: numbers of 64 bits as text, and bytes of a class of its choice. */
function forThem(value: unknown, bytesOf: (value: Uint8Array) => Uint8Array): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return bytesOf(value)
  if (Array.isArray(value)) return value.map((one) => forThem(one, bytesOf))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, forThem(one, bytesOf)]))
}

/** The message and every message inside it with more fields. */
function withMore(value: unknown, more: object): unknown {
  if (Array.isArray(value)) return value.map((one) => withMore(one, more))
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value
  const fields = Object.entries(value).map(([key, one]) => [key, withMore(one, more)])
  return { ...(Object.fromEntries(fields) as object), ...more }
}

suite('status', status)
suite('refusals', refusals)

function withPairs(count: number): WireStatus {
  const pairs = Array.from({ length: count }, () => 'A-B')
  return { ...fullStatus, constants: { ...fullStatus.constants, pairs } }
}

describe('a message', () => {
  it('holds a status of at most so many pairs', () => {
    assert.deepEqual(decodeStatusMessage(encodeWireStatus(withPairs(PAIRS_LIMIT))), withPairs(PAIRS_LIMIT))
    assert.throws(() => decodeStatusMessage(encodeWireStatus(withPairs(PAIRS_LIMIT + 1))), MalformedMessageError)
  })

  it('holds a status of at most so many peers, and so many signers that were counted', () => {
    const withReport = (report: Partial<WireReport>) => ({ ...fullStatus, report: { ...fullStatus.report, ...report } })
    const [counted] = fullStatus.report.received
    assert.ok(counted)
    for (const [key, limit, one] of [
      ['peers', REPORT_PEERS_LIMIT, 'Qm'],
      ['received', REPORT_SIGNERS_LIMIT, counted],
    ] as const) {
      const withSo = (count: number) => withReport({ [key]: Array.from({ length: count }, () => one) })
      assert.deepEqual(decodeStatusMessage(encodeWireStatus(withSo(limit))), withSo(limit))
      assert.throws(() => decodeStatusMessage(encodeWireStatus(withSo(limit + 1))), MalformedMessageError)
    }
  })

  it('is malformed where a bool is neither true nor false', () => {
    const data = encodeWireStatus(fullStatus)
    // clock_known, and clock_offset after it.
    const at = Buffer.from(data).indexOf(Uint8Array.of(3 << 3, 1, 4 << 3, 23))
    assert.ok(at > 0)
    assert.throws(() => decodeStatusMessage(Uint8Array.from(data).fill(2, at + 1, at + 2)), MalformedMessageError)
  })

  it('holds at most so many refusals', () => {
    const [one] = fullRefusals.refusals
    assert.ok(one)
    const withRefusals = (count: number) => ({ ...fullRefusals, refusals: Array.from({ length: count }, () => one) })
    const most = withRefusals(REFUSALS_LIMIT)
    assert.deepEqual(decodeRefusalMessage(encodeWireRefusals(most)), most)
    const more = encodeWireRefusals(withRefusals(REFUSALS_LIMIT + 1))
    assert.throws(() => decodeRefusalMessage(more), MalformedMessageError)
  })
})
