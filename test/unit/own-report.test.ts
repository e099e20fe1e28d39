import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EngineEffect, EngineEvent } from '../../src/consensus/effects.ts'
import type { Address } from '../../src/core/address.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { REPORT_PEERS_LIMIT, REPORT_SIGNERS_LIMIT } from '../../src/core/status.ts'
import { encodeStatusMessage, decodeStatusMessage } from '../../src/gossip/status-wire.ts'
import { shapeStatus } from '../../src/gossip/status-shape.ts'
import { OwnReport } from '../../src/node/own-report.ts'
import { attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { HistoryInMemory } from '../helpers/history-in-memory.ts'
import { createInboxAtWork } from '../helpers/inbox-at-work.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { signStatus } from '../helpers/notices-at-work.ts'
import { FIRST_REPORT } from '../helpers/signed-notices.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, statement, testSigners } from '../helpers/statements.ts'

const ROOT = `0x${'8e'.repeat(32)}` as const

/** Alice's node. */
function createReport({ peers = [] as readonly string[], offsetMs = undefined as number | undefined } = {}) {
  const clock = new ManualClock()
  const owed = { rows: 0, depth: () => owed.rows }
  const root: { hex: typeof ROOT | undefined } = { hex: undefined }
  const own = new OwnReport(
    {
      clock,
      connectedPeers: () => peers,
      isVouched: (peerId) => peerId.startsWith('signer'),
      clockOffsetMs: () => offsetMs,
      owed,
      historyRoot: () => root.hex,
    },
    { own: alice.address },
  )
  const handle = (event: EngineEvent, effects: readonly EngineEffect[] = []): void => own.handled(event, effects)
  return {
    own,
    clock,
    owed,
    root,
    receive: (attestation: Attestation): void => handle({ kind: 'received', attestation, reemit: false }),
    move: (attestation: Attestation, to: 'committed' | 'disputed' | 'quorum'): void => {
      handle({ kind: 'tick' }, [{ kind: 'moved', id: attestation.id, to, attestation, refusals: new Map() }])
    },
  }
}

const by = (...counts: readonly (readonly [Address, number, number])[]) =>
  counts
    .map(([signer, statements, signatures]) => ({ signer, statements, signatures }))
    .toSorted((a, b) => (a.signer < b.signer ? -1 : 1))

describe('the report of a node', () => {
  it('says nothing of what it does not know', () => {
    assert.deepEqual(createReport().own.report(), FIRST_REPORT)
  })

  it('says how long it has been up, what it owes and the root it knows, in whole numbers', async () => {
    const { own, clock, owed, root } = createReport()
    await clock.advance(1_234.5)
    owed.rows = 3
    root.hex = ROOT
    const { uptimeMs, outbox, historyRoot } = own.report()
    assert.deepEqual([uptimeMs, outbox, historyRoot], [1_234, 3, ROOT])
  })

  it('says how far others are ahead of its clock, where it knows, in whole numbers', () => {
    const offsets = [12.4, -7.6, 0, -0.2].map((offsetMs) => createReport({ offsetMs }).own.report().clockOffsetMs)
    assert.deepEqual(offsets, [12, -8, 0, 0])
  })

  it('names its peers in order, each once, and of many the first', () => {
    assert.deepEqual(createReport({ peers: ['Qb', 'Qa', 'Qb'] }).own.report().peers, ['Qa', 'Qb'])
    const many = Array.from({ length: 40 }, (_, index) => `Q${99 - index}`)
    const { peers } = createReport({ peers: many }).own.report()
    assert.deepEqual(peers, many.toReversed().slice(0, REPORT_PEERS_LIMIT))
  })

  it('names the peers of signers before strangers, whose ids may be such that they come first', () => {
    const strangers = Array.from({ length: 40 }, (_, index) => `Q${10 + index}`)
    const { peers } = createReport({ peers: [...strangers, 'signer2', 'signer1'] }).own.report()
    assert.deepEqual(peers, [...strangers.slice(0, REPORT_PEERS_LIMIT - 2), 'signer1', 'signer2'])
  })

  it('counts statements and signatures of others by signer, and none of its own', () => {
    const { own, receive } = createReport()
    receive(attest(statement({ proposer: bob.address }), bob, carol))
    receive(attest(statement({ proposer: bob.address, observedAt: OBSERVED_AT + INTERVAL_MS }), bob))
    receive(attest(statement({ proposer: alice.address }), alice, carol))
    assert.deepEqual(own.report().received, by([bob.address, 2, 2], [carol.address, 0, 2]))
  })

  it('counts what an inbox hands on the first time only, however it comes again', async () => {
    const { own, receive } = createReport()
    const node = createInboxAtWork()
    const signed = statement({ proposer: bob.address })
    for (const signers of [[bob], [bob], [bob, carol], [bob, carol], [bob]])
      await node.receive(attest(signed, ...signers))
    for (const { attestations } of node.deliveries) attestations.forEach(receive)
    assert.deepEqual(own.report().received, by([bob.address, 1, 1], [carol.address, 0, 1]))
  })

  it('names those signers of whom most came', () => {
    const { own, receive } = createReport()
    const signers = testSigners(REPORT_SIGNERS_LIMIT + 3).slice(1)
    for (const [index, signer] of signers.entries()) {
      for (let round = 0; round < index; round++) {
        const observedAt = OBSERVED_AT + round * INTERVAL_MS
        receive(attest(statement({ proposer: bob.address, observedAt }), signer))
      }
    }
    const expected = signers.slice(-REPORT_SIGNERS_LIMIT).map(({ address }) => address)
    assert.deepEqual(
      own.report().received.map(({ signer }) => signer),
      expected.toSorted(),
    )
  })

  it('says when the newest row was observed that came into its table, whoever wrote it', () => {
    const { own, move } = createReport()
    const [older, newer] = [OBSERVED_AT, OBSERVED_AT + INTERVAL_MS].map((observedAt) =>
      attest(statement({ observedAt }), alice),
    )
    assert.ok(older && newer)
    move(newer, 'quorum')
    move(newer, 'disputed')
    assert.equal(own.report().lastCommittedAtMs, undefined)
    move(newer, 'committed')
    move(older, 'committed')
    assert.equal(own.report().lastCommittedAtMs, OBSERVED_AT + INTERVAL_MS)
  })

  it('knows the rows that it took over from peers, once they are in the table', async () => {
    const { own } = createReport()
    const history = new HistoryInMemory()
    const table = own.watch(history)
    const row = { attestation: attest(statement(), alice), lastSignedAtMs: OBSERVED_AT }
    history.refuses.add(row.attestation.id)
    await table.write([row])
    assert.equal(own.report().lastCommittedAtMs, undefined)
    history.refuses.clear()
    await table.write([row])
    assert.equal(own.report().lastCommittedAtMs, OBSERVED_AT)
    assert.deepEqual(await table.present([row.attestation.id]), new Set([row.attestation.id]))
  })

  it('is one that other nodes find in shape', async () => {
    const peers = Array.from({ length: 40 }, (_, index) => `Q${index}`)
    const { own, clock, receive } = createReport({ peers, offsetMs: -0.2 })
    await clock.advance(0.7)
    for (const signer of testSigners(40)) receive(attest(statement({ proposer: bob.address }), signer))
    const report = own.report()
    const wire = decodeStatusMessage(encodeStatusMessage(signStatus(alice, { report })))
    const shaped = shapeStatus(wire, { network: statement().network })
    assert.deepEqual('status' in shaped && shaped.status.report, report)
  })
})
