import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import type { Address } from '../../src/core/address.ts'
import { PRICE_LIMIT, type Price } from '../../src/core/price.ts'
import type { Attestation, StatementId } from '../../src/core/statement.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { GATHER_MS, Publisher } from '../../src/gossip/publisher.ts'
import {
  ATTESTATIONS_LIMIT,
  MESSAGE_BYTES_LIMIT,
  SIGNATURES_LIMIT,
  type WireMessage,
  decodePriceMessage,
} from '../../src/gossip/wire.ts'
import { attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'
import { alice, bob, carol, digest, round, statement } from '../helpers/statements.ts'

const LONGEST_NAME = 'n'.repeat(64)

function createPublisher({ network = statement().network } = {}) {
  const clock = new ManualClock()
  const counters = new RecordingCounters()
  const logger = new RecordingLogger()
  const held = new Map<StatementId, Attestation>()
  const sent: Uint8Array[] = []
  let refusal: Error | undefined
  const topic = {
    publish(data: Uint8Array): Promise<number> {
      if (refusal !== undefined) return Promise.reject(refusal)
      sent.push(data)
      return Promise.resolve(1)
    },
  }
  const attestationOf = (id: StatementId) => held.get(id)
  const publisher = new Publisher({ topic, attestationOf, clock, counters, logger }, { network })
  return {
    publisher,
    clock,
    counters,
    logger,
    held,
    topic,
    sent,
    refuse(reason: Error | undefined) {
      refusal = reason
    },
    publish(attestation: Attestation, attempt = 0) {
      held.set(attestation.id, attestation)
      publisher.publish(attestation.id, attempt)
    },
    messages: (): WireMessage[] => sent.map(decodePriceMessage),
    pairsSent: (): string[][] => sent.map((data) => decodePriceMessage(data).attestations.map(({ pair }) => pair)),
  }
}

const ofPair = (pair: string) => attest(statement({ pair }), alice)

/** An attestation with so many signatures, none of them real, and every field as long as can be if `long`. */
function sized(number: number, size: { readonly signatures: number; readonly long: boolean }): Attestation {
  const short = statement({ pair: `P${number}-USD` })
  const long = statement({
    network: LONGEST_NAME,
    pair: `P${number}-`.padStart(17, 'X') + 'Y'.repeat(16),
    price: (PRICE_LIMIT - 1n) as Price,
    observedAt: Number.MAX_SAFE_INTEGER,
    round: round(Number.MAX_SAFE_INTEGER),
    source: 's'.repeat(64),
  })
  const one = size.long ? long : short
  const signers = Array.from({ length: size.signatures }, (_, index) =>
    index === 0 ? one.proposer : (`0x${index.toString(16).padStart(40, '0')}` as Address),
  )
  const signature = new Uint8Array(65).fill(0xff)
  return { id: digest(one), statement: one, signatures: new Map(signers.map((signer) => [signer, signature])) }
}

describe('a statement', () => {
  it('is sent at once when nothing was sent just now, with all the signatures held, the proposer’s first', async () => {
    const node = createPublisher()
    const attestation = attest(statement({ proposer: carol.address }), alice, bob, carol)
    node.publish(attestation)
    await node.clock.advance(0)
    assert.deepEqual(node.messages(), [
      { version: 1, network: 'test-network', attempt: 0, attestations: [wireAttestation(attestation)] },
    ])
    const first = node.messages()[0]?.attestations[0]?.signatures[0]
    assert.deepEqual(first, attestation.signatures.get(carol.address))
  })

  it('is sent as it is held at that moment, once, however often that was asked for', async () => {
    const node = createPublisher()
    node.publish(ofPair('ETH-USD'))
    node.publish(attest(statement(), alice, bob))
    await node.clock.advance(0)
    assert.deepEqual(
      node.messages().map(({ attestations }) => attestations),
      [[wireAttestation(attest(statement(), alice, bob))]],
    )
  })

  it('that is gone is not sent, and no empty message either', async () => {
    const node = createPublisher()
    node.publish(ofPair('ETH-USD'))
    node.held.clear()
    await node.clock.advance(0)
    assert.deepEqual(node.sent, [])
  })
})

describe('gathering', () => {
  it('puts what comes together into one message, in order', async () => {
    const node = createPublisher()
    for (const pair of ['ETH-USD', 'BTC-USD', 'LTC-USD']) node.publish(ofPair(pair))
    await node.clock.advance(0)
    assert.deepEqual(node.pairsSent(), [['ETH-USD', 'BTC-USD', 'LTC-USD']])
  })

  it(`puts what comes within ${GATHER_MS} ms of a message into the next, which goes when they are over`, async () => {
    const node = createPublisher()
    node.publish(ofPair('ETH-USD'))
    await node.clock.advance(0)
    node.publish(ofPair('BTC-USD'))
    await node.clock.advance(GATHER_MS - 1)
    node.publish(ofPair('LTC-USD'))
    assert.equal(node.sent.length, 1)
    await node.clock.advance(1)
    assert.deepEqual(node.pairsSent(), [['ETH-USD'], ['BTC-USD', 'LTC-USD']])
    await node.clock.advance(GATHER_MS)
    node.publish(ofPair('ETH-USD'))
    await node.clock.advance(0)
    assert.equal(node.sent.length, 3)
  })

  it('leaves no timer behind', async () => {
    const node = createPublisher()
    node.publish(ofPair('ETH-USD'))
    await node.clock.advance(GATHER_MS)
    assert.equal(node.clock.pending, 0)
  })
})

describe('a message', () => {
  it(`holds at most ${ATTESTATIONS_LIMIT} attestations`, async () => {
    const node = createPublisher()
    for (let i = 0; i <= ATTESTATIONS_LIMIT; i++) node.publish(sized(i, { signatures: 1, long: false }))
    await node.clock.advance(0)
    assert.deepEqual(
      node.messages().map(({ attestations }) => attestations.length),
      [ATTESTATIONS_LIMIT, 1],
    )
  })

  it('is never longer than a message may be, though every name is as long and every set as full as can be', async () => {
    const node = createPublisher({ network: LONGEST_NAME })
    const count = 50
    for (let i = 0; i < count; i++) node.publish(sized(i, { signatures: SIGNATURES_LIMIT, long: true }), 2 ** 32 - 1)
    await node.clock.advance(0)
    for (const data of node.sent) assert.ok(data.length <= MESSAGE_BYTES_LIMIT, `${data.length} bytes`)
    assert.equal(node.messages().flatMap(({ attestations }) => attestations).length, count)
    const fewest = Math.ceil(Buffer.concat(node.sent).length / MESSAGE_BYTES_LIMIT)
    assert.ok(node.sent.length <= fewest + 1, `${node.sent.length} messages where ${fewest} would do`)
  })

  it('is never longer than a message may be, whatever is gathered; everything is sent once, in order', async () => {
    const size = fc.record({ signatures: fc.integer({ min: 1, max: SIGNATURES_LIMIT }), long: fc.boolean() })
    await fc.assert(
      fc.asyncProperty(fc.array(size, { maxLength: 80 }), async (sizes) => {
        const node = createPublisher({ network: LONGEST_NAME })
        const gathered = sizes.map((one, index) => sized(index, one))
        for (const attestation of gathered) node.publish(attestation)
        await node.clock.advance(0)
        for (const data of node.sent) assert.ok(data.length <= MESSAGE_BYTES_LIMIT, `${data.length} bytes`)
        assert.deepEqual(
          node.pairsSent().flat(),
          gathered.map(({ statement: { pair } }) => pair),
        )
      }),
      { numRuns: 40 },
    )
  })

  it('carries the highest attempt of what it holds, so that its bytes differ from all before', async () => {
    const node = createPublisher()
    const [eth, btc] = [ofPair('ETH-USD'), ofPair('BTC-USD')]
    for (const attempt of [0, 1, 2, 3]) {
      node.publish(eth, attempt)
      node.publish(btc, 0)
      node.publish(eth, 0)
      await node.clock.advance(GATHER_MS)
    }
    assert.deepEqual(
      node.messages().map(({ attempt }) => attempt),
      [0, 1, 2, 3],
    )
    assert.equal(new Set(node.sent.map((data) => Buffer.from(data).toString('hex'))).size, 4)
  })

  it('carries no attempt of what is in another message', async () => {
    const node = createPublisher()
    for (let i = 0; i < ATTESTATIONS_LIMIT; i++) node.publish(sized(i, { signatures: 1, long: false }), 2)
    node.publish(ofPair('ETH-USD'), 1)
    await node.clock.advance(0)
    assert.deepEqual(
      node.messages().map(({ attempt }) => attempt),
      [2, 1],
    )
  })

  it('is counted, with its attestations and its bytes', async () => {
    const node = createPublisher()
    for (let i = 0; i <= ATTESTATIONS_LIMIT; i++) node.publish(sized(i, { signatures: 1, long: false }))
    await node.clock.advance(0)
    assert.equal(node.counters.count('gp_messages_published_total'), 2)
    assert.equal(node.counters.count('gp_attestations_published_total'), ATTESTATIONS_LIMIT + 1)
    assert.equal(node.counters.count('gp_published_bytes_total'), Buffer.concat(node.sent).length)
  })
})

describe('flush', () => {
  it('sends what is gathered without waiting, and nothing twice', async () => {
    const node = createPublisher()
    node.publish(ofPair('ETH-USD'))
    await node.clock.advance(0)
    node.publish(ofPair('BTC-USD'))
    await node.publisher.flush()
    assert.deepEqual(node.pairsSent(), [['ETH-USD'], ['BTC-USD']])
    assert.equal(node.clock.pending, 0)
    await node.publisher.flush()
    assert.equal(node.sent.length, 2)
  })

  it('resolves when everything is handed to the network, also what was on its way before', async () => {
    const node = createPublisher()
    const handOver: (() => void)[] = []
    node.topic.publish = () => new Promise((resolve) => handOver.push(() => resolve(1)))
    node.publish(ofPair('ETH-USD'))
    await node.clock.advance(0)
    node.publish(ofPair('BTC-USD'))
    let flushed = false
    const flushing = node.publisher.flush().finally(() => {
      flushed = true
    })
    const [first, second] = handOver
    second?.()
    await node.clock.settle()
    assert.equal(flushed, false)
    first?.()
    await flushing
  })
})

describe('a message that the network does not take', () => {
  it('is warned of, and the next one is sent', async () => {
    const node = createPublisher()
    node.refuse(new Error('no peers'))
    node.publish(ofPair('ETH-USD'))
    await node.publisher.flush()
    assert.equal(node.logger.at('warn').length, 1)
    node.refuse(undefined)
    node.publish(ofPair('BTC-USD'))
    await node.publisher.flush()
    assert.deepEqual(node.pairsSent(), [['BTC-USD']])
  })
})
