import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Attestation, StatementId } from '../../src/core/statement.ts'
import type { PendingEntry } from '../../src/gossip/sync/answer-wire.ts'
import { PENDING_PAGES_LIMIT, syncPending } from '../../src/gossip/sync/pending-session.ts'
import { type PendingSource, pendingDigest, pendingEntries } from '../../src/gossip/sync/pending-set.ts'
import { PENDING_LIMIT } from '../../src/gossip/sync/sync-fields.ts'
import { attestCheaply } from '../helpers/engine-at-work.ts'
import { ALLOWED, STRANGER, message } from '../helpers/inbox-at-work.ts'
import { statement } from '../helpers/statements.ts'
import { type SyncAtWork, createSyncAtWork, inTime } from '../helpers/sync-at-work.ts'

const [one, two, three, four] = ALLOWED
if (one === undefined || two === undefined || three === undefined || four === undefined) throw new RangeError('eight')

/** A statement of `proposer` with its signature and those of `others`. */
const by = (...signers: readonly (typeof one)[]): Attestation =>
  attestCheaply(statement({ proposer: signers[0]?.address ?? one.address }), ...signers)

function hold({ engine, clock }: SyncAtWork, ...attestations: readonly Attestation[]): void {
  for (const attestation of attestations) engine.handle({ kind: 'received', attestation, reemit: false }, clock.now())
}

function digestOf({ engine, clock }: SyncAtWork): string {
  return pendingDigest(pendingEntries(engine.pool, clock.now()))
}

/** Two nodes, of which one asks the other. */
function twoNodes(): { readonly here: SyncAtWork; readonly there: SyncAtWork; readonly sync: () => Promise<number> } {
  const here = createSyncAtWork()
  const there = createSyncAtWork()
  here.exchange.connect('there', (question) => there.answer(question))
  return { here, there, sync: () => inTime(syncPending(here.pending, { peerId: 'there' }), here) }
}

describe('the pending set', () => {
  it('has one hash wherever it is the same, in whatever order it came', () => {
    const [a, b] = [createSyncAtWork(), createSyncAtWork()]
    hold(a, by(one, two, three), by(two))
    hold(b, by(two), by(one, three), by(one, two))
    assert.equal(digestOf(a), digestOf(b))
  })

  it('has another hash with another statement, another signer, or a set that is closed', async () => {
    const nodes = Array.from({ length: 4 }, () => createSyncAtWork())
    const [, more, signed, closed] = nodes
    assert.ok(more !== undefined && signed !== undefined && closed !== undefined)
    for (const node of nodes) hold(node, by(one, two, three))
    hold(more, by(two))
    hold(signed, by(one, two, three, four))
    await closed.clock.advance(30_000)
    closed.engine.handle({ kind: 'tick' }, closed.clock.now())
    assert.equal(new Set(nodes.map(digestOf)).size, 4)
  })

  it('is the same for two nodes that closed a set with different signatures in it', async () => {
    const [a, b] = [createSyncAtWork(), createSyncAtWork()]
    hold(a, by(one, two, three))
    hold(b, by(one, two, four))
    for (const node of [a, b]) {
      await node.clock.advance(30_000)
      node.engine.handle({ kind: 'tick' }, node.clock.now())
    }
    assert.equal(digestOf(a), digestOf(b))
  })

  it('leaves out what the table refused, and rounds whose collect window has ended', () => {
    const node = createSyncAtWork()
    const empty = digestOf(node)
    const parked = by(one, two, three)
    hold(node, parked)
    assert.notEqual(digestOf(node), empty)
    node.engine.handle({ kind: 'outcome', id: parked.id, outcome: { kind: 'refused', reason: 'x' } }, node.clock.now())
    assert.equal(digestOf(node), empty)
    hold(node, by(two))
    node.clock.jumpWall(1_200_000)
    assert.equal(digestOf(node), empty)
  })
})

describe('who asks a peer for what is pending', () => {
  it('takes statements and signatures that it does not hold, and then holds the same', async () => {
    const { here, there, sync } = twoNodes()
    hold(here, by(one), by(three, one))
    hold(there, by(one, two), by(two, three), by(three, one))
    assert.equal(await sync(), 2)
    assert.equal(digestOf(here), digestOf(there))
    assert.deepEqual([...(here.engine.pool.signaturesOf(by(one).id)?.keys() ?? [])], [one.address, two.address])
  })

  it('asks for nothing that it holds', async () => {
    const { here, there, sync } = twoNodes()
    hold(here, by(one, two), by(two))
    hold(there, by(one))
    assert.equal(await sync(), 0)
    assert.deepEqual(here.exchange.kinds, ['pending'])
  })

  it('takes a quorum although its set is closed there, as long as there is none here', async () => {
    const { here, there, sync } = twoNodes()
    hold(here, by(one))
    hold(there, by(one, two, three))
    await there.clock.advance(30_000)
    there.engine.handle({ kind: 'tick' }, there.clock.now())
    assert.equal(there.engine.pool.phaseOf(by(one).id), 'closed')
    await sync()
    assert.equal(here.engine.pool.phaseOf(by(one).id), 'quorum')
    assert.equal(await sync(), 0)
  })

  it('judges what it is given as if the peer had said it by gossip', async () => {
    const { here, there, sync } = twoNodes()
    hold(there, by(STRANGER))
    await sync()
    assert.equal(here.engine.pool.attestationOf(by(STRANGER).id), undefined)
    const label = { topic: 'prices', verdict: 'ignore', code: 'signer-not-allowed' }
    assert.equal(here.counters.count('gp_messages_received_total', label), 1)
  })

  it('hands on what is new without publishing it again', async () => {
    const { here, there, sync } = twoNodes()
    hold(there, by(one, two))
    await sync()
    assert.deepEqual(
      here.deliveries.map(({ reemit }) => reemit),
      [false],
    )
  })

  it('goes on to the next page', async () => {
    const here = createSyncAtWork()
    const { exchange } = here
    const entries = Array.from({ length: PENDING_LIMIT + 3 }, (_, index): PendingEntry => {
      return { id: `0x${String(index).padStart(64, '0')}` as StatementId, signers: [] }
    })
    exchange.connectLiar('there', (question) => {
      assert.equal(question.kind, 'pending')
      const { after } = question
      const left = entries.filter(({ id }) => after === undefined || id > after)
      return { kind: 'pending', entries: left.slice(0, PENDING_LIMIT), more: left.length > PENDING_LIMIT }
    })
    const pending: PendingSource = {
      pending: () => [],
      phaseOf: () => 'committed',
      signaturesOf: () => undefined,
      attestationOf: () => undefined,
    }
    await inTime(syncPending({ ...here.pending, pending }, { peerId: 'there' }), here)
    assert.deepEqual(exchange.kinds, ['pending', 'pending'])
  })
})

