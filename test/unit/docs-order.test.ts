import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromHex } from '../../src/core/hex.ts'
import type { PriceStatement } from '../../src/core/statement.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { QUEUE_LIMIT } from '../../src/gossip/inbox.ts'
import { MESSAGE_BYTES_LIMIT, SIGNATURES_LIMIT, type WireAttestation } from '../../src/gossip/wire.ts'
import { Document, quoted } from '../helpers/documents.ts'
import { attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { type InboxAtWork, STRANGER, createInboxAtWork, message } from '../helpers/inbox-at-work.ts'
import { UNRECOVERABLE } from '../helpers/keyed-hash-curve.ts'
import { INTERVAL_MS, alice, bob, carol, price, statement } from '../helpers/statements.ts'

const protocol = new Document('docs/protocol.md')

/** The codes of a list of checks, item by item. */
function codesOf(list: string): string[][] {
  return protocol.list(`<!-- order:${list} -->`).map(quoted)
}

async function codeOf(node: InboxAtWork, data: Uint8Array): Promise<string> {
  const verdict = await node.inbox.receive(data)
  return verdict.kind === 'accept' ? 'new' : verdict.code
}

const sound = wireAttestation(attest(statement(), alice))

/** 65 bytes, zero but for these. */
function withBytes(bytes: Readonly<Record<number, number>>): Uint8Array {
  return Object.assign(new Uint8Array(65), bytes)
}

/** A third statement of alice's slot, signed by nobody. */
function third(changes: Partial<PriceStatement> = {}): WireAttestation {
  const wire = wireAttestation(attest(statement({ price: price('2'), ...changes }), alice))
  return { ...wire, signatures: [UNRECOVERABLE] }
}

describe('the order of checks in docs/protocol.md', () => {
  it('of a whole message is that of the code: what fails all that follows has the code of the first', async () => {
    const malformed = new Uint8Array(9).fill(0xff)
    const tooMany = { ...sound, signatures: Array.from({ length: SIGNATURES_LIMIT + 1 }, () => new Uint8Array(65)) }
    const inTurn: readonly { code: string; data: Uint8Array; full?: boolean }[] = [
      { code: 'oversize', data: new Uint8Array(MESSAGE_BYTES_LIMIT + 1).fill(0xff), full: true },
      { code: 'overload', data: malformed, full: true },
      { code: 'malformed', data: malformed },
      { code: 'version', data: message([tooMany], { version: 2, network: 'another' }) },
      { code: 'malformed', data: message([tooMany], { network: 'another' }) },
      { code: 'wrong-network', data: message([], { network: 'another' }) },
      { code: 'empty', data: message([]) },
    ]
    assert.deepEqual(
      codesOf('message').flat(),
      inTurn.map(({ code }) => code),
    )
    for (const { code, data, full = false } of inTurn) {
      const node = createInboxAtWork()
      if (full) for (let i = 0; i < QUEUE_LIMIT; i++) void node.inbox.receive(message([], { attempt: i }))
      assert.equal(await codeOf(node, data), code)
    }
  })

  it('of the shape is that of the code: mended one by one, the faults come up in that order', async () => {
    const [good = new Uint8Array()] = sound.signatures
    const mends: readonly Partial<WireAttestation>[] = [
      { pair: sound.pair },
      { source: sound.source },
      { price: sound.price },
      { proposer: sound.proposer },
      { observedAt: sound.observedAt },
      { round: sound.round },
      { signatures: Array.from({ length: 17 }, () => new Uint8Array(64)) },
      { signatures: [new Uint8Array(64)] },
      { signatures: [withBytes({ 32: 0xff })] },
      { signatures: [withBytes({ 32: 0xff, 64: 27 })] },
      { signatures: [withBytes({ 0: 1, 32: 0x80, 64: 27 })] },
      { signatures: [good, good] },
      { signatures: [good] },
    ]
    const wire: WireAttestation = {
      pair: '',
      source: '',
      price: new Uint8Array(),
      proposer: new Uint8Array(),
      observedAt: 2n ** 53n,
      round: 0n,
      signatures: [],
    }
    const found: string[] = []
    for (const mend of mends) {
      found.push(await codeOf(createInboxAtWork(), message([wire])))
      Object.assign(wire, mend)
    }
    assert.deepEqual(found, codesOf('shape').flat())
    assert.equal(await codeOf(createInboxAtWork(), message([wire])), 'new')
  })

  it('of one attestation is that of the code: what fails all that follows has the code of the first', async () => {
    const items = codesOf('context')
    const node = createInboxAtWork()
    const quorum = attest(statement(), alice, bob, carol)
    await node.receive(quorum, attest(statement({ price: price('1') }), alice))
    const held = wireAttestation(quorum)
    const [, ofAnother = new Uint8Array()] = held.signatures
    const stranger = fromHex(STRANGER.address)
    const expect = async (item: number, code: string, wire: WireAttestation): Promise<void> => {
      assert.ok(items[item - 1]?.includes(code), `item ${item} has ${code}`)
      assert.equal(await codeOf(node, message([wire])), code, `item ${item}`)
    }

    await expect(8, 'unrecoverable', { ...third(), pair: 'BTC-USD' })
    await expect(7, 'proposer-signature', { ...held, signatures: [ofAnother, UNRECOVERABLE] })
    await expect(6, 'slot-full', third())
    await node.clock.advance(2 * INTERVAL_MS)
    await expect(5, 'stale', third())
    await expect(4, 'known', { ...held, signatures: [ofAnother] })
    await expect(3, 'signer-not-allowed', { ...third(), proposer: stranger })
    await expect(2, 'unknown-source', { ...third({ source: 'kraken' }), proposer: stranger })
    await expect(1, 'unknown-pair', { ...third({ source: 'kraken', pair: 'LTC-USD' }), proposer: stranger })
    assert.equal(items.length, 8)
  })
})
