import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Hex } from '../../src/core/hex.ts'
import { JOIN_JITTER_MS, SESSIONS_AT_ONCE, Syncer, type SyncerComponents } from '../../src/gossip/sync/syncer.ts'
import { attestCheaply } from '../helpers/engine-at-work.ts'
import { ALLOWED } from '../helpers/inbox-at-work.ts'
import { statement } from '../helpers/statements.ts'
import { CONSTANTS, type SyncAtWork, committed, createSyncAtWork } from '../helpers/sync-at-work.ts'

const INTERVAL_MS = 20_000
const [ONE] = ALLOWED as [(typeof ALLOWED)[number]]

function createSyncer(here: SyncAtWork, overrides: Partial<SyncerComponents> = {}): Syncer {
  return new Syncer(
    {
      exchange: here.exchange,
      ...here.pending,
      history: here.history,
      isExpelled: (peerId) => here.standing.isExpelled(peerId),
      clock: here.clock,
      random: () => 0.5,
      counters: here.counters,
      logger: here.logger,
      ...overrides,
    },
    { constants: CONSTANTS, intervalMs: INTERVAL_MS, historyMs: Infinity },
  )
}

/** Peers that have nothing. */
function connectPeers(here: SyncAtWork, ...names: readonly string[]): void {
  for (const name of names) {
    const there = createSyncAtWork()
    here.exchange.connect(name, (question) => there.answer(question))
  }
}

const askedPeers = ({ exchange }: SyncAtWork): string[] => exchange.asked.map(({ peerId }) => peerId)

