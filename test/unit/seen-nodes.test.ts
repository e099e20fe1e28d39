import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { NodeEvent, SeenNode } from '../../src/api/node-view.ts'
import type { NodeReport } from '../../src/core/status.ts'
import { NodeDirectory, STATUS_INTERVAL_MS } from '../../src/gossip/node-directory.ts'
import { whyLate } from '../../src/node/lag.ts'
import { SeenNodes } from '../../src/node/seen-nodes.ts'
import { StateWatch } from '../../src/node/state-watch.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { CONSTANTS, signStatus } from '../helpers/notices-at-work.ts'
import { FIRST_REPORT, report } from '../helpers/signed-notices.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, carol, dave } from '../helpers/statements.ts'

/** Alice's node, which hears bob's. */
function createSeen() {
  const clock = new ManualClock()
  const directory = new NodeDirectory({ clock }, { open: false })
  const own = { signer: alice.address, peerId: 'own', agent: 'x', listed: true, ...FIRST_REPORT }
  const nodes = new SeenNodes({ directory, clock, pace: CONSTANTS }, () => own)
  const told: NodeEvent[] = []
  const readiness: { sentences: readonly string[] } = { sentences: [] }
  const watch = new StateWatch({
    clock,
    logger: new RecordingLogger(),
    readinessFaults: () => readiness.sentences.map((sentence) => ({ code: 'price', about: sentence, sentence })),
    nodes: () => nodes.nodes(),
    tell: (event) => told.push(event),
  })
  const hear = (signer = bob, said: NodeReport = FIRST_REPORT, listed = true): SeenNode | undefined => {
    const { wallMs } = clock.now()
    const signed = signStatus(signer, { report: said, sentAt: wallMs, sequence: wallMs, peerId: signer.address })
    directory.take(signed, { listed })
    return nodes.heard(signed, { listed })
  }
  const shown = ({ address } = bob): SeenNode | undefined => nodes.nodes().find(({ signer }) => signer === address)
  const stateOf = (signer = bob): string | undefined => shown(signer)?.state
  return { clock, directory, nodes, told, readiness, watch, hear, shown, stateOf, own }
}

describe('the nodes that are seen', () => {
  it('fall behind when a status is missed, then are gone, and forgotten after a day', async () => {
    const { clock, nodes, hear, shown, stateOf } = createSeen()
    hear()
    const heardMs = nodes.lastHeardMs(bob.address)
    assert.deepEqual([stateOf(), nodes.isThere(bob.address)], ['here', true])
    await clock.advance(1.5 * STATUS_INTERVAL_MS + 1)
    assert.equal(stateOf(), 'behind')
    assert.equal(shown()?.behindBecause, 'It was heard 23 s ago, and says how it is every 15 s.')
    await clock.advance(1.5 * STATUS_INTERVAL_MS)
    assert.deepEqual([stateOf(), nodes.isThere(bob.address)], ['gone', false])
    assert.equal(nodes.lastHeardMs(bob.address), heardMs)
    const heardAgoMs = clock.now().wallMs - (heardMs ?? 0)
    assert.deepEqual([nodes.heardWithin(heardAgoMs), nodes.heardWithin(heardAgoMs - 1)], [[bob.address], []])
    await clock.advance(24 * 3_600_000)
    assert.equal(stateOf(), undefined)
  })

  it('are lost when their connection has ended, until they are heard through others or connected again', async () => {
    const { clock, nodes, hear } = createSeen()
    const lostMs = () => nodes.lostSinceMs(bob.address)
    nodes.connected(bob.address, true)
    hear()
    assert.equal(lostMs(), undefined)
    await clock.advance(1_000)
    nodes.connected(bob.address, false)
    assert.equal(lostMs(), clock.now().wallMs)
    await clock.advance(1_000)
    hear()
    assert.equal(lostMs(), undefined)
    nodes.connected(bob.address, false)
    nodes.connected(bob.address, true)
    assert.equal(lostMs(), undefined)
  })

  it('stay lost however many strangers come and go', () => {
    const { clock, nodes, hear } = createSeen()
    hear()
    nodes.connected(bob.address, false)
    for (let stranger = 0; stranger < 1_000; stranger++) {
      nodes.connected(`stranger${stranger}`, true)
      nodes.connected(`stranger${stranger}`, false)
    }
    assert.equal(nodes.lostSinceMs(bob.address), clock.now().wallMs)
  })

  it('have this node among them, first, and never twice', () => {
    const { nodes, hear } = createSeen()
    assert.equal(hear(alice), undefined)
    hear(bob)
    assert.deepEqual(
      nodes.nodes().map(({ signer }) => signer),
      [alice.address, bob.address],
    )
  })

  it('are told of once when they fall behind and when they go, and so is what changes the readiness', async () => {
    const { clock, told, readiness, watch, hear } = createSeen()
    hear()
    watch.start()
    await clock.advance(1.5 * STATUS_INTERVAL_MS + 4_000)
    await clock.advance(1.5 * STATUS_INTERVAL_MS + 4_000)
    readiness.sentences = ['nobody is there']
    await clock.advance(6_000)
    watch.stop()
    const said = told.map((event) => (event.kind === 'node' ? event.node.state : event.kind))
    assert.deepEqual(said, ['health', 'behind', 'gone', 'health'])
    await clock.advance(60_000)
    assert.equal(told.length, 4)
  })
})

/** As after a day, with the newest row of so many rounds before {@link OBSERVED_AT}. */
const reached = (rounds: number): NodeReport => report({ lastCommittedAtMs: OBSERVED_AT - rounds * INTERVAL_MS })

