import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { EngineEvent } from '../../src/consensus/effects.ts'
import { Engine } from '../../src/consensus/engine.ts'
import { lifeRules } from '../../src/consensus/statement-entry.ts'
import { heldRefusal } from '../../src/node/pending-statement.ts'
import { createStatementMetrics } from '../../src/node/statement-metrics.ts'
import { type StatementNews, StatementWatch } from '../../src/node/statement-watch.ts'
import { StoryBook } from '../../src/node/story-book.ts'
import { keepEnd, lateSigner, type StoryComponents, storyOf } from '../../src/node/statement-story.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { attest, constants } from '../helpers/driver-at-work.ts'
import { refusalOf } from '../helpers/engine-at-work.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { roundAt } from '../../src/core/statement.ts'
import {
  INTERVAL_MS,
  OBSERVED_AT,
  type TestSigner,
  alice,
  bob,
  carol,
  dave,
  statement,
  testSigner,
} from '../helpers/statements.ts'

const RULES = constants([alice, bob, carol, dave, testSigner(5)])

function late(at: string): string {
  return `late: it signed late: a signature came from it at ${at}, when the set had closed, and the row stands without it.`
}

/** An engine that is watched, by alice's node. */
function createWatched(rules = RULES, watched = statement()) {
  const clock = new ManualClock()
  const engine = new Engine(lifeRules(rules))
  const told: StatementNews[] = []
  const metrics = createMetrics({ logger: new RecordingLogger() }, { strict: true, processMetrics: false })
  const measure = createStatementMetrics({ clock, ...metrics }, { constants: rules, own: alice.address })
  const there = new Set<string>([dave.address])
  const heardAtMs = new Map<string, number>()
  const lostAtMs = new Map<string, number>()
  const heard = {
    isThere: (signer: string) => there.has(signer),
    lastHeardMs: (signer: string) => heardAtMs.get(signer),
    lostSinceMs: (signer: string) => lostAtMs.get(signer),
    heardWithin: () => [bob.address, dave.address],
  }
  const stories: StoryComponents & { readonly book: StoryBook } = {
    pool: engine.pool,
    book: new StoryBook(),
    watch: { lateSigners: (of) => watch.lateSigners(of) },
    nodes: heard,
    clock,
    constants: rules,
    own: alice.address,
    tableFault: () => 'nobody answers there.',
  }
  const watch = new StatementWatch({ pool: engine.pool, clock }, (news) => {
    told.push(news)
    measure(news)
    if (news.kind === 'moved') keepEnd(stories, news)
    if (news.kind === 'late') stories.book.said(news.id, lateSigner(news.signer, news.atMs))
    if (news.kind === 'refusal') stories.book.said(news.id, heldRefusal(news.signed, statement()))
  })
  const handle = (event: EngineEvent): void => watch.handled(event, engine.handle(event, clock.now()))
  const receive = (...signers: readonly TestSigner[]): void =>
    handle({ kind: 'received', attestation: attest(watched, ...signers), reemit: false })
  const why = () => storyOf(stories, attest(watched, alice).id)
  return { clock, engine, watch, told, metrics, handle, receive, why, there, heardAtMs, lostAtMs }
}

const { id } = attest(statement(), alice)