describe('a node that syncs', () => {
  it('asks every peer that connects, soon and once, and those that were there before', async () => {
    const here = createSyncAtWork()
    connectPeers(here, 'early')
    const syncer = createSyncer(here)
    syncer.start()
    syncer.start()
    connectPeers(here, 'late')
    assert.deepEqual(askedPeers(here), [])
    await here.clock.advance(JOIN_JITTER_MS)
    assert.deepEqual(askedPeers(here), ['early', 'late'])
    await syncer.stop()
  })

  it('asks a random peer in every interval, for one hash when nothing is missing', async () => {
    const here = createSyncAtWork()
    connectPeers(here, 'one', 'two')
    let drawn = 0
    const syncer = createSyncer(here, { random: () => (drawn++ % 2 === 0 ? 0.1 : 0.9) })
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS)
    here.exchange.asked.splice(0)
    await here.clock.advance(10 * INTERVAL_MS)
    assert.ok(here.exchange.asked.length >= 9 && here.exchange.asked.length <= 11, `${here.exchange.asked.length}`)
    assert.deepEqual(new Set(here.exchange.kinds), new Set(['summary']))
    await syncer.stop()
  })

  it('does not ask at the same times as others that started with it', async () => {
    const times = [0, 0.999].map((fixed) => {
      const here = createSyncAtWork()
      createSyncer(here, { random: () => fixed }).start()
      return here.clock.nextInMs
    })
    assert.deepEqual(
      times.map((ms) => Math.round(ms ?? 0)),
      [18_000, 21_996],
    )
  })

  it('takes over what is pending, then history', async () => {
    const here = createSyncAtWork()
    const there = createSyncAtWork()
    const attestation = attestCheaply(statement({ proposer: ONE.address }), ...ALLOWED.slice(0, 2))
    there.engine.handle({ kind: 'received', attestation, reemit: false }, there.clock.now())
    await there.table.write([{ attestation: committed(10), lastSignedAtMs: 0 }])
    here.exchange.connect('there', (question) => there.answer(question))
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS)
    assert.deepEqual(here.exchange.kinds, ['summary', 'pending', 'content', 'days', 'leaves', 'attestations'])
    assert.equal(here.engine.pool.attestationOf(attestation.id)?.signatures.size, 2)
    assert.deepEqual(here.table.ids, [committed(10).id])
    assert.equal(here.counters.count('gp_sync_sessions_total', { outcome: 'taken' }), 1)
    await syncer.stop()
  })

  it('asks a few peers at a time, and the others after them', async () => {
    const here = createSyncAtWork()
    const waiting = Array.from({ length: SESSIONS_AT_ONCE + 2 }, (_, index) => {
      const asked = Promise.withResolvers<undefined>()
      here.exchange.connect(`peer ${index}`, () => asked.promise)
      return asked
    })
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS)
    assert.equal(here.exchange.asked.length, SESSIONS_AT_ONCE)
    waiting[0]?.resolve(undefined)
    await here.clock.settle()
    assert.equal(here.exchange.asked.length, SESSIONS_AT_ONCE + 1)
    for (const asked of waiting) asked.resolve(undefined)
    await here.clock.settle()
    assert.equal(here.exchange.asked.length, waiting.length)
    await syncer.stop()
  })

  it('takes history from one peer at a time', async () => {
    const here = createSyncAtWork()
    const there = createSyncAtWork()
    await there.table.write([{ attestation: committed(10), lastSignedAtMs: 0 }])
    for (const name of ['one', 'two']) here.exchange.connect(name, (question) => there.answer(question))
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS)
    const ranges = here.exchange.asked.flatMap(({ question }) => (question.kind === 'summary' ? [question.range] : []))
    assert.deepEqual(
      ranges.map((range) => range !== undefined),
      [true, false],
    )
    await syncer.stop()
  })

  it('never asks who shares its database about history', async () => {
    const mark: Hex = `0x${'ab'.repeat(16)}`
    const here = createSyncAtWork({ marks: { own: mark, hasHeard: () => false } })
    const there = createSyncAtWork({ marks: { own: undefined, hasHeard: (heard) => heard === mark } })
    here.exchange.connect('there', (question) => there.answer(question))
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS + 3 * INTERVAL_MS)
    const ranges = here.exchange.asked.map(({ question }) => question.kind === 'summary' && question.range)
    assert.ok(ranges.length > 2)
    assert.deepEqual(new Set(ranges), new Set([undefined]))
    await syncer.stop()
  })

  it('asks without a range again once a peer turns out to share its database after all', async () => {
    const mark: Hex = `0x${'ab'.repeat(16)}`
    let heard = false
    const here = createSyncAtWork({ marks: { own: mark, hasHeard: () => false } })
    const there = createSyncAtWork({ marks: { own: undefined, hasHeard: () => heard } })
    here.exchange.connect('there', (question) => there.answer(question))
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS)
    heard = true
    await here.clock.advance(3 * INTERVAL_MS)
    const ranges = here.exchange.asked.map(
      ({ question }) => question.kind === 'summary' && question.range !== undefined,
    )
    assert.deepEqual(ranges.slice(0, 4), [false, true, true, false])
    await syncer.stop()
  })

  it('asks who does not share its database about history, once both have told their marks', async () => {
    const here = createSyncAtWork({ marks: { own: `0x${'ab'.repeat(16)}`, hasHeard: () => false } })
    const there = createSyncAtWork({ marks: { own: `0x${'cd'.repeat(16)}`, hasHeard: () => false } })
    await there.table.write([{ attestation: committed(10), lastSignedAtMs: 0 }])
    here.exchange.connect('there', (question) => there.answer(question))
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS + INTERVAL_MS)
    assert.deepEqual(here.table.ids, there.table.ids)
    const [first, second] = here.exchange.asked.flatMap(({ question }) =>
      question.kind === 'summary' ? [question] : [],
    )
    assert.equal(first?.range, undefined)
    assert.notEqual(second?.range, undefined)
    await syncer.stop()
  })

  it('neither asks about history nor tells of it while it is not known who shares the database', async () => {
    const marks = { own: undefined, hasHeard: () => false, isSettling: true }
    const [here, there] = [createSyncAtWork({ marks }), createSyncAtWork({ marks })]
    await there.table.write([{ attestation: committed(10), lastSignedAtMs: 0 }])
    const asking = createSyncAtWork()
    for (const each of [here, asking]) each.exchange.connect('there', (question) => there.answer(question))
    const syncers = [createSyncer(here), createSyncer(asking)]
    for (const syncer of syncers) syncer.start()
    for (const { clock } of [here, asking]) await clock.advance(JOIN_JITTER_MS + 2 * INTERVAL_MS)
    assert.ok(here.exchange.asked.every(({ question }) => question.kind === 'summary' && question.range === undefined))
    assert.deepEqual([here.table.ids, asking.table.ids], [[], []])
    await Promise.all(syncers.map((syncer) => syncer.stop()))
  })

  it('asks who has another database once without a range, when it has a mark to tell, and then with it', async () => {
    const here = createSyncAtWork({ marks: { own: `0x${'ab'.repeat(16)}`, hasHeard: () => false } })
    connectPeers(here, 'there')
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS + 2 * INTERVAL_MS)
    const ranges = here.exchange.asked.flatMap(({ question }) => (question.kind === 'summary' ? [question.range] : []))
    assert.deepEqual(
      ranges.map((range) => range !== undefined),
      [false, true, true, true].slice(0, ranges.length),
    )
    assert.ok(ranges.length > 2)
    await syncer.stop()
  })

  it('asks neither who is expelled nor who is of another network, until that one connects again', async () => {
    const here = createSyncAtWork()
    connectPeers(here, 'expelled')
    for (let time = 0; time < 5; time++) here.standing.blame('expelled', { code: 'x', severity: 'grave' })
    here.exchange.connectLiar('foreign', () => Uint8Array.of(8, 1, 18, 1, 0x78, 0x1a, 1, 0x78))
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS + 5 * INTERVAL_MS)
    assert.deepEqual(askedPeers(here), ['foreign'])
    connectPeers(here, 'foreign')
    await here.clock.advance(JOIN_JITTER_MS)
    assert.deepEqual(askedPeers(here), ['foreign', 'foreign'])
    await syncer.stop()
  })

  it('warns once of history that has no quorum here', async () => {
    const here = createSyncAtWork()
    for (const [index, name] of ['one', 'two'].entries()) {
      const there = createSyncAtWork()
      await there.table.write([{ attestation: committed(10 + index, { signers: 2 }), lastSignedAtMs: 0 }])
      here.exchange.connect(name, (question) => there.answer(question))
    }
    let drawn = 0
    const syncer = createSyncer(here, { random: () => (drawn++ % 2 === 0 ? 0.1 : 0.9) })
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS + 10 * INTERVAL_MS)
    assert.equal(here.logger.at('warn').length, 1)
    assert.equal(here.exchange.kinds.filter((kind) => kind === 'leaves').length, 2)
    await syncer.stop()
  })

  it('lets go of everything when it is stopped, whatever is under way', async () => {
    const here = createSyncAtWork()
    here.exchange.connect('silent', () => new Promise(() => undefined))
    const syncer = createSyncer(here)
    syncer.start()
    await here.clock.advance(JOIN_JITTER_MS)
    assert.equal(here.exchange.asked.length, 1)
    await syncer.stop()
    await syncer.stop()
    syncer.start()
    assert.equal(here.clock.pending, 0)
    connectPeers(here, 'late')
    await here.clock.advance(10 * INTERVAL_MS)
    assert.equal(here.exchange.asked.length, 1)
    assert.deepEqual(here.logger.at('error'), [])
  })
})
