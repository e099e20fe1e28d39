import * as fc from 'fast-check'
import { NoticeSigner } from '../../src/consensus/notice-signer.ts'
import { OPEN_SIGNERS_HASH } from '../../src/core/agreed-constants.ts'
import { type Hex, toHex } from '../../src/core/hex.ts'
import { DEVIATION_SCALE } from '../../src/core/network.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { PRICE_LIMIT, type Price } from '../../src/core/price.ts'
import { REFUSAL_REASONS, type Refusal } from '../../src/core/refusal.ts'
import type { StatementId } from '../../src/core/statement.ts'
import type { Address } from '../../src/core/address.ts'
import type { AgreedConstants, NodeReport, NodeStatus } from '../../src/core/status.ts'
import { INTERVAL_MS, OBSERVED_AT, type TestSigner, digest, price, statement } from './statements.ts'

/** Signs status and refusals with the key of a test signer. */
export function noticeSigner(key: TestSigner): NoticeSigner {
  return new NoticeSigner({ curve: nobleSecp256k1, key })
}

/** Constants of the network of a test statement. */
export function constants(overrides: Partial<AgreedConstants> = {}): AgreedConstants {
  return {
    network: statement().network,
    pairs: ['BTC-USD', 'ETH-USD'],
    source: 'coinbase',
    intervalMs: INTERVAL_MS,
    quietPeriodMs: 30_000,
    minimumSigners: 3,
    maximumSigners: 16,
    maxDeviation: DEVIATION_SCALE / 100n,
    signerCount: 4,
    signersHash: `0x${'5a'.repeat(32)}`,
    ...overrides,
  }
}

/** Of a node that has just begun and knows nothing. */
export const FIRST_REPORT: NodeReport = {
  uptimeMs: 0,
  peers: [],
  clockOffsetMs: undefined,
  received: [],
  outbox: 0,
  lastCommittedAtMs: undefined,
  historyRoot: undefined,
}

/** A sound report. */
export function report(overrides: Partial<NodeReport> = {}): NodeReport {
  return {
    uptimeMs: 86_400_000,
    peers: ['12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo', 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'],
    clockOffsetMs: -12,
    received: [
      { signer: '0x00000000000000000000000000000000000000aa' as Address, statements: 144, signatures: 432 },
      { signer: '0x00000000000000000000000000000000000000bb' as Address, statements: 0, signatures: 7 },
    ],
    outbox: 1,
    lastCommittedAtMs: OBSERVED_AT - INTERVAL_MS,
    historyRoot: `0x${'8e'.repeat(32)}`,
    ...overrides,
  }
}

/** A sound status. */
export function status(overrides: Partial<NodeStatus> = {}): NodeStatus {
  return {
    peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    instance: '0x000102030405060708090a0b0c0d0e0f',
    sequence: 7,
    sentAt: OBSERVED_AT,
    agent: 'gossip-price/0.1.0',
    constants: constants(),
    report: report(),
    ...overrides,
  }
}

/** A sound refusal of a test statement, because of its price. */
export function refusal(overrides: Partial<Refusal> = {}): Refusal {
  return {
    network: statement().network,
    statement: digest(statement()),
    reason: 'deviation',
    ownPrice: price('2900.5'),
    signedInstead: undefined,
    refusedAt: OBSERVED_AT + 1_000,
    ...overrides,
  }
}

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
const pair = fc.stringMatching(/^[A-Z0-9]{1,16}-[A-Z0-9]{1,16}$/)
const hexOf = (bytes: number): fc.Arbitrary<Hex> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => toHex(value))
const anyId = hexOf(32) as fc.Arbitrary<StatementId>
const anyPrice = fc.bigInt({ min: 1n, max: PRICE_LIMIT - 1n }) as fc.Arbitrary<Price>

/** Constants that a configuration can hold, and then some. */
export const anyConstants: fc.Arbitrary<AgreedConstants> = fc
  .tuple(fc.constantFrom(0, 1, 2, 65_535), fc.integer({ min: 1, max: 64 }))
  .chain(([signerCount, minimumSigners]) =>
    fc.record(
      {
        network: name,
        pairs: fc.uniqueArray(pair, { minLength: 1, maxLength: 64 }).map((pairs) => pairs.toSorted()),
        source: name,
        intervalMs: fc.maxSafeNat().filter((value) => value > 0),
        quietPeriodMs: fc.maxSafeNat().filter((value) => value > 0),
        minimumSigners: fc.constant(minimumSigners),
        maximumSigners: fc.integer({ min: minimumSigners, max: 64 }),
        maxDeviation: fc.bigInt({ min: 0n, max: DEVIATION_SCALE }),
        signerCount: fc.constant(signerCount),
        signersHash: signerCount === 0 ? fc.constant(OPEN_SIGNERS_HASH) : hexOf(32),
      },
      { noNullPrototype: true },
    ),
  )

const anyCount = fc.maxSafeNat()

export const anyReport: fc.Arbitrary<NodeReport> = fc.record(
  {
    uptimeMs: anyCount,
    peers: fc.uniqueArray(fc.stringMatching(/^[A-Za-z0-9]{1,64}$/), { maxLength: 32 }).map((peers) => peers.toSorted()),
    clockOffsetMs: fc.option(fc.maxSafeInteger(), { nil: undefined }),
    received: fc
      .uniqueArray(
        fc
          .record(
            { signer: hexOf(20) as fc.Arbitrary<Address>, statements: anyCount, signatures: anyCount },
            { noNullPrototype: true },
          )
          .filter(({ statements, signatures }) => statements + signatures > 0),
        { maxLength: 32, selector: ({ signer }) => signer },
      )
      .map((received) => received.toSorted((a, b) => (a.signer < b.signer ? -1 : 1))),
    outbox: anyCount,
    lastCommittedAtMs: fc.option(
      anyCount.filter((value) => value > 0),
      { nil: undefined },
    ),
    historyRoot: fc.option(
      hexOf(32).filter((root) => /[1-9a-f]/.test(root.slice(2))),
      { nil: undefined },
    ),
  },
  { noNullPrototype: true },
)

export const anyStatus: fc.Arbitrary<NodeStatus> = fc.record(
  {
    peerId: fc.stringMatching(/^[A-Za-z0-9]{1,128}$/),
    instance: hexOf(16),
    sequence: fc.maxSafeNat(),
    sentAt: fc.maxSafeNat(),
    agent: fc.stringMatching(/^[ -~]{1,64}$/),
    constants: anyConstants,
    report: anyReport,
  },
  { noNullPrototype: true },
)

export const anyRefusal: fc.Arbitrary<Refusal> = fc.constantFrom(...REFUSAL_REASONS).chain((reason) =>
  fc.record(
    {
      network: name,
      statement: anyId,
      reason: fc.constant(reason),
      ownPrice: reason === 'deviation' ? anyPrice : fc.constant(undefined),
      signedInstead: reason === 'slot-signed' ? anyId : fc.constant(undefined),
      refusedAt: fc.maxSafeNat(),
    },
    { noNullPrototype: true },
  ),
)
