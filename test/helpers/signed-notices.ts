import * as fc from 'fast-check'
import { NoticeSigner } from '../../src/consensus/notice-signer.ts'
import { OPEN_SIGNERS_HASH } from '../../src/core/agreed-constants.ts'
import { type Hex, toHex } from '../../src/core/hex.ts'
import { DEVIATION_SCALE } from '../../src/core/network.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { PRICE_LIMIT, type Price } from '../../src/core/price.ts'
import { REFUSAL_REASONS, type Refusal } from '../../src/core/refusal.ts'
import type { StatementId } from '../../src/core/statement.ts'
import type { AgreedConstants, NodeStatus } from '../../src/core/status.ts'
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

/** A sound status. */
export function status(overrides: Partial<NodeStatus> = {}): NodeStatus {
  return {
    peerId: '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp',
    instance: '0x000102030405060708090a0b0c0d0e0f',
    sequence: 7,
    sentAt: OBSERVED_AT,
    agent: 'gossip-price/0.1.0',
    constants: constants(),
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

export const anyStatus: fc.Arbitrary<NodeStatus> = fc.record(
  {
    peerId: fc.stringMatching(/^[A-Za-z0-9]{1,128}$/),
    instance: hexOf(16),
    sequence: fc.maxSafeNat(),
    sentAt: fc.maxSafeNat(),
    agent: fc.stringMatching(/^[ -~]{1,64}$/),
    constants: anyConstants,
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
