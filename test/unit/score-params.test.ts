import assert from 'node:assert/strict'
import { type TestContext, describe, it } from 'node:test'
import { PeerScore, validatePeerScoreParams, validatePeerScoreThresholds } from '@chainsafe/libp2p-gossipsub/score'
import { RejectReason } from '@chainsafe/libp2p-gossipsub/types'
import type { Logger } from '@libp2p/interface'
import type { NetworkConstants } from '../../src/core/network.ts'
import { expectedTraffic } from '../../src/gossip/expected-traffic.ts'
import { SCORE_THRESHOLDS, type TopicNames, peerScoreParams } from '../../src/gossip/score-params.ts'
import { networkOf } from '../helpers/traffic.ts'

type TopicKind = keyof TopicNames

const topics: TopicNames = { prices: '/p', status: '/p/status', refusals: '/p/refusals' }
const KINDS: readonly TopicKind[] = ['prices', 'status', 'refusals']
const { gossipThreshold, publishThreshold, graylistThreshold } = SCORE_THRESHOLDS
const PEER = 'peer'
const HOUR_S = 3_600
const STATUS_S = 15

const small = networkOf({ signers: 4 })
const large = networkOf({ signers: 64, pairs: 20, intervalMs: 10_000 })

const mute: Logger = Object.assign(() => undefined, {
  error: () => undefined,
  trace: () => undefined,
  enabled: false,
  newScope: () => mute,
})

/** Gossipsub's own bookkeeping with our numbers, on a clock that the test moves. */
class Scores {
  readonly #constants: NetworkConstants
  readonly #score: PeerScore
  readonly #tick: (ms: number) => void
  readonly #scoreOf = new Map<string, number>()
  #messages = 0

  constructor(t: TestContext, constants: NetworkConstants) {
    t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2025, 0, 1) })
    this.#tick = (ms) => t.mock.timers.tick(ms)
    this.#constants = constants
    const scoreOf = (peer: string): number => this.#scoreOf.get(peer) ?? 0
    this.#score = new PeerScore(
      peerScoreParams({ topics, scoreOf }, expectedTraffic(constants)),
      null,
      { forComponent: () => mute },
      { scoreCacheValidityMs: 0 },
    )
    this.join(PEER)
  }

  of(peer = PEER): number {
    return this.#score.score(peer)
  }

  /** Comes into the mesh of all topics. */
  join(peer: string): void {
    this.#score.addPeer(peer)
    for (const topic of Object.values(topics)) this.#score.graft(peer, topic)
  }

  leave(peer = PEER): void {
    this.#score.removePeer(peer)
  }

  prune(peer = PEER): void {
    for (const topic of Object.values(topics)) this.#score.prune(peer, topic)
  }

  isKnown(peer = PEER): boolean {
    return this.#score.peerStats.has(peer)
  }

  /** Lets seconds pass, at the beginning of each of which `act` acts; the lowest score of the peer on the way. */
  pass(seconds: number, act: (second: number) => void = () => undefined): number {
    let lowest = this.of()
    for (let second = 0; second < seconds; second++) {
      act(second)
      this.#tick(1_000)
      this.#score.background()
      lowest = Math.min(lowest, this.of())
    }
    return lowest
  }

  /** The same, and the peer brings this share of what a healthy network says, rounds in one burst each. */
  passInHonesty(seconds: number, share = 1): number {
    const { roundSeconds, prices, status } = expectedTraffic(this.#constants)
    return this.pass(seconds, (second) => {
      if (second % roundSeconds === 0) this.deliver(Math.round(prices.messagesPerRound * share))
      if (second % STATUS_S === 0) this.deliver(Math.round(status.messagesPerSecond * STATUS_S * share), 'status')
    })
  }

  deliver(count: number, kind: TopicKind = 'prices'): void {
    this.#send(count, (id) => {
      this.#score.validateMessage(id)
      this.#score.deliverMessage(PEER, id, topics[kind])
    })
  }

  lie(count: number, kind: TopicKind = 'prices'): void {
    this.#send(count, (id) => this.#score.rejectMessage(PEER, id, topics[kind], RejectReason.Reject))
  }

  beIgnored(count: number): void {
    this.#send(count, (id) => this.#score.rejectMessage(PEER, id, topics.prices, RejectReason.Ignore))
  }

  misbehave(count: number): void {
    this.#score.addPenalty(PEER, count, 'graft_backoff' as Parameters<PeerScore['addPenalty']>[2])
  }

  connectFrom(address: string, peer = PEER): void {
    this.#score.addIP(peer, address)
  }

  holdAgainst(score: number): void {
    this.#scoreOf.set(PEER, score)
  }

  #send(count: number, send: (id: string) => void): void {
    for (let i = 0; i < count; i++) send(String(this.#messages++))
  }
}

