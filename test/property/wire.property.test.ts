import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import protobuf from 'protobufjs'
import { computedMs } from '../helpers/computed-time.ts'
import {
  ATTESTATIONS_LIMIT,
  MESSAGE_BYTES_LIMIT,
  MalformedMessageError,
  SIGNATURES_LIMIT,
  type WireAttestation,
  type WireMessage,
  decodePriceMessage,
  encodePriceMessage,
} from '../../src/gossip/wire.ts'

const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })
const uint64 = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  fc.bigInt({ min: 2n ** 53n - 3n, max: 2n ** 53n + 3n }),
  fc.constantFrom(0n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 63n, 2n ** 64n - 1n),
)
const text = fc.oneof(
  fc.string({ maxLength: 64 }),
  fc.string({ unit: 'binary', maxLength: 64 }),
  fc.constant('\uFEFFETH-USD'),
)
const bytes = (maxLength: number) => fc.uint8Array({ maxLength })

const anyAttestation: fc.Arbitrary<WireAttestation> = fc.record(
  {
    pair: text,
    price: bytes(16),
    round: uint64,
    observedAt: uint64,
    source: text,
    proposer: bytes(20),
    signatures: fc.array(bytes(65), { maxLength: 4 }),
  },
  { noNullPrototype: true },
)
const anyMessage: fc.Arbitrary<WireMessage> = fc.record(
  { version: uint32, network: text, attempt: uint32, attestations: fc.array(anyAttestation, { maxLength: 4 }) },
  { noNullPrototype: true },
)

const group = (field: number): number => (field << 3) | 3
const insideAttestation = (...data: readonly number[]) => Uint8Array.of((4 << 3) | 2, data.length, ...data)

/** Reading the longest message takes a few milliseconds; what takes this long would take for ever. */
const PATIENCE_MS = 2_000

/** A message of every field, as a node would send it. */
const full: WireMessage = {
  version: 1,
  network: 'gossip-price',
  attempt: 3,
  attestations: [1, 2].map((number) => ({
    pair: 'ETH-USD',
    price: Uint8Array.of(163, 202, number),
    round: 2_990_000n,
    observedAt: 1_794_000_000_123n,
    source: 'coinbase',
    proposer: new Uint8Array(20).fill(number),
    signatures: [new Uint8Array(65).fill(4), new Uint8Array(65).fill(5)],
  })),
}

const empty: WireAttestation = {
  pair: '',
  price: new Uint8Array(),
  round: 0n,
  observedAt: 0n,
  source: '',
  proposer: new Uint8Array(),
  signatures: [],
}

/** The message, or undefined when the bytes are malformed; anything else that is thrown fails the test. */
function decodeOrRefuse(data: Uint8Array): WireMessage | undefined {
  try {
    return decodePriceMessage(data)
  } catch (error) {
    assert.ok(error instanceof MalformedMessageError, `threw ${String(error)}`)
    return undefined
  }
}

describe('a message', () => {
  it('is the same after encoding and decoding', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        assert.deepEqual(decodePriceMessage(encodePriceMessage(message)), message)
      }),
      { numRuns: 1_000 },
    )
  })

  it('holds at most so many attestations', () => {
    const attestations = Array.from({ length: ATTESTATIONS_LIMIT }, () => empty)
    const most = { ...full, attestations }
    assert.deepEqual(decodePriceMessage(encodePriceMessage(most)), most)
    const more = { ...full, attestations: [...attestations, empty] }
    assert.ok(decodeOrRefuse(encodePriceMessage(more)) === undefined, 'was read')
  })

  it('holds at most so many signatures on each', () => {
    const signature = new Uint8Array(65)
    const signatures = Array.from({ length: SIGNATURES_LIMIT }, () => signature)
    const most = { ...full, attestations: [{ ...empty, signatures }] }
    assert.deepEqual(decodePriceMessage(encodePriceMessage(most)), most)
    const more = { ...full, attestations: [{ ...empty, signatures: [...signatures, signature] }] }
    assert.ok(decodeOrRefuse(encodePriceMessage(more)) === undefined, 'was read')
  })

  for (const [kind, copy] of [
    ['Uint8Array', (data: Uint8Array) => Uint8Array.from(data)],
    ['Buffer', (data: Uint8Array) => Buffer.from(data)],
  ] as const) {
    it(`is a copy: it shares no memory with the ${kind} it was read from`, () => {
      const data = copy(encodePriceMessage(full))
      const message = decodePriceMessage(data)
      data.fill(0)
      assert.deepEqual(message, full)
      for (const { price, proposer, signatures } of message.attestations) {
        for (const kept of [price, proposer, ...signatures]) assert.equal(kept.buffer.byteLength, kept.byteLength)
      }
    })
  }
})