/** Why one that knows of no row is behind two that have the newest. */
function whyBehindAfter(uptimeMs: number): string | undefined {
  const { hear, shown } = createSeen()
  for (const signer of [carol, dave]) hear(signer, reached(0))
  hear(bob, { ...FIRST_REPORT, uptimeMs })
  return shown()?.behindBecause
}

describe('a node that is heard', () => {
  it('is shown with all that it reports', () => {
    const { hear, shown } = createSeen()
    const said = report()
    hear(bob, said)
    const { uptimeMs, peers, clockOffsetMs, received, outbox, lastCommittedAtMs, historyRoot } =
      shown() ?? assert.fail()
    assert.deepEqual({ uptimeMs, peers, clockOffsetMs, received, outbox, lastCommittedAtMs, historyRoot }, said)
  })

  it('is behind when its newest row is more than a round older than that of half of the others', () => {
    const { hear, shown, stateOf } = createSeen()
    hear(carol, reached(0))
    hear(dave, reached(0))
    assert.equal(hear(bob, reached(1))?.state, 'here', 'rows come at another moment everywhere')
    const late = createSeen()
    late.hear(carol, reached(0))
    late.hear(dave, reached(0))
    const heard = late.hear(bob, reached(2))
    assert.equal(heard?.state, 'behind')
    assert.equal(heard.behindBecause, 'Its newest row is 2 rounds older than that of the others.')
    assert.deepEqual(late.shown(), heard)
    assert.deepEqual([stateOf(carol), shown(carol)?.behindBecause], ['here', undefined])
  })

  it('is not behind before its statuses can know of the rows of short rounds', () => {
    // A round, three quiet periods and one and a half intervals of statuses: 29 s.
    const pace = { intervalMs: 5_000, quietPeriodMs: 500 }
    const states = [5, 6].map((rounds) => {
      const late = { lastCommittedAtMs: OBSERVED_AT - rounds * 5_000, startedAtMs: 0 }
      return whyLate(late, { frontMs: OBSERVED_AT, pace, statusIntervalMs: 15_000 }) === undefined
    })
    assert.deepEqual(states, [true, false])
  })

  it('makes nobody else look late by rows that few others have, or that nobody can have yet', () => {
    const { hear, stateOf } = createSeen()
    for (const signer of [bob, carol]) hear(signer, reached(9))
    hear(dave, reached(0))
    assert.deepEqual([bob, carol, dave].map(stateOf), ['here', 'here', 'here'])
    const liars = createSeen()
    liars.hear(bob, reached(9))
    for (const signer of [carol, dave]) liars.hear(signer, reached(-2))
    assert.equal(liars.stateOf(bob), 'here')
    const strangers = createSeen()
    strangers.hear(bob, reached(9))
    for (const signer of [carol, dave]) strangers.hear(signer, reached(0), false)
    assert.equal(strangers.stateOf(bob), 'here', 'keys are free')
    const rowless = createSeen()
    const longThere = { ...FIRST_REPORT, uptimeMs: 9 * INTERVAL_MS }
    for (const signer of [bob, carol]) rowless.hear(signer, longThere)
    rowless.hear(dave, reached(0))
    assert.deepEqual([bob, carol].map(rowless.stateOf), ['here', 'here'], 'nobody else knows of any row')
  })

  it('is measured by the rounds of this node’s network, whatever it says of them', () => {
    const { clock, directory, hear, shown } = createSeen()
    hear(carol, reached(0))
    hear(dave, reached(0))
    const constants = { ...CONSTANTS, intervalMs: 1, quietPeriodMs: 1 }
    const { wallMs } = clock.now()
    directory.take(signStatus(bob, { report: reached(1), constants, sentAt: wallMs }), { listed: true })
    assert.equal(shown(bob)?.state, 'here')
  })

  it('is behind without any row only when others have gone on for long since it started', () => {
    assert.equal(whyBehindAfter(60_000), undefined)
    assert.match(
      whyBehindAfter(2 * INTERVAL_MS + 1) ?? '',
      /^It knows of no row in its table since it started, 3 rounds /,
    )
  })
})

describe('a node that sends no status', () => {
  it('shows the others alone, and who of them is behind, though it knows of no signer', () => {
    const clock = new ManualClock()
    const directory = new NodeDirectory({ clock }, { open: false })
    const nodes = new SeenNodes({ directory, clock }, () => undefined)
    const rounds = [0, 0, 3]
    for (const [index, signer] of [bob, carol, dave].entries()) {
      const signed = signStatus(signer, { report: reached(rounds[index] ?? 0), peerId: signer.address })
      directory.take(signed, { listed: false })
    }
    const states = new Map(nodes.nodes().map(({ signer, state }) => [signer, state]))
    assert.deepEqual(
      [bob, carol, dave].map(({ address }) => states.get(address)),
      ['here', 'here', 'behind'],
    )
    assert.equal(states.size, 3)
  })
})

describe('this node', () => {
  it('is behind when its table is, says so, and says so again when it has caught up', async () => {
    const { clock, own, hear, nodes, told, watch } = createSeen()
    Object.assign(own, reached(0))
    for (const signer of [bob, carol, dave]) hear(signer, reached(0))
    watch.start()
    Object.assign(own, reached(3))
    await clock.advance(2_000)
    const [self] = nodes.nodes()
    assert.deepEqual([self?.signer, self?.state], [alice.address, 'behind'])
    assert.equal(self?.behindBecause, 'Its newest row is 3 rounds older than that of the others.')
    Object.assign(own, reached(0))
    await clock.advance(2_000)
    watch.stop()
    const states = told.flatMap((event) => (event.kind === 'node' ? event.node.state : []))
    assert.deepEqual(states, ['behind', 'here'])
  })
})
