import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CO_SIGN_LONGEST_MS, CO_SIGN_PATIENCE_MS, coSignDelayMs } from '../../src/consensus/co-sign-turn.ts'
import { type CoSignAnswer, type CoSignOptions, type OwnObservations, coSign } from '../../src/consensus/co-signer.ts'
import { Signer } from '../../src/consensus/signer.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { type Attestation, type PriceStatement, roundAt } from '../../src/core/statement.ts'
import { RULES, EngineAtWork, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { SignOnceInMemory } from '../helpers/sign-once-in-memory.ts'
import { OBSERVED_AT, type TestSigner, price, statement, testSigners } from '../helpers/statements.ts'

const signers = testSigners(40)
const [proposer = assert.fail(), ...others] = signers
const addresses = signers.map(({ address }) => address)
const proposed = statement({ proposer: proposer.address })
const { id } = attest(proposed, proposer)
const entries = addresses.map((address) => ({ address, fromRound: undefined, toRound: undefined }))
const closed = createSignerSet(entries)

function delayOf({ address }: TestSigner, of = id): number {
  return coSignDelayMs(
    { id: of, proposer: proposer.address, own: address },
    { among: addresses, maximumSigners: RULES.maximumSigners },
  )
}

const inTurn = others.toSorted((a, b) => delayOf(a) - delayOf(b))
const atOnce = inTurn.slice(0, RULES.maximumSigners - 1)
const [first = assert.fail(), second = assert.fail()] = inTurn.slice(RULES.maximumSigners - 1)
const last = inTurn.at(-1) ?? assert.fail()

const FEED_MS = 200
const seen = (pair: string) => ({ pair, price: proposed.price, observedAtMs: OBSERVED_AT })

/** A node of `own` that has heard of the statement and is asked to sign it. */
function consider(
  own: TestSigner,
  {
    near = (pair) => Promise.resolve(seen(pair)),
    arrivesAfterMs = 0,
    of = proposed,
    engine = new EngineAtWork(),
    ...options
  }: {
    readonly near?: OwnObservations['near']
    readonly arrivesAfterMs?: number
    readonly of?: PriceStatement
    readonly engine?: EngineAtWork
  } & Partial<Pick<CoSignOptions, 'signal' | 'constants'>> = {},
) {
  const { clock } = engine
  const memory = new SignOnceInMemory()
  const curve = createKeyedHashCurve()
  const signer = new Signer(
    { curve, memory, clock, logger: new RecordingLogger() },
    { key: own, intervalMs: RULES.intervalMs },
  )
  clock.jumpWall(arrivesAfterMs)
  const received = attest(of, proposer)
  engine.receive(received)
  const startMs = clock.now().monoMs
  const asked: number[] = []
  const answers: { readonly atMs: number; readonly answer: CoSignAnswer | { readonly thrown: unknown } }[] = []
  const note = (answer: CoSignAnswer | { readonly thrown: unknown }): void => {
    answers.push({ atMs: clock.now().monoMs - startMs, answer })
  }
  const observations: OwnObservations = {
    near(pair, about) {
      asked.push(clock.now().monoMs - startMs)
      return near(pair, about)
    },
  }
  const constants = { ...RULES, maxDeviation: 10n ** 7n, signers: closed }
  coSign(
    { signer, observations, clock, holdings: engine.engine.pool },
    { id: received.id, statement: of, constants, ...options },
  ).then(note, (thrown: unknown) => note({ thrown }))
  return { engine, clock, memory, asked, answers }
}

function full(): Attestation {
  return attest(proposed, proposer, ...atOnce)
}

const wasSigned = (answer: unknown): boolean => typeof answer === 'object' && answer !== null && 'signature' in answer

describe('a signer whose turn is', () => {
  it('at once does not wait', async () => {
    for (const own of atOnce) {
      const node = consider(own)
      await node.clock.advance(0)
      assert.deepEqual(
        node.answers.map(({ answer }) => wasSigned(answer)),
        [true],
      )
    }
  })

  it('later asks for a price and signs when it has come, and not before', async () => {
    for (const own of [first, second, last]) {
      const node = consider(own)
      await node.clock.advance(delayOf(own) - 1)
      assert.deepEqual([node.asked, node.answers], [[], []])
      await node.clock.advance(1)
      assert.deepEqual(node.asked, [delayOf(own)])
      assert.deepEqual(
        node.answers.map(({ atMs, answer }) => [atMs, wasSigned(answer)]),
        [[delayOf(own), true]],
      )
    }
  })

  it('later keeps with its signature those that came while it waited', async () => {
    const node = consider(first)
    node.engine.receive(attest(proposed, proposer, ...atOnce.slice(1)))
    await node.clock.advance(delayOf(first))
    assert.equal(node.memory.writes.flat()[0]?.signatures.size, RULES.maximumSigners)
  })

  it('later neither signs nor refuses nor asks for a price when the set is full by then', async () => {
    const node = consider(first)
    await node.clock.advance(delayOf(first) - 1)
    node.engine.receive(full())
    await node.clock.advance(1)
    assert.deepEqual(node.answers, [{ atMs: delayOf(first), answer: { notNeeded: true } }])
    assert.deepEqual([node.asked, node.memory.writes], [[], []])
  })

  it('later does likewise when the set has closed below its maximum, or the statement is forgotten', async () => {
    for (const end of ['closed', 'committed', 'forgotten'] as const) {
      const node = consider(last, { engine: new EngineAtWork({ quietPeriodMs: 1_000 }) })
      if (end !== 'forgotten') node.engine.receive(attest(proposed, proposer, ...atOnce.slice(0, 2)))
      await node.clock.advance(1_000)
      if (end === 'committed') node.engine.settle(id)
      if (end === 'forgotten') node.clock.jumpWall(2 * RULES.intervalMs)
      node.engine.handle({ kind: 'tick' })
      await node.clock.advance(CO_SIGN_LONGEST_MS)
      assert.deepEqual(
        node.answers.map(({ answer }) => answer),
        [{ notNeeded: true }],
        end,
      )
      assert.deepEqual(node.asked, [])
    }
  })

  it('later signs though the set has been at quorum for long, as long as it takes one more', async () => {
    const node = consider(last)
    node.engine.receive(attest(proposed, proposer, ...atOnce.slice(1)))
    await node.clock.advance(delayOf(last))
    assert.deepEqual(
      node.answers.map(({ answer }) => wasSigned(answer)),
      [true],
    )
  })

  it('later signs nothing of a slot that was contested while it waited', async () => {
    const node = consider(first)
    node.engine.receive(attest(statement({ proposer: proposer.address, price: price('3021.456') }), proposer))
    await node.clock.advance(delayOf(first))
    assert.deepEqual(
      node.answers.map(({ answer }) => 'objection' in answer && answer.objection.code),
      ['slot-contested'],
    )
    assert.deepEqual(node.asked, [])
  })

  it('later waits on the monotonic clock', async () => {
    const node = consider(first)
    node.clock.jumpWall(-5_000)
    await node.clock.advance(delayOf(first) - 1)
    assert.equal(node.answers.length, 0)
    await node.clock.advance(1)
    assert.equal(node.answers.length, 1)
  })

  it('later gives up when it is told to, and leaves no timer behind', async () => {
    const stopping = new AbortController()
    const node = consider(first, { signal: stopping.signal })
    await node.clock.advance(10)
    const timers = node.clock.pending
    stopping.abort(new Error('stopping'))
    await node.clock.settle()
    assert.deepEqual(
      node.answers.map(({ answer }) => answer),
      [{ thrown: stopping.signal.reason }],
    )
    assert.equal(node.clock.pending, timers - 1)
  })
})

describe('the wait of a signer', () => {
  it('ends while half of the co-sign window is left that was left when the statement came', async () => {
    const node = consider(last, { arrivesAfterMs: 58_000 })
    await node.clock.advance(1_000)
    assert.deepEqual(
      node.answers.map(({ atMs, answer }) => [atMs, wasSigned(answer)]),
      [[1_000, true]],
    )
  })

  it('ends while half of the collect window is left where rounds are short', async () => {
    const intervalMs = 1_000
    const engine = new EngineAtWork({ intervalMs })
    const of = { ...proposed, round: Math.floor(OBSERVED_AT / intervalMs) as PriceStatement['round'] }
    const constants = { ...RULES, intervalMs, maxDeviation: 10n ** 7n, signers: closed }
    const ofSigner = attest(of, proposer).id
    const slow = others.toSorted((a, b) => delayOf(a, ofSigner) - delayOf(b, ofSigner)).at(-1) ?? assert.fail()
    const node = consider(slow, { engine, of, constants })
    await node.clock.advance(1_000)
    assert.deepEqual(node.asked, [1_000])
  })

  it('is not shortened for a statement that is too old to be signed: it is refused in turn', async () => {
    const node = consider(first, { arrivesAfterMs: 61_000 })
    await node.clock.advance(delayOf(first))
    assert.deepEqual(
      node.answers.map(({ atMs, answer }) => [atMs, 'objection' in answer && answer.objection.code]),
      [[delayOf(first), 'outside-window']],
    )
  })

  it('is repeated after a long one for a price: the feed of all others has come back in the same moment', async () => {
    const node = consider(first, {
      near: async (pair) => {
        await node.clock.sleep(CO_SIGN_PATIENCE_MS + 1)
        return seen(pair)
      },
    })
    await node.clock.advance(delayOf(first) + CO_SIGN_PATIENCE_MS + 1)
    assert.equal(node.answers.length, 0)
    node.engine.receive(full())
    await node.clock.advance(delayOf(first))
    assert.deepEqual(
      node.answers.map(({ answer }) => answer),
      [{ notNeeded: true }],
    )
  })

  it('is shortened when it is repeated as well: what can still be signed then is signed', async () => {
    const BACK_MS = 56_000
    const node = consider(last, {
      near: async (pair) => {
        await node.clock.sleep(BACK_MS - delayOf(last))
        return seen(pair)
      },
    })
    await node.clock.advance(60_000 - 1)
    assert.deepEqual(
      node.answers.map(({ atMs, answer }) => [atMs, wasSigned(answer)]),
      [[BACK_MS + (60_000 - BACK_MS) / 2, true]],
    )
  })

  it('is not repeated after a short one for a price; a set that has filled up meanwhile is left alone', async () => {
    for (const isFull of [false, true]) {
      const node = consider(first, {
        near: async (pair) => {
          await node.clock.sleep(FEED_MS)
          if (isFull) node.engine.receive(full())
          return seen(pair)
        },
      })
      await node.clock.advance(delayOf(first) + FEED_MS)
      assert.deepEqual(
        node.answers.map(({ answer }) => wasSigned(answer)),
        [!isFull],
      )
    }
  })

  it('is repeated, and not shortened, before a refusal for want of a price: the feed of all others was given up then', async () => {
    const GIVEN_UP_MS = 59_900
    const node = consider(first, {
      near: async () => {
        await node.clock.sleep(GIVEN_UP_MS - delayOf(first))
        return { reason: 'down' }
      },
    })
    await node.clock.advance(GIVEN_UP_MS + delayOf(first) - 1)
    assert.equal(node.answers.length, 0)
    await node.clock.advance(1)
    assert.deepEqual(
      node.answers.map(({ answer }) => 'objection' in answer && answer.objection.code),
      ['feed-down'],
    )
  })
})

describe('a signer without a price of its own', () => {
  it('asks for one no longer than its refusal can still be heard', async () => {
    for (const [intervalMs, waitsMs] of [
      [600_000, 60_000],
      [10_000, 17_000],
    ] as const) {
      const asked: number[] = []
      const node = consider(atOnce[0] ?? assert.fail(), {
        constants: { ...RULES, intervalMs, maxDeviation: 10n ** 7n, signers: closed },
        of: statement({ proposer: proposer.address, round: roundAt(OBSERVED_AT, intervalMs) }),
        near: (_pair, { untilMs }) => {
          asked.push(untilMs - OBSERVED_AT)
          return Promise.resolve({ reason: 'down' })
        },
      })
      await node.clock.advance(0)
      assert.deepEqual(asked, [waitsMs])
    }
  })

  it('says so of a set that has closed meanwhile, and not of one that is full', async () => {
    for (const isFull of [false, true]) {
      const own = inTurn.find((one) => !atOnce.slice(0, RULES.minimumSigners).includes(one)) ?? assert.fail()
      const node = consider(own, {
        near: async () => {
          node.engine.receive(isFull ? full() : attest(proposed, proposer, ...atOnce.slice(0, RULES.minimumSigners)))
          await node.clock.sleep(3 * RULES.quietPeriodMs)
          assert.equal(node.engine.engine.pool.isOpen(id), false)
          return { reason: 'down' }
        },
      })
      await node.clock.advance(0)
      await node.clock.advance(3 * RULES.quietPeriodMs)
      await node.clock.advance(20_000)
      assert.deepEqual(
        node.answers.map(({ answer }) => ('objection' in answer ? answer.objection.code : 'notNeeded' in answer)),
        [isFull ? true : 'feed-down'],
      )
    }
  })
})

describe('in an open network', () => {
  const constants = { ...RULES, maxDeviation: 10n ** 7n, signers: createSignerSet([]) }

  it('everybody signs at once while no more signers are known than a set takes', async () => {
    const node = consider(last, { constants })
    await node.clock.advance(0)
    assert.equal(node.answers.length, 1)
  })

  it('those take turns of whom something was heard in the round or the one before', async () => {
    const engine = new EngineAtWork({ maximumSigners: 64 })
    const before = { ...proposed, observedAt: OBSERVED_AT - 1, round: (proposed.round - 1) as PriceStatement['round'] }
    engine.receive(attest(before, proposer, ...others.slice(0, 20)))
    engine.receive(attest(statement({ pair: 'BTC-USD', proposer: proposer.address }), proposer, ...others.slice(20)))
    const node = consider(last, { constants, engine })
    await node.clock.advance(delayOf(last) - 1)
    assert.equal(node.answers.length, 0)
    await node.clock.advance(1)
    assert.equal(node.answers.length, 1)
  })
})