async function withLiar(
  lie: Parameters<SyncAtWork['exchange']['connectLiar']>[1],
): Promise<{ readonly here: SyncAtWork; readonly error: unknown }> {
  const here = createSyncAtWork()
  here.exchange.connectLiar('liar', lie)
  const error: unknown = await inTime(
    syncPending(here.pending, { peerId: 'liar' }).then(
      () => undefined,
      (reason: unknown) => reason,
    ),
    here,
  )
  return { here, error }
}

describe('a peer that lies about what is pending', () => {
  const ids = Array.from({ length: 3 }, (_, index) => `0x${String(index).padStart(64, '0')}` as StatementId)
  const entries = ids.map((id): PendingEntry => ({ id, signers: undefined }))

  it('is blamed when its pages are out of order or repeat themselves', async () => {
    const backwards = await withLiar(() => ({ kind: 'pending', entries: entries.toReversed(), more: false }))
    assert.deepEqual(backwards.here.blamed, [{ peerId: 'liar', code: 'bad-order' }])
    const circle = await withLiar((question) =>
      question.kind === 'pending'
        ? { kind: 'pending', entries, more: true }
        : { kind: 'statements', messages: [message([by(one)])] },
    )
    assert.deepEqual(circle.here.blamed, [{ peerId: 'liar', code: 'bad-order' }])
    const nothing = await withLiar(() => ({ kind: 'pending', entries: [], more: true }))
    assert.deepEqual(nothing.here.blamed, [{ peerId: 'liar', code: 'bad-order' }])
  })

  it('is asked no more when it does not give what it lists', async () => {
    const { here } = await withLiar((question) =>
      question.kind === 'pending' ? { kind: 'pending', entries, more: true } : { kind: 'statements', messages: [] },
    )
    assert.deepEqual(here.exchange.kinds, ['pending', 'content'])
  })

  it('does not keep a node busy with pages without an end', async () => {
    let next = 0
    const { here } = await withLiar((question) => {
      if (question.kind !== 'pending') return { kind: 'statements', messages: [message([by(one)])] }
      return {
        kind: 'pending',
        entries: [{ id: `0x${String(next++).padStart(64, '0')}` as StatementId, signers: undefined }],
        more: true,
      }
    })
    assert.equal(here.exchange.kinds.filter((kind) => kind === 'pending').length, PENDING_PAGES_LIMIT)
  })

  it('is blamed for garbage in place of statements, by the inbox', async () => {
    const { here, error } = await withLiar((question) =>
      question.kind === 'pending'
        ? { kind: 'pending', entries, more: false }
        : { kind: 'statements', messages: [Uint8Array.of(8, 1, 0xff)] },
    )
    assert.match(String(error), /false: malformed/)
    const label = { topic: 'prices', verdict: 'reject', code: 'malformed' }
    assert.equal(here.counters.count('gp_messages_received_total', label), 1)
  })

  it('is blamed for bytes that are no answer, for too many of them, and for the answer to another question', async () => {
    for (const [lie, code] of [
      [Uint8Array.of(8, 1, 0xff), 'malformed'],
      [new Uint8Array(262_145), 'oversize'],
      [{ kind: 'days', days: [], more: false }, 'wrong-answer'],
    ] as const) {
      const { here } = await withLiar(() => lie)
      assert.deepEqual(here.blamed, [{ peerId: 'liar', code }])
    }
  })

  it('is not blamed when it refuses, speaks another version, or is of another network', async () => {
    const otherNetwork = Uint8Array.of(8, 1, 18, 1, 0x78, 0x1a, 1, 0x78)
    for (const lie of [{ kind: 'refused', code: 'x'.repeat(100) }, Uint8Array.of(8, 2), otherNetwork] as const) {
      const { here } = await withLiar(() => lie)
      assert.deepEqual(here.blamed, [])
    }
  })

  it('is given up when it does not answer in time', async () => {
    const here = createSyncAtWork()
    here.exchange.connect('silent', () => new Promise(() => undefined))
    const before = here.clock.now().monoMs
    await assert.rejects(inTime(syncPending(here.pending, { peerId: 'silent' }), here), /timeout/)
    assert.equal(here.clock.now().monoMs - before, 10_000)
    assert.equal(here.clock.pending, 0)
  })
})