describe('peer scores', () => {
  for (const [which, constants] of Object.entries({
    'of 4 signers and 600 s': small,
    'of 64 signers, 20 pairs and 10 s': large,
    'of one signer': networkOf({ signers: 1, minimumSigners: 1, maximumSigners: 1 }),
    'of rounds shorter than a second': networkOf({ signers: 4, intervalMs: 200 }),
    'of rounds of a day': networkOf({ signers: 4, intervalMs: 86_400_000 }),
    'that is open': networkOf({ signers: 0 }),
  })) {
    it(`gossipsub takes the numbers for a network ${which}`, () => {
      validatePeerScoreParams(peerScoreParams({ topics, scoreOf: () => 0 }, expectedTraffic(constants)))
    })
  }

  it('gossipsub takes the thresholds', () => {
    validatePeerScoreThresholds(SCORE_THRESHOLDS)
  })

  for (const [which, constants, seconds] of [
    ['4 signers and 600 s', small, HOUR_S],
    ['64 signers, 20 pairs and 10 s', large, 120],
  ] as const) {
    for (const share of [1, 1 / 6, 0.01, 0]) {
      it(`with ${which}, who brings ${share.toFixed(2)} of all that is said is never below 0`, (t) => {
        const scores = new Scores(t, constants)
        assert.ok(scores.passInHonesty(seconds, share) >= 0)
        // What comes twice is not held against anybody, nor what is of no use.
        scores.beIgnored(1_000)
        assert.ok(scores.pass(60) >= 0)
        scores.prune()
        assert.ok(scores.pass(60) >= 0)
      })
    }

    it(`with ${which}, who brings something ranks before who just stays, and who stays before who has just come`, (t) => {
      const scores = new Scores(t, constants)
      scores.join('idle')
      scores.passInHonesty(seconds, 1 / 6)
      scores.join('fresh')
      assert.ok(scores.of() > scores.of('idle') && scores.of('idle') > scores.of('fresh'))
      assert.equal(scores.of('fresh'), 0)
    })
  }

  it('a silent hour after a day of honesty takes nobody below 0', (t) => {
    const scores = new Scores(t, small)
    scores.passInHonesty(24 * HOUR_S)
    assert.ok(scores.pass(HOUR_S) >= 0)
  })

  it('forty peers behind one address are no worse than one', (t) => {
    const scores = new Scores(t, small)
    for (let i = 0; i < 40; i++) {
      scores.join(`peer ${i}`)
      scores.connectFrom('127.0.0.1', `peer ${i}`)
    }
    assert.equal(scores.of('peer 0'), 0)
  })

  for (const [who, live] of [
    ['a peer that has just come', () => 0],
    ['a peer that was honest for a day', (scores: Scores) => scores.passInHonesty(24 * HOUR_S)],
  ] as const) {
    for (const kind of KINDS) {
      it(`of ${who}, rejected messages among ${kind} count as the protocol says`, (t) => {
        const scores = new Scores(t, small)
        live(scores)
        const consequences: string[] = []
        for (let lies = 1; lies <= 5; lies++) {
          scores.lie(1, kind)
          const score = scores.of()
          assert.ok(Math.abs(score + 5 * lies ** 2) <= 0.05 + 1e-9, `${score}`)
          const below = { mesh: 0, gossip: gossipThreshold, publish: publishThreshold, graylist: graylistThreshold }
          consequences.push(
            Object.keys(below)
              .filter((name) => score < below[name as keyof typeof below])
              .join(' '),
          )
        }
        assert.deepEqual(consequences, [
          'mesh',
          'mesh gossip',
          'mesh gossip',
          'mesh gossip publish',
          'mesh gossip publish graylist',
        ])
      })
    }

    it(`of ${who}, one rejected message is made good in some four minutes, not sooner`, (t) => {
      const scores = new Scores(t, small)
      live(scores)
      scores.lie(1)
      scores.prune()
      scores.pass(225)
      assert.ok(scores.of() < 0)
      scores.pass(10)
      assert.ok(scores.of() >= 0)
    })
  }

  it('nothing that a peer does earns it what a rejected message costs, nor what this node thinks of it', (t) => {
    const scores = new Scores(t, large)
    scores.holdAgainst(1_000)
    scores.pass(HOUR_S, () => {
      for (const kind of KINDS) scores.deliver(50, kind)
    })
    assert.ok(scores.of() > 0 && scores.of() <= 0.05 + 1e-9, `${scores.of()}`)
  })

  it('what this node holds against a peer counts in full, at once, and ends when it ends', (t) => {
    const scores = new Scores(t, small)
    scores.holdAgainst(-1_000)
    assert.ok(scores.of() < graylistThreshold)
    scores.holdAgainst(0)
    assert.equal(scores.of(), 0)
  })

  it('rejected messages are not forgotten by leaving and coming back', (t) => {
    const scores = new Scores(t, small)
    scores.lie(5)
    scores.leave()
    scores.pass(700)
    assert.ok(scores.of() < graylistThreshold)
  })

  it('a peer that has gone is forgotten after twelve minutes, so that ever new peer ids do not fill the memory', (t) => {
    const scores = new Scores(t, small)
    scores.leave()
    scores.pass(719)
    assert.ok(scores.isKnown())
    scores.pass(3)
    assert.ok(!scores.isKnown())
  })

  it('a peer that starts anew in all topics while this node is busy is not below 0', (t) => {
    const scores = new Scores(t, small)
    scores.misbehave(9)
    assert.ok(scores.pass(60) >= 0)
  })

  it('a peer that breaks promises and grafts too soon again and again is silenced, for about a minute', (t) => {
    const scores = new Scores(t, small)
    scores.misbehave(10)
    assert.ok(scores.of() < 0)
    scores.misbehave(9)
    assert.ok(scores.of() < graylistThreshold)
    scores.pass(60)
    assert.ok(scores.of() >= 0)
  })
})
