import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NetworkConstants } from '../../src/core/network.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { encodeRefusalMessage } from '../../src/gossip/refusal-wire.ts'
import { expectedTraffic } from '../../src/gossip/expected-traffic.ts'
import { type BucketSetting, TokenBucket } from '../../src/gossip/token-bucket.ts'
import { MESSAGE_BYTES_LIMIT, WIRE_VERSION, encodePriceMessage } from '../../src/gossip/wire.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { price, round, statement, testSigner, testSigners } from '../helpers/statements.ts'
import { networkOf } from '../helpers/traffic.ts'

const small = networkOf({ signers: 4 })
const large = networkOf({ signers: 64, pairs: 20, intervalMs: 10_000 })
const networks = {
  'of one signer': networkOf({ signers: 1, minimumSigners: 1, maximumSigners: 1 }),
  'of 4 signers and 600 s': small,
  'of 64 signers, 20 pairs and 10 s': large,
  'of 200 signers': networkOf({ signers: 200, maximumSigners: 64 }),
  'of rounds shorter than a second': networkOf({ signers: 4, intervalMs: 200 }),
  'that is open': networkOf({ signers: 0 }),
}

/** Whether a bucket grants `amount` at each of these times, in ones of `size`. */
function grants(
  setting: BucketSetting,
  { amount, size = 1, atMs }: { readonly amount: number; readonly size?: number; readonly atMs: readonly number[] },
): boolean {
  const bucket = new TokenBucket(setting, 0)
  return atMs.every((nowMs) => {
    for (let taken = 0; taken < amount; taken += size) if (!bucket.take(size, nowMs)) return false
    return true
  })
}

