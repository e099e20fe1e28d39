import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Holdings } from '../../src/consensus/holdings.ts'
import { isUnjudged, reject } from '../../src/core/verdict.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { LANE_LIMIT } from '../../src/gossip/inbox.ts'
import { MESSAGE_BYTES_LIMIT } from '../../src/gossip/wire.ts'
import { attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { type InboxAtWork, NEIGHBOUR, STRANGER, createInboxAtWork, message } from '../helpers/inbox-at-work.ts'
import { UNRECOVERABLE } from '../helpers/keyed-hash-curve.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, dave, price, statement } from '../helpers/statements.ts'

const eth = statement()
const btc = statement({ pair: 'BTC-USD', price: price('97000.01') })
const foreign = attest(statement({ pair: 'LTC-USD' }), alice)
const forged = { ...wireAttestation(attest(btc, alice)), price: Uint8Array.of(1) }

describe('a message is accepted', () => {
  it('when it is new; what it holds is delivered, not to be sent again', async () => {
    const node = createInboxAtWork()
    assert.deepEqual(await node.receive(attest(eth, alice, bob)), { kind: 'accept' })
    assert.deepEqual(node.deliveries, [{ attestations: [attest(eth, alice, bob)], reemit: false }])
    assert.equal(
      node.counters.count('gp_messages_received_total', { topic: 'prices', verdict: 'accept', code: 'new' }),
      1,
    )
  })

  it('when every part is new or known, and something is new; only that is delivered', async () => {
    const node = createInboxAtWork()
    await node.receive(attest(eth, alice, bob))
    assert.deepEqual(await node.receive(attest(eth, alice, bob), attest(btc, alice)), { kind: 'accept' })
    assert.deepEqual(await node.receive(attest(eth, alice, bob, carol), attest(btc, alice)), { kind: 'accept' })
    assert.deepEqual(
      node.deliveries.map(({ attestations }) => attestations),
      [[attest(eth, alice, bob)], [attest(btc, alice)], [attest(eth, carol)]],
    )
  })

  it('whatever the order of the signatures after the proposer’s', async () => {
    const node = createInboxAtWork()
    const wire = wireAttestation(attest(eth, alice, bob, carol, dave))
    const [first, ...others] = wire.signatures
    assert.ok(first)
    assert.deepEqual(await node.receive({ ...wire, signatures: [first, ...others.toReversed()] }), { kind: 'accept' })
    assert.equal(node.engine.pool.phaseOf(attest(eth).id), 'quorum')
  })

  it('when it is as long as a message may be', async () => {
    const node = createInboxAtWork()
    const shorter = message([attest(eth, alice)])
    // An unknown field of the length that is missing: its key and its length take 4 bytes.
    const paddingBytes = MESSAGE_BYTES_LIMIT - shorter.length - 4
    const padding = Buffer.concat([
      Uint8Array.of(
        (15 << 3) | 2,
        (paddingBytes & 0x7f) | 0x80,
        ((paddingBytes >> 7) & 0x7f) | 0x80,
        paddingBytes >> 14,
      ),
      Buffer.alloc(paddingBytes),
    ])
    const longest = Buffer.concat([shorter, padding])
    assert.equal(longest.length, MESSAGE_BYTES_LIMIT)
    assert.deepEqual(await node.inbox.receive(longest), { kind: 'accept' })
  })
})

describe('of an ignored message', () => {
  it('the valid, allowed parts are delivered, to be sent again without the rest', async () => {
    const node = createInboxAtWork()
    const verdict = await node.receive(foreign, attest(eth, alice, STRANGER, bob), attest(btc, alice))
    assert.deepEqual(verdict, { kind: 'ignore', code: 'unknown-pair' })
    assert.deepEqual(node.deliveries, [{ attestations: [attest(eth, alice, bob), attest(btc, alice)], reemit: true }])
  })

  it('of a statement that is not taken any more nothing is delivered, and of the others all', async () => {
    const node = createInboxAtWork()
    const old = attest(statement({ observedAt: OBSERVED_AT - 2 * INTERVAL_MS }), alice)
    assert.deepEqual(await node.receive(attest(eth, alice), old), { kind: 'ignore', code: 'stale' })
    assert.deepEqual(node.deliveries, [{ attestations: [attest(eth, alice)], reemit: true }])
  })

  it('nothing is delivered when nothing in it is new', async () => {
    const node = createInboxAtWork()
    await node.receive(attest(eth, alice))
    await node.receive(attest(eth, alice))
    assert.deepEqual(await node.receive(attest(eth, alice), foreign), { kind: 'ignore', code: 'unknown-pair' })
    assert.equal(node.deliveries.length, 1)
  })
})

describe('of a rejected message', () => {
  it('nothing is delivered, wherever the false part stands', async () => {
    const node = createInboxAtWork()
    for (const parts of [
      [forged, attest(eth, alice)],
      [attest(eth, alice), forged],
    ]) {
      assert.deepEqual(await node.receive(...parts), reject('proposer-signature'))
    }
    assert.deepEqual(node.deliveries, [])
    assert.equal(node.engine.pool.census().collecting, 0)
  })

  it('no signature is recovered when a part of it, be it the last, is false on its face', async () => {
    const node = createInboxAtWork()
    const misshapen = { ...wireAttestation(attest(btc, alice)), round: 0n }
    const verdict = await node.receive(attest(eth, alice, bob, carol), foreign, misshapen)
    assert.deepEqual(verdict, reject('bad-round'))
    assert.equal(node.curve.recoveries, 0)
  })

  it('no signature after the first false one is recovered', async () => {
    const node = createInboxAtWork()
    const wire = wireAttestation(attest(eth, alice, bob, carol))
    const [first, ...others] = wire.signatures
    assert.ok(first)
    const verdict = await node.receive({ ...wire, signatures: [first, UNRECOVERABLE, ...others] })
    assert.deepEqual(verdict, reject('unrecoverable'))
    assert.equal(node.curve.recoveries, 2)
  })
})

describe('a signature', () => {
  it('that is known is not recovered again', async () => {
    const node = createInboxAtWork()
    await node.receive(attest(eth, alice, bob, carol))
    assert.equal(node.curve.recoveries, 3)
    await node.receive(attest(eth, alice, bob, carol))
    assert.equal(node.curve.recoveries, 3)
    assert.deepEqual(await node.receive(attest(eth, alice, bob, carol, dave)), { kind: 'accept' })
    assert.equal(node.curve.recoveries, 4)
  })

  it('that is known does not vouch for another statement', async () => {
    const node = createInboxAtWork()
    await node.receive(attest(eth, alice))
    const { signatures } = wireAttestation(attest(eth, alice))
    const verdict = await node.receive({ ...wireAttestation(attest(btc, alice)), signatures })
    assert.deepEqual(verdict, reject('proposer-signature'))
  })

  it('by the proposer with other bytes does not keep the others from counting', async () => {
    const node = createInboxAtWork()
    await node.receive(attest(eth, alice))
    const again = node.curve.signAgain(Buffer.from(attest(eth).id.slice(2), 'hex'), alice.privateKey.reveal())
    const [bobs = new Uint8Array()] = wireAttestation(attest(eth, bob)).signatures
    const verdict = await node.receive({ ...wireAttestation(attest(eth, alice)), signatures: [again, bobs] })
    assert.deepEqual(verdict, { kind: 'ignore', code: 'second-signature' })
    assert.deepEqual(node.deliveries.at(-1), { attestations: [attest(eth, bob)], reemit: true })
  })
})

describe('the queue', () => {
  it('judges one message at a time, in order: what the first brings is known to the second', async () => {
    const node = createInboxAtWork({ breathe: () => new Promise((resolve) => setImmediate(resolve)) })
    const verdicts = await Promise.all([node.receive(attest(eth, alice)), node.receive(attest(eth, alice))])
    assert.deepEqual(verdicts, [{ kind: 'accept' }, { kind: 'ignore', code: 'known' }])
    assert.equal(node.curve.recoveries, 1)
  })

  it('drops what comes when it is full, and takes messages again when it is not', async () => {
    let goOn: (() => void) | undefined
    const held = new Promise<void>((resolve) => {
      goOn = resolve
    })
    const node = createInboxAtWork({ breathe: () => held })
    const waiting = Array.from({ length: LANE_LIMIT + 1 }, (_, attempt) =>
      node.inbox.receive(message([attest(eth, alice)], { attempt })),
    )
    assert.deepEqual(await node.receive(attest(btc, alice)), { kind: 'ignore', code: 'overload' })
    goOn?.()
    const verdicts = await Promise.all(waiting)
    assert.equal(verdicts.filter(({ kind }) => kind === 'accept').length, 1)
    assert.deepEqual(await node.receive(attest(btc, alice)), { kind: 'accept' })
  })
})

function broken(): never {
  throw new TypeError('x is not a function')
}

const brokenHoldings: Holdings = {
  signaturesOf: broken,
  setAsideOf: broken,
  refusalsOf: broken,
  notAdded: broken,
  heldInSlot: broken,
  isContested: broken,
  takesSigner: broken,
  roomForRefusals: broken,
  isOpen: broken,
  signersAround: broken,
}

describe('a mistake of ours', () => {
  const mistakes = [
    { where: 'deliver', components: { deliver: broken } },
    { where: 'holdings', components: { holdings: brokenHoldings } },
    { where: 'digest', components: { digest: broken } },
    { where: 'breathe', components: { breathe: () => Promise.reject(new TypeError('x is not a function')) } },
  ]

  for (const { where, components } of mistakes) {
    it(`in ${where} punishes nobody, is logged, and the next message is judged`, async () => {
      const node = createInboxAtWork(components)
      assert.deepEqual(await node.receive(attest(eth, alice)), { kind: 'ignore', code: 'internal-error' })
      const [line, ...more] = node.logger.lines
      assert.deepEqual(more, [])
      assert.equal(line?.level, 'error')
      assert.ok(line.facts['error'] instanceof TypeError)
      assert.equal(
        node.counters.count('gp_messages_received_total', {
          topic: 'prices',
          verdict: 'ignore',
          code: 'internal-error',
        }),
        1,
      )
      assert.deepEqual(await node.receive(), reject('empty'))
    })
  }
})

/** A node that has the statement in its table, with three signatures. */
async function settled(components: Parameters<typeof createInboxAtWork>[0] = {}): Promise<InboxAtWork> {
  const node = createInboxAtWork(components)
  await node.receive(attest(eth, alice, bob, carol))
  node.engine.handle({ kind: 'outcome', id: attest(eth).id, outcome: { kind: 'written' } }, node.clock.now())
  return node
}

describe('a signature that comes when the set of its statement is closed', () => {
  const rival = statement({ price: price('1') })

  it('is ignored, and not recovered, where its slot has one statement', async () => {
    const node = await settled()
    assert.deepEqual(await node.receive(attest(eth, alice, dave)), { kind: 'ignore', code: 'settled' })
    assert.equal(node.curve.recoveries, 3)
  })

  it('is told of, with the peer that sent it; what is known is not', async () => {
    const late: string[][] = []
    const node = await settled({ onLate: (id, peerId) => void late.push([id, peerId]) })
    await node.receive(attest(eth, alice, bob))
    assert.deepEqual(late, [])
    await node.receive(attest(eth, alice, dave))
    assert.deepEqual(late, [[attest(eth).id, NEIGHBOUR]])
  })

  it('is passed on once where its slot has two, since it may show who signed both', async () => {
    const node = await settled()
    assert.deepEqual(await node.receive(attest(rival, alice, dave)), { kind: 'accept' })
    assert.deepEqual(await node.receive(attest(eth, alice, dave)), { kind: 'accept' })
    assert.equal(node.engine.pool.signaturesOf(attest(eth).id)?.size, 3)
    assert.equal(node.engine.pool.setAsideOf(attest(eth).id)?.size, 1)
    assert.deepEqual(await node.receive(attest(eth, alice, dave)), { kind: 'ignore', code: 'known' })
    assert.equal(node.curve.recoveries, 6)
  })
})

/** A node that holds three signatures of the statement, and waits for its row. */
async function closed(): Promise<InboxAtWork> {
  const node = createInboxAtWork()
  await node.receive(attest(eth, alice, bob, carol))
  await node.clock.advance(30_000)
  node.engine.handle({ kind: 'tick' }, node.clock.now())
  return node
}

describe('a signature that may show who signed both statements of a slot', () => {
  const rival = statement({ price: price('1') })

  it('is passed on while the row is not yet written, too', async () => {
    const node = await closed()
    assert.deepEqual(await node.receive(attest(rival, alice)), { kind: 'accept' })
    assert.deepEqual(await node.receive(attest(eth, alice, dave)), { kind: 'accept' })
    assert.deepEqual([...(node.engine.pool.setAsideOf(attest(eth).id)?.keys() ?? [])], [dave.address])
  })

  it('is not passed on when the collect window has ended', async () => {
    const node = await closed()
    await node.receive(attest(rival, alice))
    await node.clock.advance(2 * INTERVAL_MS)
    const { recoveries } = node.curve
    assert.deepEqual(await node.receive(attest(eth, alice, dave)), { kind: 'ignore', code: 'stale' })
    assert.equal(node.curve.recoveries, recoveries)
  })

  it('is kept once: other bytes of its signer are a second signature', async () => {
    const node = await closed()
    await node.receive(attest(rival, alice))
    await node.receive(attest(eth, alice, dave))
    const again = node.curve.signAgain(Buffer.from(attest(eth).id.slice(2), 'hex'), dave.privateKey.reveal())
    const [first = new Uint8Array()] = wireAttestation(attest(eth, alice)).signatures
    const verdict = await node.receive({ ...wireAttestation(attest(eth, alice)), signatures: [first, again] })
    assert.deepEqual(verdict, { kind: 'ignore', code: 'second-signature' })
  })
})

describe('of the statements of one slot', () => {
  it('no more than two are verified, in one message too', async () => {
    const node = createInboxAtWork()
    const rivals = ['1', '2', '3'].map((text) => attest(statement({ price: price(text) }), alice))
    assert.deepEqual(await node.receive(...rivals), { kind: 'ignore', code: 'slot-full' })
    assert.equal(node.curve.recoveries, 2)
    assert.equal(node.engine.pool.heldInSlot(eth), 2)
  })
})

describe('statements of different slots', () => {
  it('do not count for each other in a message', async () => {
    const node = createInboxAtWork()
    const others = ['1', '2'].map((text) => attest(statement({ price: price(text), proposer: bob.address }), bob))
    assert.deepEqual(await node.receive(attest(eth, alice), ...others, attest(btc, alice)), { kind: 'accept' })
    assert.equal(node.engine.pool.census().collecting, 4)
  })
})

describe('a signature that counts nowhere', () => {
  it('is recovered once, however often it comes', async () => {
    const node = createInboxAtWork()
    await node.receive(attest(eth, alice, STRANGER))
    assert.equal(node.curve.recoveries, 2)
    await node.receive(attest(eth, alice, STRANGER))
    assert.equal(node.curve.recoveries, 2)
  })

  it('is held against who brings it, the first time', async () => {
    const node = createInboxAtWork({}, { limits: { wasteBucket: { capacity: 2, refillPerSecond: 0.001 } } })
    const wire = wireAttestation(attest(eth, alice))
    const [first = new Uint8Array()] = wire.signatures
    const nobodys = (byte: number): Uint8Array => Uint8Array.from(first, (each, index) => (index === 40 ? byte : each))
    for (const byte of [1, 2, 2, 2]) await node.receive({ ...wire, signatures: [first, nobodys(byte)] })
    assert.deepEqual(node.hungUp, [])
    await node.receive({ ...wire, signatures: [first, nobodys(3)] })
    assert.deepEqual(node.hungUp, [NEIGHBOUR])
    assert.deepEqual(await node.receive(attest(btc, alice)), { kind: 'ignore', code: 'flood' })
  })
})

describe('a message of a peer whose time runs out', () => {
  it('counts as far as it was verified, and is looked at again when somebody else brings it', async () => {
    const node = createInboxAtWork()
    const recover = node.curve.recover.bind(node.curve)
    node.curve.recover = (digest, signature) => {
      node.clock.compute(350)
      return recover(digest, signature)
    }
    const both = message([attest(eth, alice, bob, carol), attest(btc, alice)])
    const verdict = await node.inbox.receive(both, 'stranger')
    assert.deepEqual(verdict, { kind: 'ignore', code: 'budget' })
    assert.equal(isUnjudged(verdict), true)
    assert.equal(node.engine.pool.signaturesOf(attest(eth).id)?.size, 2)
    assert.deepEqual(await node.inbox.receive(both), { kind: 'accept' })
    assert.equal(node.engine.pool.signaturesOf(attest(eth).id)?.size, 3)
  })
})

describe('the code of a message for which time runs out', () => {
  it('is budget, whatever else is wrong with it, so that it is looked at again', async () => {
    const node = createInboxAtWork()
    const recover = node.curve.recover.bind(node.curve)
    node.curve.recover = (digest, signature) => {
      node.clock.compute(350)
      return recover(digest, signature)
    }
    const [alices, strangers, bobs] = [alice, STRANGER, bob].map((signer) => {
      return wireAttestation(attest(eth, signer)).signatures[0] ?? new Uint8Array()
    })
    assert.ok(alices && strangers && bobs)
    const parts = { ...wireAttestation(attest(eth, alice)), signatures: [alices, strangers, bobs] }
    assert.deepEqual(await node.inbox.receive(message([parts]), 'stranger'), { kind: 'ignore', code: 'budget' })
    const late = message([foreign, attest(btc, alice)])
    assert.deepEqual(await node.inbox.receive(late, 'stranger'), { kind: 'ignore', code: 'budget' })
  })
})

describe('a statement whose proposer has signed too much', () => {
  it('is not taken, and nothing else over it is verified', async () => {
    const node = createInboxAtWork({}, { limits: { signatureBucket: { capacity: 1, refillPerSecond: 0.001 } } })
    await node.receive(attest(btc, alice))
    assert.deepEqual(await node.receive(attest(eth, alice, bob, carol)), { kind: 'ignore', code: 'signer-rate' })
    assert.equal(node.curve.recoveries, 2)
    assert.equal(node.deliveries.length, 1)
  })
})

describe('a message that is rejected', () => {
  it('uses up nothing of the signers whose signatures somebody put into it', async () => {
    const node = createInboxAtWork({}, { limits: { signatureBucket: { capacity: 4, refillPerSecond: 0.001 } } })
    for (let attempt = 0; attempt < 4; attempt++) {
      const verdict = await node.inbox.receive(message([attest(eth, alice), forged], { attempt }), 'liar')
      assert.deepEqual(verdict, reject('proposer-signature'))
    }
    assert.deepEqual(await node.receive(attest(eth, alice)), { kind: 'accept' })
  })
})