describe('bytes that anybody may have sent', () => {
  it('at random, are a message or malformed', () => {
    fc.assert(
      fc.property(bytes(2_048), (data) => void decodeOrRefuse(data)),
      { numRuns: 3_000 },
    )
  })

  it('made of a message by changing, leaving out and putting in bytes, are a message or malformed', () => {
    const data = encodePriceMessage(full)
    const edit = fc.record({
      at: fc.nat({ max: data.length }),
      leaveOut: fc.nat({ max: 3 }),
      putIn: bytes(3),
    })
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
        const mutated = [...data]
        for (const { at, leaveOut, putIn } of edits) mutated.splice(at, leaveOut, ...putIn)
        decodeOrRefuse(Uint8Array.from(mutated))
      }),
      { numRuns: 3_000 },
    )
  })

  it('cut off anywhere, are malformed or a shorter message', () => {
    const data = encodePriceMessage(full)
    const cutBetweenFields = new Set<number>()
    for (let end = 0; end < data.length; end++) {
      const message = decodeOrRefuse(data.subarray(0, end))
      if (message === undefined) continue
      cutBetweenFields.add(end)
      assert.deepEqual(message.attestations, full.attestations.slice(0, message.attestations.length))
    }
    // Before each of version, network, attempt and the two attestations.
    assert.equal(cutBetweenFields.size, 5)
  })

  const limit = MESSAGE_BYTES_LIMIT
  const hostile: Readonly<Record<string, Uint8Array>> = {
    'groups in groups': new Uint8Array(limit).fill(group(15)),
    'a group in an attestation': insideAttestation(group(8), group(8) + 1),
    'the end of a group': Uint8Array.of(group(15) + 1),
    'field number 0': Uint8Array.of(0, 0),
    'wire type 6': Uint8Array.of((15 << 3) | 6, 0),
    'wire type 7': Uint8Array.of((15 << 3) | 7, 0),
    'a length beyond the end': Uint8Array.of((15 << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f),
    'a string of 4 GB': Uint8Array.of((2 << 3) | 2, 0xff, 0xff, 0xff, 0xff, 0x0f, 65),
    'a number without end': new Uint8Array(limit).fill(0xff),
    'a number without end, skipped': new Uint8Array(limit).fill(0xff).fill(15 << 3, 0, 1),
    'a 64-bit number cut off after one byte': insideAttestation(3 << 3, 0xff),
    'a 64-bit number cut off after four bytes': insideAttestation(3 << 3, 0xff, 0xff, 0xff, 0xff),
    'a 64-bit number cut off after nine bytes': insideAttestation(3 << 3, ...new Uint8Array(9).fill(0xff)),
    'an E in two bytes, which strict readers refuse': Uint8Array.of((2 << 3) | 2, 2, 0xc1, 0x85),
    'half of a surrogate pair': Uint8Array.of((2 << 3) | 2, 3, 0xed, 0xa0, 0x80),
    'attestations without end': new Uint8Array(limit).fill((4 << 3) | 2).map((byte, index) => (index % 2 ? 0 : byte)),
  }

  for (const [name, data] of Object.entries(hostile)) {
    it(`are refused: ${name}`, () => {
      const startedMs = computedMs()
      assert.ok(decodeOrRefuse(data) === undefined, 'was read')
      assert.ok(computedMs() - startedMs < PATIENCE_MS)
    })
  }

  it('take no long time, however many small fields they are made of', () => {
    const fields = [Uint8Array.of(15 << 3, 0), Uint8Array.of((2 << 3) | 2, 0), Uint8Array.of((15 << 3) | 2, 0)]
    for (const field of fields) {
      const data = Buffer.alloc(limit, field)
      const startedMs = computedMs()
      assert.ok(decodeOrRefuse(data))
      assert.ok(computedMs() - startedMs < PATIENCE_MS)
    }
  })
})

/** A message as the other library has it: numbers of 64 bits as text, and bytes of a class of its choice. */
function forThem(message: WireMessage, bytesOf: (value: Uint8Array) => Uint8Array = (value) => value) {
  const attestations = message.attestations.map(({ pair, source, price, proposer, round, observedAt, signatures }) => ({
    pair,
    source,
    price: bytesOf(price),
    proposer: bytesOf(proposer),
    round: round.toString(),
    observedAt: observedAt.toString(),
    signatures: signatures.map((signature) => bytesOf(signature)),
  }))
  return { ...message, attestations }
}

describe('another protobuf library with price-message.proto', () => {
  const schema = readFileSync(new URL('../../src/gossip/price-message.proto', import.meta.url), 'utf8')
  const theirs = protobuf.parse(schema).root.lookupType('gossip_price.v1.PriceMessage')

  function readByThem(data: Uint8Array): object {
    return theirs.toObject(theirs.decode(Buffer.from(data)), { longs: String, defaults: true })
  }

  it('reads what we write', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        assert.deepEqual(
          readByThem(encodePriceMessage(message)),
          forThem(message, (value) => Buffer.from(value)),
        )
      }),
      { numRuns: 500 },
    )
  })

  it('writes what we read', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const data = theirs.encode(theirs.fromObject(forThem(message))).finish()
        assert.deepEqual(decodePriceMessage(data), message)
      }),
      { numRuns: 500 },
    )
  })

  it('may know more fields than we do, of every wire type: they are skipped', () => {
    const later = schema
      .replace(
        /repeated Attestation attestations = 4;/,
        '$& uint64 a = 5; fixed64 b = 16; string c = 2047; fixed32 d = 9;',
      )
      .replace(/repeated bytes signatures = 7;/, '$& sint64 a = 8; double b = 16; PriceMessage c = 2047; float d = 9;')
    const laterType = protobuf.parse(later).root.lookupType('gossip_price.v1.PriceMessage')
    const more = { a: '18446744073709551615', b: 1, c: 'text', d: 4_294_967_295 }
    const moreInside = { a: '-9007199254740993', b: 0.5, c: forThem(full), d: 0.5 }
    const message = forThem(full)
    const data = laterType
      .encode(
        laterType.fromObject({
          ...message,
          ...more,
          attestations: message.attestations.map((one) => Object.assign(one, moreInside)),
        }),
      )
      .finish()
    assert.ok(data.length > encodePriceMessage(full).length + 400)
    assert.deepEqual(decodePriceMessage(data), full)
  })
})
