import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromHex } from '../../src/core/hex.ts'
import type { Attestation, PriceStatement } from '../../src/core/statement.ts'
import {
  IGNORE_CODES,
  type IgnoreCode,
  REJECT_CODES,
  type RejectCode,
  type Verdict,
  ignore,
  isUnjudged,
  reject,
} from '../../src/core/verdict.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { LANE_LIMIT } from '../../src/gossip/inbox.ts'
import {
  ATTESTATIONS_LIMIT,
  MESSAGE_BYTES_LIMIT,
  SIGNATURES_LIMIT,
  type WireAttestation,
} from '../../src/gossip/wire.ts'
import { attestCheaply as attest } from '../helpers/engine-at-work.ts'
import {
  ALLOWED,
  type InboxAtWork,
  type InboxOptions,
  STRANGER,
  createInboxAtWork,
  message,
} from '../helpers/inbox-at-work.ts'
import { UNRECOVERABLE } from '../helpers/keyed-hash-curve.ts'
import { NOTICE_CASES, SOUND_REFUSALS, SOUND_STATUS } from '../helpers/notice-cases.ts'
import { REFUSED, createNoticesAtWork } from '../helpers/notices-at-work.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, dave, digest, price, statement } from '../helpers/statements.ts'

interface Case {
  readonly name: string
  readonly bytes: Uint8Array | ((node: InboxAtWork) => Uint8Array)
  readonly options?: InboxOptions
  /** Who sends it; a peer of a signer when left out. */
  readonly from?: string
  /** What happens before the message comes. */
  readonly before?: (node: InboxAtWork) => Promise<unknown> | void
  /** How many signatures may be recovered on account of the message: 0 when something cheaper refuses it. */
  readonly recoveries?: number
  /** Whether something of the message counts all the same. */
  readonly counts?: boolean
}

const sound = attest(statement(), alice, bob)

/** One attestation, its wire form changed. */
function altered(changes: Partial<WireAttestation>): Uint8Array {
  return message([{ ...wireAttestation(sound), ...changes }])
}

/** The sound attestation with a signature more, changed byte by byte. */
function signedAlso(changes: Readonly<Record<number, number>>): Uint8Array {
  const { signatures } = wireAttestation(attest(statement(), carol))
  const signature = Uint8Array.from(signatures[0] ?? [])
  for (const [index, byte] of Object.entries(changes)) signature[Number(index)] = byte
  return altered({ signatures: [...wireAttestation(sound).signatures, signature] })
}

function signatureWith(part: 'r' | 's', hex: `0x${string}`): Uint8Array {
  const bytes = fromHex(hex)
  return signedAlso(Object.fromEntries([...bytes].map((byte, index) => [index + (part === 'r' ? 0 : 32), byte])))
}

function signatureAgain({ curve }: InboxAtWork, signed: PriceStatement, { privateKey }: typeof alice): Uint8Array {
  return curve.signAgain(fromHex(digest(signed)), privateKey.reveal())
}

const quorum = attest(statement(), alice, bob, carol)
const withDave = message([attest(statement(), alice, dave)])

const ZERO = `0x${'00'.repeat(32)}` as const
const ORDER = '0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'
const HALF_ORDER_AND_ONE = '0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a1'