describe('who watches statements', () => {
  it('is told once of each statement, signature and refusal, with the time', async () => {
    const { clock, told, handle, receive, watch } = createWatched()
    receive(alice)
    await clock.advance(1_000)
    receive(alice, bob)
    receive(alice, bob)
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: carol, reason: 'feed-down' }) })
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: carol, reason: 'feed-down' }) })
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['new', 'signature', 'signature', 'refusal'],
    )
    assert.equal(watch.signedAtMs(id, bob.address), (watch.signedAtMs(id, alice.address) ?? 0) + 1_000)
  })

  it('knows no time of what was signed before a restart', () => {
    const { told, handle, watch } = createWatched()
    handle({ kind: 'restored', attestation: attest(statement(), alice) })
    assert.equal(watch.signedAtMs(id, alice.address), undefined)
    assert.deepEqual(
      told.map(({ kind }) => kind),
      ['new'],
    )
  })

  it('counts who signed, who did not, who was late, and how long a quorum took', async () => {
    const { clock, handle, receive, metrics } = createWatched()
    receive(alice)
    await clock.advance(2_000)
    receive(alice, bob, carol)
    await clock.advance(RULES.quietPeriodMs)
    handle({ kind: 'tick' })
    receive(alice, bob, carol, dave)
    receive(alice, bob, carol, dave)
    handle({ kind: 'outcome', id, outcome: { kind: 'written' } })
    const text = await metrics.text()
    assert.match(text, /^gp_quorum_seconds_sum\{pair="ETH-USD"\} 2$/m)
    assert.match(text, new RegExp(`^gp_late_signatures_total\\{signer="${dave.address}"\\} 1$`, 'm'))
    assert.match(text, new RegExp(`^gp_signatures_total\\{signer="${carol.address}"\\} 1$`, 'm'))
    assert.match(text, new RegExp(`^gp_signatures_missing_total\\{signer="${dave.address}"\\} 1$`, 'm'))
    assert.match(text, new RegExp(`^gp_signatures_missing_total\\{signer="${carol.address}"\\} 0$`, 'm'))
  })

  it('counts from 0 for every signer, pair and reason that it can name, so that the first event is an increase', async () => {
    const text = await createWatched().metrics.text()
    for (const { address } of [alice, dave]) {
      for (const name of ['gp_signatures_total', 'gp_signatures_missing_total', 'gp_late_signatures_total']) {
        assert.match(text, new RegExp(`^${name}\\{signer="${address}"\\} 0$`, 'm'))
      }
    }
    for (const sample of [
      'gp_statements_proposed_total{pair="ETH-USD"} 0',
      'gp_statements_moved_total{to="expired"} 0',
      'gp_refusals_total{code="deviation"} 0',
      'gp_rows_total{outcome="slot-taken"} 0',
      'gp_commit_conflicts_total{outcome="present"} 0',
    ]) {
      assert.ok(text.includes(`\n${sample}\n`), sample)
    }
  })

  it('can say why there is no quorum, while it is collected and after it expired', async () => {
    const { clock, handle, receive, why } = createWatched()
    assert.equal(why().phase, 'unknown')
    receive(alice)
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: carol, reason: 'feed-down' }) })
    const { phase, missing, wouldPass } = why()
    assert.equal(phase, 'collecting')
    const reasons = new Map(missing.map(({ signer, reason }) => [signer, reason]))
    assert.deepEqual(
      [bob, carol, dave].map(({ address }) => reasons.get(address)),
      ['never-heard', 'feed-down', 'silent'],
    )
    assert.match(
      wouldPass ?? '',
      /^2 more signatures of the 3 signers that are missing and have not refused: it can be signed for 60 s more/,
    )
    await clock.advance(2 * INTERVAL_MS)
    handle({ kind: 'tick' })
    assert.equal(why().phase, 'expired')
    assert.equal(why().wouldPass, undefined)
    assert.equal(why().missing.length, 4)
  })

  it('can say an hour later how it was, whoever has come or gone meanwhile', async () => {
    const { clock, engine, handle, receive, why, there } = createWatched()
    receive(alice)
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: carol, reason: 'outside-window' }) })
    await clock.advance(2 * INTERVAL_MS)
    handle({ kind: 'tick' })
    const then = why()
    there.add(bob.address)
    await clock.advance(3_600_000)
    handle({ kind: 'tick' })
    assert.equal(engine.pool.phaseOf(id), undefined)
    assert.deepEqual(why(), then)
    assert.equal(then.missing.find(({ signer }) => signer === bob.address)?.reason, 'never-heard')
    const refused = then.missing.find(({ signer }) => signer === carol.address)
    assert.equal(refused?.sentence, `${carol.address} refused: it found it too old or too new by its clock.`)
    assert.match(then.sentences.join(' '), /nothing makes it pass any more/)
  })

  it('can say how long it can be signed, which is not beyond the end of collecting', () => {
    const intervalMs = 10_000
    const short = statement({ round: roundAt(OBSERVED_AT, intervalMs) })
    const { receive, why } = createWatched({ ...RULES, intervalMs }, short)
    receive(alice)
    assert.match(why().wouldPass ?? '', /: it can be signed for 20 s more\.$/)
  })

  it('can say why somebody has not signed who says so only when the row is in the table', () => {
    const { handle, receive, why } = createWatched()
    receive(alice, bob, carol)
    handle({ kind: 'outcome', id, outcome: { kind: 'present' } })
    const reasonOfDave = () => why().missing.find(({ signer }) => signer === dave.address)?.reason
    assert.deepEqual([why().phase, reasonOfDave()], ['committed', 'silent'])
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: dave, reason: 'feed-down' }) })
    assert.equal(reasonOfDave(), 'feed-down')
  })

  it('can say who signed late, and when, whether the row is in the table by then or not', async () => {
    const { clock, handle, receive, watch, why, told } = createWatched()
    const said = () =>
      why().missing.map(({ signer, reason, sentence }) => `${reason}: ${sentence.replaceAll(signer, 'it')}`)
    receive(alice, bob, carol)
    await clock.advance(RULES.quietPeriodMs)
    handle({ kind: 'tick' })
    watch.signedLate(id, dave.address)
    assert.equal(said().filter((each) => each === late('2025-01-01T00:00:30Z')).length, 1, said().join('\n'))
    await clock.advance(1_000)
    receive(alice, bob, carol, dave)
    assert.equal(told.filter(({ kind }) => kind === 'late').length, 1, 'but once of each signer')
    handle({ kind: 'outcome', id, outcome: { kind: 'written' } })
    receive(testSigner(5))
    assert.deepEqual(said().toSorted(), [late('2025-01-01T00:00:30Z'), late('2025-01-01T00:00:31Z')])
  })

  it('says of who refused that it refused, whatever came from it later and was not verified', async () => {
    const { clock, handle, receive, watch, why } = createWatched()
    const reasonOf = (of: TestSigner) => why().missing.find(({ signer }) => signer === of.address)?.reason
    receive(alice, bob, carol)
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: dave, reason: 'deviation' }) })
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: testSigner(5), reason: 'feed-down' }) })
    await clock.advance(RULES.quietPeriodMs)
    handle({ kind: 'tick' })
    watch.signedLate(id, dave.address)
    assert.equal(reasonOf(dave), 'deviation')
    handle({ kind: 'outcome', id, outcome: { kind: 'written' } })
    watch.signedLate(id, testSigner(5).address)
    assert.equal(reasonOf(testSigner(5)), 'feed-down')
  })

  it('says of who has not signed that a set that is full needs nobody more', () => {
    const { receive, why } = createWatched({ ...RULES, maximumSigners: 3 })
    receive(alice, bob, carol)
    const said = new Map(why().missing.map(({ signer, reason, sentence }) => [signer, `${reason}: ${sentence}`]))
    assert.equal(said.get(dave.address), `not-needed: ${dave.address} was not needed: the set is full.`)
    assert.match(said.get(testSigner(5).address) ?? '', /^never-heard: /)
  })

  it('remembers so many late signers of a statement, and none of what it does not hold', () => {
    const { receive, watch, told } = createWatched()
    receive(alice)
    for (let number = 1; number <= 300; number++) watch.signedLate(id, `0x${number}` as typeof alice.address)
    watch.signedLate(attest(statement({ pair: 'BTC-USD' }), alice).id, dave.address)
    assert.equal(told.filter(({ kind }) => kind === 'late').length, 256)
  })

  it('can say since when those are not connected who have not signed', () => {
    const { clock, receive, why, heardAtMs } = createWatched()
    receive(alice)
    const atMs = clock.now().wallMs
    heardAtMs.set(bob.address, atMs - 90_000).set(dave.address, atMs - 9_000)
    const said = new Map(why().missing.map(({ signer, reason, sentence }) => [signer, `${reason}: ${sentence}`]))
    assert.deepEqual(
      [bob, carol, dave].map(({ address }) => said.get(address)?.replace(address, 'it')),
      [
        'not-connected: it is not connected since it was last heard, at 2024-12-31T23:58:30Z.',
        'never-heard: it was never heard since this node started.',
        'silent: it was there when it was last heard, at 2024-12-31T23:59:51Z, and has neither signed nor refused.',
      ],
    )
  })

  it('can say of who has just been stopped since when it is not connected, before its status is missed', () => {
    const { clock, receive, why, heardAtMs, lostAtMs } = createWatched()
    receive(alice)
    const atMs = clock.now().wallMs
    heardAtMs.set(dave.address, atMs - 9_000)
    lostAtMs.set(dave.address, atMs - 2_000)
    const { reason, sentence } = why().missing.find(({ signer }) => signer === dave.address) ?? assert.fail()
    assert.deepEqual(
      [reason, sentence.replace(dave.address, 'it')],
      ['not-connected', 'it is not connected since 2024-12-31T23:59:58Z, and was not heard since.'],
    )
  })

  it('misses in an open network those who were heard not long ago', () => {
    const { receive, why, heardAtMs, lostAtMs, clock } = createWatched({ ...RULES, signers: createSignerSet([]) })
    const atMs = clock.now().wallMs
    heardAtMs.set(bob.address, atMs).set(dave.address, atMs)
    lostAtMs.set(bob.address, atMs)
    receive(alice)
    const reasons = new Map(why().missing.map(({ signer, reason }) => [signer, reason]))
    assert.deepEqual([reasons.get(bob.address), reasons.get(dave.address)], ['not-connected', 'silent'])
    assert.equal(reasons.size, 2)
  })

  it('can say who has not signed what is in the table', async () => {
    const { clock, handle, receive, why } = createWatched()
    receive(alice, bob, carol)
    await clock.advance(RULES.quietPeriodMs)
    handle({ kind: 'tick' })
    handle({ kind: 'outcome', id, outcome: { kind: 'present' } })
    const { phase, missing, wouldPass } = why()
    assert.deepEqual([phase, missing.length, wouldPass], ['committed', 2, undefined])
  })

  it('says that it will expire once too many have refused', () => {
    const { handle, receive, why } = createWatched()
    receive(alice)
    for (const signer of [bob, carol, dave]) {
      handle({ kind: 'refused', refusal: refusalOf(id, { signer, reason: 'deviation' }) })
    }
    assert.equal(
      why().wouldPass,
      '2 more signatures, and 3 of the 4 signers that are missing have refused: as it is, it will expire.',
    )
  })

  it('says so in words, too, when but one signer is missing, and has refused', () => {
    const { handle, receive, why } = createWatched(constants([alice, bob, carol]))
    receive(alice, bob)
    handle({ kind: 'refused', refusal: refusalOf(id, { signer: carol, reason: 'deviation' }) })
    assert.equal(
      why().wouldPass,
      '1 more signature, and the only signer that is missing has refused: as it is, it will expire.',
    )
  })

  it('says of one signer that may still sign that it is one', () => {
    const { receive, why } = createWatched(constants([alice, bob, carol]))
    receive(alice, bob)
    assert.match(
      why().wouldPass ?? '',
      /^1 more signature of the only signer that is missing and has not refused: it can be signed for/,
    )
  })

  it('can say that a row waits for the table', async () => {
    const { clock, handle, receive, why } = createWatched()
    receive(alice, bob, carol)
    assert.match(why().sentences.join(' '), /It has a quorum: its row is due in \d+ s/)
    await clock.advance(RULES.quietPeriodMs)
    handle({ kind: 'tick' })
    assert.match(why().sentences.join(' '), /Its row is due, and the table cannot be written: nobody answers there\.$/)
  })

  it('forgets with the engine', async () => {
    const { clock, handle, receive, watch } = createWatched()
    receive(alice)
    await clock.advance(3 * INTERVAL_MS)
    handle({ kind: 'tick' })
    const later = attest(statement({ observedAt: clock.now().wallMs }), alice)
    handle({ kind: 'received', attestation: later, reemit: false })
    assert.equal(watch.signedAtMs(id, alice.address), undefined)
    assert.notEqual(watch.signedAtMs(later.id, alice.address), undefined)
  })
})