describe('expected traffic', () => {
  it('a round is signers × pairs statements, each published by whoever signs, and repeated below quorum', () => {
    assert.deepEqual(expectedTraffic(small).prices, {
      messagesPerRound: 4 * 4,
      messagesPerSecond: 16 / 600,
      // 4 statements, each published by 4 and repeated 3 times by 2.
      mostMessagesPerRound: 4 * (4 + 3 * 2),
      mostBytesPerRound: expectedTraffic(small).prices.mostBytesPerRound,
    })
    assert.equal(expectedTraffic(large).prices.messagesPerRound, 64 * 20 * 16)
  })

  it('of more signers than twice a set takes, only so many answer a statement', () => {
    const { prices, refusals } = expectedTraffic(large)
    assert.equal(prices.mostMessagesPerRound, 64 * 20 * (32 + 3 * 2))
    assert.equal(refusals.mostMessagesPerRound, 2 * 64 * 20 * 31)
    const between = expectedTraffic(networkOf({ signers: 20 }))
    assert.equal(between.prices.mostMessagesPerRound, 20 * (20 + 3 * 2))
    assert.equal(between.refusals.mostMessagesPerRound, 2 * 20 * 19)
  })

  it('every signer says every 15 s how it is, and less often in a network of more than 50', () => {
    assert.equal(expectedTraffic(small).status.messagesPerSecond, 4 / 15)
    assert.equal(expectedTraffic(large).status.messagesPerSecond, 1 / 0.3)
  })

  it('no refusal is expected, and at worst nobody signs what another proposes', () => {
    const { refusals } = expectedTraffic(small)
    assert.equal(refusals.messagesPerSecond, 0)
    assert.equal(refusals.mostMessagesPerRound, 2 * 4 * 3)
  })

  it('in an open network as many signers count as are kept', () => {
    const open = expectedTraffic(networks['that is open'])
    assert.equal(open.signers, 64)
    assert.equal(
      open.prices.mostMessagesPerRound,
      expectedTraffic(networkOf({ signers: 64 })).prices.mostMessagesPerRound,
    )
  })

  it('signers that come and go count in the rounds in which they may sign', () => {
    const entries = testSigners(6).map(({ address }, index) => ({
      address,
      fromRound: round(index < 3 ? 0 : 10),
      toRound: index < 3 ? round(9) : undefined,
    }))
    const constants: NetworkConstants = { ...small, signers: createSignerSet(entries) }
    assert.equal(expectedTraffic(constants).signers, 3)
  })

  for (const [which, constants] of Object.entries(networks)) {
    const traffic = expectedTraffic(constants)
    const topics = [traffic.prices, traffic.status, traffic.refusals]
    const messages = topics.reduce((sum, topic) => sum + topic.mostMessagesPerRound, 0)
    const bytes = topics.reduce((sum, topic) => sum + topic.mostBytesPerRound, 0)

    it(`in a network ${which}, one peer may bring the worst of two rounds at once, and of one in every round`, () => {
      const atMs = [0, ...Array.from({ length: 10 }, (_, index) => index * constants.intervalMs)]
      assert.ok(grants(traffic.messageBucket, { amount: Math.floor(messages), atMs }))
      const size = Math.min(MESSAGE_BYTES_LIMIT, traffic.byteBucket.capacity / 10)
      assert.ok(grants(traffic.byteBucket, { amount: bytes - size, size, atMs }))
    })

    it(`in a network ${which}, a signer may sign all of four rounds at once, and of two in every round`, () => {
      const amount = traffic.signers * constants.pairs.length
      const beginnings = Array.from({ length: 10 }, (_, index) => index * constants.intervalMs)
      const atMs = [0, 0, ...beginnings.flatMap((beginning) => [beginning, beginning])]
      assert.ok(grants(traffic.signatureBucket, { amount, atMs }))
    })

    it(`in a network ${which}, a peer that sends ten times the worst for ten rounds has an empty bucket`, () => {
      const floor = 10 * (128 + 4 * traffic.roundSeconds)
      const atMs = Array.from({ length: 10 }, (_, index) => index * constants.intervalMs)
      assert.ok(!grants(traffic.messageBucket, { amount: Math.ceil(10 * messages + floor), atMs }))
    })
  }

  it('in a network of four, signatures verified in vain run out long before they cost a second', () => {
    const { capacity, refillPerSecond } = expectedTraffic(small).wasteBucket
    assert.ok(capacity < 100, `${capacity}`)
    assert.ok(refillPerSecond < 1, `${refillPerSecond}`)
  })

  it('peers of dishonest signers, too few for a quorum, are not blamed for what these tell others', () => {
    const { wasteBucket } = expectedTraffic(networkOf({ signers: 4, pairs: 20 }))
    // Two of four sign each of 6 statements a pair twice, two of these being second ones, and refuse them as well.
    assert.ok(grants(wasteBucket, { amount: 2 * 2 * 6 * 20, atMs: [0, 0, 600_000, 1_200_000] }))
  })

  for (const count of [1, 64]) {
    it(`a message of ${count} takes no more bytes than are expected of it`, () => {
      const constants = networkOf({
        signers: 64,
        minimumSigners: 1,
        maximumSigners: count,
        network: 'n'.repeat(64),
        source: 's'.repeat(64),
        pairs: [`${'A'.repeat(16)}-${'B'.repeat(16)}`],
      })
      const { prices, refusals } = expectedTraffic(constants)
      const [pair = ''] = constants.pairs
      const { source, network } = constants
      const largest = { observedAt: Number.MAX_SAFE_INTEGER, price: price(`${'9'.repeat(18)}.${'9'.repeat(18)}`) }
      const proposed = statement({ pair, source, network, ...largest, round: round(Number.MAX_SAFE_INTEGER) })
      const signature = new Uint8Array(65)
      const signatures = new Map(testSigners(count).map(({ address }) => [address, signature]))
      const id = `0x${'f'.repeat(64)}` as StatementId
      const message = encodePriceMessage({
        version: WIRE_VERSION,
        network,
        attempt: 2 ** 32 - 1,
        attestations: [wireAttestation({ id, statement: proposed, signatures })],
      })
      assert.ok(message.length <= prices.mostBytesPerRound / prices.mostMessagesPerRound, `${message.length}`)

      const refusal = {
        network,
        statement: id,
        reason: 'slot-contested',
        ownPrice: largest.price,
        signedInstead: id,
        refusedAt: largest.observedAt,
      } as const
      const notice = encodeRefusalMessage([{ refusal, signer: testSigner(1).address, signature }], {
        network,
        attempt: 1,
      })
      assert.ok(notice.length <= refusals.mostBytesPerRound / refusals.mostMessagesPerRound, `${notice.length}`)
    })
  }
})