/** Of the topic of prices. */
const CASES: Readonly<Partial<Record<IgnoreCode | RejectCode, readonly Case[]>>> = {
  known: [
    { name: 'the same bytes again', before: (node) => node.receive(sound), bytes: message([sound]) },
    { name: 'another attempt', before: (node) => node.receive(sound), bytes: message([sound], { attempt: 1 }) },
    {
      name: 'a part of what is held',
      before: (node) => node.receive(quorum),
      bytes: message([sound]),
    },
    {
      name: 'what is held, in another order, the proposer first',
      before: (node) => node.receive(quorum),
      bytes: message([{ ...wireAttestation(quorum), signatures: shuffled(quorum) }]),
    },
    {
      name: 'what is in the table',
      async before(node) {
        await node.receive(quorum)
        node.engine.handle({ kind: 'outcome', id: quorum.id, outcome: { kind: 'written' } }, node.clock.now())
      },
      bytes: message([quorum]),
    },
  ],
  version: [
    { name: 'a version to come', bytes: message([sound], { version: 2 }) },
    { name: 'no version', bytes: message([sound], { version: 0 }) },
    {
      name: 'a version to come, with more in it than this one allows',
      bytes: message(
        Array.from({ length: ATTESTATIONS_LIMIT + 1 }, () => sound),
        { version: 2 },
      ),
    },
    { name: 'a version to come, of another network', bytes: message([sound], { version: 2, network: 'another' }) },
  ],
  'unknown-pair': [
    { name: 'a pair that is not ours', bytes: message([attest(statement({ pair: 'LTC-USD' }), alice)]) },
  ],
  'unknown-source': [
    { name: 'a source that is not ours', bytes: message([attest(statement({ source: 'kraken' }), alice)]) },
  ],
  stale: [
    {
      name: 'a round whose collect window has ended',
      before: ({ clock }) => clock.advance(2 * INTERVAL_MS),
      bytes: message([sound]),
    },
    { name: 'the year 1970', bytes: message([attest(statement({ observedAt: 0 }), alice)]) },
  ],
  early: [
    {
      name: '10.001 s ahead of our clock',
      bytes: message([attest(statement({ observedAt: OBSERVED_AT + 10_001 }), alice)]),
    },
    { name: 'the end of time', bytes: message([attest(statement({ observedAt: Number.MAX_SAFE_INTEGER }), alice)]) },
  ],
  settled: [
    {
      name: 'a signature more for what is in the table',
      async before(node) {
        await node.receive(quorum)
        node.engine.handle({ kind: 'outcome', id: quorum.id, outcome: { kind: 'written' } }, node.clock.now())
      },
      bytes: withDave,
    },
  ],
  late: [
    {
      name: 'a signature more for a set that is closed',
      async before(node) {
        await node.receive(quorum)
        await node.clock.advance(30_000)
        node.engine.handle({ kind: 'tick' }, node.clock.now())
      },
      bytes: withDave,
    },
  ],
  'slot-full': [
    {
      name: 'the third statement of a slot',
      async before(node) {
        await node.receive(sound, attest(statement({ price: price('1') }), alice))
      },
      bytes: message([attest(statement({ price: price('2') }), alice)]),
    },
  ],
  'round-full': [
    {
      name: 'a signer more than an open network keeps in a round',
      options: { open: true, rules: { signersPerRound: 2 } },
      before: (node) => node.receive(sound),
      bytes: message([attest(statement(), alice, carol)]),
      recoveries: 1,
    },
  ],
  'signer-rate': [
    {
      name: 'more signatures of a proposer than any traffic needs',
      options: { limits: { signatureBucket: { capacity: 1, refillPerSecond: 0.001 } } },
      before: (node) => node.receive(attest(statement({ pair: 'BTC-USD' }), alice)),
      bytes: message([sound]),
      recoveries: 1,
    },
    {
      name: 'more signatures of another signer',
      options: { limits: { signatureBucket: { capacity: 2, refillPerSecond: 0.001 } } },
      async before(node) {
        for (const text of ['1', '2']) {
          await node.receive(attest(statement({ pair: 'BTC-USD', price: price(text), proposer: bob.address }), bob))
        }
      },
      bytes: message([sound]),
      recoveries: 2,
      counts: true,
    },
  ],
  flood: [
    {
      name: 'more messages of a peer than the whole network has',
      options: { limits: { messageBucket: { capacity: 1, refillPerSecond: 0.001 } } },
      before: (node) => node.receive(attest(statement({ pair: 'BTC-USD' }), alice)),
      bytes: message([sound]),
    },
    {
      name: 'more bytes',
      options: { limits: { byteBucket: { capacity: 10, refillPerSecond: 0.001 } } },
      bytes: message([sound]),
    },
  ],
  budget: [
    {
      name: 'of peers that nobody vouches for, when their time is used up',
      from: 'stranger',
      before: (node) => spendAll(node, 'stranger'),
      bytes: message([sound]),
    },
  ],
  'signer-not-allowed': [
    {
      name: 'a proposer that is not allowed',
      bytes: message([attest(statement({ proposer: STRANGER.address }), STRANGER, alice)]),
    },
    {
      name: 'a signer that is not allowed',
      bytes: message([attest(statement(), alice, STRANGER)]),
      recoveries: 2,
      counts: true,
    },
    {
      name: 'a forged signature, which is the signature of somebody unheard of',
      bytes: signedAlso({ 40: 0 }),
      recoveries: 3,
      counts: true,
    },
  ],
  'second-signature': [
    {
      name: 'another signature by the proposer',
      before: (node) => node.receive(sound),
      bytes: (node) => altered({ signatures: [signatureAgain(node, statement(), alice)] }),
      recoveries: 1,
    },
    {
      name: 'another signature by another signer',
      before: (node) => node.receive(sound),
      bytes: (node) => {
        const [first = new Uint8Array()] = wireAttestation(sound).signatures
        return altered({ signatures: [first, signatureAgain(node, statement(), bob)] })
      },
      recoveries: 1,
    },
  ],
  overload: [
    {
      name: 'one message more than may wait',
      before({ inbox }) {
        for (let i = 0; i <= LANE_LIMIT; i++) void inbox.receive(message([], { attempt: i }))
      },
      bytes: message([sound]),
    },
  ],
  'internal-error': [
    {
      name: 'a mistake of ours',
      before({ engine }) {
        engine.pool.signaturesOf = () => {
          throw new TypeError('x is not a function')
        }
      },
      bytes: message([sound]),
    },
  ],

  oversize: [{ name: 'a byte above the limit', bytes: new Uint8Array(MESSAGE_BYTES_LIMIT + 1) }],
  malformed: [
    { name: 'random bytes', bytes: fromHex('0x8f3b02c7ffffffffffffffffff01') },
    { name: 'a message cut off', bytes: message([sound]).slice(0, -1) },
    { name: 'a number of 6 bytes where 5 are enough', bytes: fromHex('0x0801188080808080000801') },
    { name: 'a length of 6 bytes', bytes: fromHex('0x08011286808080800061626364656565656565') },
    {
      name: 'a length of 6 bytes in what is not known',
      bytes: fromHex('0x0801fa0186808080800061626364656565656565'),
    },
    { name: 'more signatures than any network has', bytes: altered({ signatures: many(SIGNATURES_LIMIT + 1) }) },
  ],
  'wrong-network': [{ name: 'the name of another network', bytes: message([sound], { network: 'another' }) }],
  empty: [{ name: 'no attestations', bytes: message([]) }],
  'bad-pair': [
    { name: 'no pair', bytes: altered({ pair: '' }) },
    { name: 'lower case', bytes: altered({ pair: 'eth-usd' }) },
    { name: 'a line break at its end', bytes: altered({ pair: 'ETH-USD\n' }) },
  ],
  'bad-price': [
    { name: 'no price', bytes: altered({ price: new Uint8Array() }) },
    { name: 'price 0', bytes: altered({ price: Uint8Array.of(0) }) },
    { name: 'a leading zero byte', bytes: altered({ price: Uint8Array.of(0, 1) }) },
    { name: '10^18', bytes: altered({ price: fromHex(`0x${(10n ** 36n).toString(16)}`) }) },
    { name: '32 bytes', bytes: altered({ price: new Uint8Array(32).fill(0xff) }) },
  ],
  'bad-round': [
    { name: 'the round after', bytes: altered({ round: BigInt(statement().round) + 1n }) },
    { name: '2^64 rounds later', bytes: altered({ round: 2n ** 64n - 1n }) },
  ],
  'bad-time': [{ name: '2^53 ms', bytes: altered({ observedAt: 2n ** 53n }) }],
  'bad-source': [
    { name: 'no source', bytes: altered({ source: '' }) },
    { name: '65 letters', bytes: altered({ source: 'x'.repeat(65) }) },
  ],
  'bad-proposer': [
    { name: 'no proposer', bytes: altered({ proposer: new Uint8Array() }) },
    { name: '21 bytes', bytes: altered({ proposer: new Uint8Array(21) }) },
  ],
  'too-many-signatures': [{ name: '17 of 16', bytes: altered({ signatures: many(17) }) }],
  'signature-length': [
    { name: '64 bytes', bytes: altered({ signatures: [new Uint8Array(64).fill(1)] }) },
    { name: '66 bytes', bytes: altered({ signatures: [new Uint8Array(66).fill(1)] }) },
    { name: 'none', bytes: altered({ signatures: [new Uint8Array()] }) },
  ],
  'signature-v': [0, 1, 26, 29].map((v) => ({ name: `v ${v}`, bytes: signedAlso({ 64: v }) })),
  'signature-range': [
    { name: 'r 0', bytes: signatureWith('r', ZERO) },
    { name: 'r n', bytes: signatureWith('r', ORDER) },
    { name: 's 0', bytes: signatureWith('s', ZERO) },
    { name: 's n', bytes: signatureWith('s', ORDER) },
  ],
  'high-s': [{ name: 's one above the half', bytes: signatureWith('s', HALF_ORDER_AND_ONE) }],
  unrecoverable: [
    {
      name: 'an r that is on no point',
      bytes: altered({ signatures: [...wireAttestation(sound).signatures, UNRECOVERABLE] }),
      recoveries: 3,
    },
  ],
  'proposer-signature': [
    { name: 'no signature at all', bytes: altered({ signatures: [] }) },
    { name: 'the proposer’s is missing', bytes: message([attest(statement(), bob, carol)]), recoveries: 1 },
    {
      name: 'the proposer’s is not the first',
      bytes: altered({ signatures: wireAttestation(sound).signatures.toReversed() }),
      recoveries: 1,
    },
    {
      name: 'the proposer’s is missing where it is held already',
      before: (node) => node.receive(sound),
      bytes: message([attest(statement(), carol)]),
      recoveries: 1,
    },
    {
      name: 'another held signature is in its place',
      before: (node) => node.receive(quorum),
      bytes: message([attest(statement(), bob, dave)]),
    },
    {
      name: 'the proposer is another than who signed',
      bytes: altered({ proposer: fromHex(carol.address) }),
      recoveries: 1,
    },
    { name: 'the price is another than what was signed', bytes: altered({ price: Uint8Array.of(1) }), recoveries: 1 },
  ],
  'duplicate-statement': [
    {
      name: 'one statement in two attestations',
      bytes: message([sound, attest(statement(), alice, carol)]),
      recoveries: 2,
    },
  ],
  'duplicate-signer': [
    { name: 'the same bytes twice', bytes: altered({ signatures: twice(wireAttestation(sound).signatures) }) },
    {
      name: 'two signatures of one signer',
      bytes: (node) => {
        const again = signatureAgain(node, statement(), bob)
        return altered({ signatures: [...wireAttestation(sound).signatures, again] })
      },
      recoveries: 3,
    },
    {
      name: 'two signatures of one signer, one of them held already, and one that is new',
      before: (node) => node.receive(sound),
      bytes: (node) => {
        const { signatures } = wireAttestation(attest(statement(), alice, bob, carol))
        return altered({ signatures: [...signatures, signatureAgain(node, statement(), bob)] })
      },
      recoveries: 2,
    },
  ],
}

/** So many different signatures, well formed, of nobody. */
function many(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    const signature = new Uint8Array(65).fill(1)
    signature[5] = index
    signature[64] = 27
    return signature
  })
}

function twice<T>(items: readonly T[]): T[] {
  return [...items, ...items]
}

function shuffled(attestation: Attestation): Uint8Array[] {
  const [first, ...others] = wireAttestation(attestation).signatures
  return first === undefined ? [] : [first, ...others.toReversed()]
}

/** Verifies for a peer until it has no time left. */
function spendAll({ standing, clock }: InboxAtWork, peerId: string): void {
  standing.senderOf(peerId).budget.spend(() => clock.compute(60_000))
}

const CODES = [...IGNORE_CODES, ...REJECT_CODES]

const kindOf = (code: IgnoreCode | RejectCode): 'ignore' | 'reject' =>
  REJECT_CODES.some((each) => each === code) ? 'reject' : 'ignore'

/** A verdict without its severity. */
function plain(verdict: Verdict): unknown {
  return verdict.kind === 'accept' ? verdict : { kind: verdict.kind, code: verdict.code }
}

describe('every code of a verdict', () => {
  it('is produced by a message of these tables', () => {
    const tested = new Set<string>(NOTICE_CASES.map(({ code }) => code))
    for (const [code, cases] of Object.entries(CASES)) if (cases.length > 0) tested.add(code)
    assert.deepEqual([...tested].toSorted(), CODES.toSorted())
  })

  for (const code of CODES) {
    describe(code, () => {
      const kind = kindOf(code)

      for (const { name, bytes, before, options, from, recoveries = 0, counts = false } of CASES[code] ?? []) {
        it(`${kind} of prices: ${name}`, async () => {
          const node = createInboxAtWork({}, options)
          await before?.(node)
          const recoveriesBefore = node.curve.recoveries
          const deliveriesBefore = node.deliveries.length
          const data = typeof bytes === 'function' ? bytes(node) : bytes
          assert.deepEqual(plain(await node.inbox.receive(data, from)), { kind, code })
          assert.equal(node.curve.recoveries - recoveriesBefore, recoveries, 'recoveries')
          assert.equal(node.deliveries.length > deliveriesBefore, counts, 'whether something was delivered')
          const labels = { topic: 'prices', verdict: kind, code }
          assert.ok(node.counters.count('gp_messages_received_total', labels) >= 1)
        })
      }

      for (const { topic, name, bytes, from, before, recoveries = 0 } of NOTICE_CASES.filter(
        (each) => each.code === code,
      )) {
        it(`${kind} of ${topic}: ${name}`, async () => {
          const node = createNoticesAtWork()
          await before?.(node)
          const recoveriesBefore = node.curve.recoveries
          const refusedBefore = node.refused.length
          const verdict = topic === 'status' ? node.receiveStatus(bytes, from) : node.receiveRefusals(bytes, from)
          assert.deepEqual(plain(await verdict), { kind, code })
          assert.equal(node.curve.recoveries - recoveriesBefore, recoveries, 'recoveries')
          assert.equal(node.refused.length, refusedBefore)
          assert.ok(node.counters.count('gp_messages_received_total', { topic, verdict: kind, code }) >= 1)
        })
      }
    })
  }
})

describe('a message that comes from somebody else, too', () => {
  it('is looked at then when it was not looked at before, and else it is not', () => {
    const unjudged = [...IGNORE_CODES.map(ignore), ...REJECT_CODES.map(reject)].filter(isUnjudged)
    assert.deepEqual(unjudged.map(plain), [ignore('flood'), ignore('overload'), ignore('budget')])
    assert.equal(isUnjudged({ kind: 'accept' }), false)
  })
})

describe('the table’s sound message', () => {
  it('is accepted, or the table would show nothing', async () => {
    const node = createInboxAtWork()
    assert.deepEqual(await node.receive(sound), { kind: 'accept' })
    assert.equal(ALLOWED.includes(STRANGER), false)
  })

  it('is accepted on the other topics too', async () => {
    const node = createNoticesAtWork()
    await node.receive(REFUSED)
    assert.deepEqual(await node.receiveStatus(SOUND_STATUS), { kind: 'accept' })
    assert.deepEqual(await node.receiveRefusals(SOUND_REFUSALS), { kind: 'accept' })
  })
})
