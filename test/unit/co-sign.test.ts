import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ObjectionCode, refusalFor } from '../../src/consensus/co-sign-policy.ts'
import { type CoSignAnswer, type CoSignOptions, type OwnObservations, coSign } from '../../src/consensus/co-signer.ts'
import { Signer } from '../../src/consensus/signer.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import type { Observation } from '../../src/core/price-feed.ts'
import type { Price } from '../../src/core/price.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Attestation, PriceStatement, SignatureSet } from '../../src/core/statement.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { SignOnceInMemory } from '../helpers/sign-once-in-memory.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, attest, bob, digest, price, round, statement } from '../helpers/statements.ts'

const ONE_PERCENT = 10n ** 7n
const OWN_PRICE = price('3000')
const proposed = statement({ price: OWN_PRICE })
const HOLDINGS = {
  signaturesOf: () => undefined,
  isOpen: () => true,
  isContested: () => false,
  signersAround: () => [],
}

interface Asked {
  readonly pair: string
  readonly observedAtMs: number
  readonly withinMs: number
  readonly untilMs: number
}

/** A node of bob's that sees 3000 for everything, unless told otherwise. */
function createCoSigner(seen: OwnObservations['near'] = (pair) => Promise.resolve(observation(pair))) {
  const clock = new ManualClock()
  const memory = new SignOnceInMemory()
  const logger = new RecordingLogger()
  const signer = new Signer({ curve: nobleSecp256k1, memory, clock, logger }, { key: bob, intervalMs: INTERVAL_MS })
  const asked: Asked[] = []
  const constants: CoSignOptions['constants'] = {
    intervalMs: INTERVAL_MS,
    maxDeviation: ONE_PERCENT,
    maximumSigners: 3,
    signers: createSignerSet([]),
  }
  const observations: OwnObservations = {
    near(pair, options) {
      asked.push({ pair, ...options })
      return seen(pair, options)
    },
  }
  let signatures: SignatureSet | undefined
  let contested = false
  const judge = async (one: PriceStatement, others = constants): Promise<ReturnType<typeof told>> => {
    const holdings = { ...HOLDINGS, signaturesOf: () => signatures, isContested: () => contested }
    const components = { signer, observations, clock, holdings }
    const answer = coSign(components, { id: digest(one), statement: one, constants: others })
    await clock.settle()
    await clock.advance(0)
    return told(await answer)
  }
  const hold = (attestation: Attestation): void => {
    signatures = attestation.signatures
  }
  const contest = (): void => {
    contested = true
  }
  return { clock, memory, signer, asked, constants, judge, hold, contest }
}

function told(answer: CoSignAnswer): ObjectionCode | 'signed' | 'not needed' {
  if ('notNeeded' in answer) return 'not needed'
  return 'objection' in answer ? answer.objection.code : 'signed'
}

function observation(pair: string, own: Price = OWN_PRICE): Observation {
  return { pair, price: own, observedAtMs: OBSERVED_AT }
}

describe('a node co-signs', () => {
  it('what it can vouch for, and keeps with it the signatures that are held by then', async () => {
    const { memory, judge, hold } = createCoSigner()
    hold(attest(proposed, alice))
    assert.equal(await judge(proposed), 'signed')
    assert.deepEqual(memory.writes, [[attest(proposed, alice, bob)]])
  })

  it('after one look at its own price, within 60 s of the statement’s time and until the window closes', async () => {
    const { asked, judge } = createCoSigner()
    await judge(proposed)
    const untilMs = OBSERVED_AT + 60_000
    assert.deepEqual(asked, [{ pair: 'ETH-USD', observedAtMs: OBSERVED_AT, withinMs: 60_000, untilMs }])
  })
})

describe('the co-sign window', () => {
  const edges = [
    { name: 'exactly 60 s ago', agoMs: 60_000, answer: 'signed' },
    { name: '60.001 s ago', agoMs: 60_001, answer: 'outside-window' },
    { name: 'exactly 10 s ahead', agoMs: -10_000, answer: 'signed' },
    { name: '10.001 s ahead', agoMs: -10_001, answer: 'outside-window' },
  ] as const

  for (const { name, agoMs, answer } of edges) {
    it(`${name}: ${answer}`, async () => {
      const { clock, asked, judge } = createCoSigner()
      clock.jumpWall(agoMs)
      assert.equal(await judge(proposed), answer)
      assert.equal(asked.length, answer === 'signed' ? 1 : 0, 'no price is fetched for what is not signed anyway')
    })
  }

  it('that closes while the node waits for its own price is closed', async () => {
    const { clock, judge, memory } = createCoSigner((pair) => {
      clock.jumpWall(60_001)
      return Promise.resolve(observation(pair))
    })
    assert.equal(await judge(proposed), 'outside-window')
    assert.deepEqual(memory.writes, [])
  })

  it('that is still open when the price arrives is open', async () => {
    const { clock, judge } = createCoSigner((pair) => {
      clock.jumpWall(60_000)
      return Promise.resolve(observation(pair))
    })
    assert.equal(await judge(proposed), 'signed')
  })
})

describe('the deviation', () => {
  const allowed = OWN_PRICE / 100n
  const edges = [
    { name: 'none', proposes: OWN_PRICE, answer: 'signed' },
    { name: 'exactly one percent above', proposes: OWN_PRICE + allowed, answer: 'signed' },
    { name: 'one unit of 10^-18 beyond, above', proposes: OWN_PRICE + allowed + 1n, answer: 'deviation' },
    { name: 'exactly one percent below', proposes: OWN_PRICE - allowed, answer: 'signed' },
    { name: 'one unit of 10^-18 beyond, below', proposes: OWN_PRICE - allowed - 1n, answer: 'deviation' },
    { name: 'the smallest price', proposes: 1n, answer: 'deviation' },
    { name: 'the largest price', proposes: 10n ** 36n - 1n, answer: 'deviation' },
  ] as const

  for (const { name, proposes, answer } of edges) {
    it(`${name}: ${answer}`, async () => {
      const { judge } = createCoSigner()
      assert.equal(await judge(statement({ price: proposes as Price })), answer)
    })
  }

  it('of 0 lets only the very same price pass', async () => {
    const { judge, constants } = createCoSigner()
    const none = { ...constants, maxDeviation: 0n }
    assert.equal(await judge(statement({ price: (OWN_PRICE + 1n) as Price }), none), 'deviation')
    assert.equal(await judge(statement({ price: OWN_PRICE }), none), 'signed')
  })

  it('is counted on this node’s own price where a fraction of a unit decides', async () => {
    const { judge } = createCoSigner((pair) => Promise.resolve(observation(pair, 199n as Price)))
    assert.equal(await judge(statement({ price: 200n as Price })), 'signed')
    assert.equal(await judge(statement({ price: 201n as Price, pair: 'BTC-USD' })), 'deviation')
    const other = createCoSigner((pair) => Promise.resolve(observation(pair, 99n as Price)))
    assert.equal(await other.judge(statement({ price: 100n as Price })), 'deviation')
  })
})

describe('what the network is told', () => {
  const about = { network: 'test-network', statement: digest(proposed), refusedAt: OBSERVED_AT }
  const said = { ownPrice: undefined, signedInstead: undefined }
  const cases = [
    {
      objection: { code: 'deviation', message: '', ownPrice: OWN_PRICE },
      refusal: { ...about, ...said, reason: 'deviation', ownPrice: OWN_PRICE },
    },
    {
      objection: { code: 'slot-signed', message: '', signedInstead: digest(proposed) },
      refusal: { ...about, ...said, reason: 'slot-signed', signedInstead: digest(proposed) },
    },
    { objection: { code: 'disk', message: '' }, refusal: { ...about, ...said, reason: 'disk' } },
    { objection: { code: 'not-a-signer', message: '' }, refusal: undefined },
  ] as const

  for (const { objection, refusal } of cases) {
    it(`of ${objection.code}: ${refusal === undefined ? 'nothing' : 'the reason, and what proves it'}`, () => {
      assert.deepEqual(refusalFor(objection, about), refusal)
    })
  }

  it('of a deviation and of a signed slot is what this node saw and signed', async () => {
    const { signer, clock, constants } = createCoSigner()
    const observations = { near: (pair: string) => Promise.resolve(observation(pair)) }
    const ask = async (one: PriceStatement) => {
      const answer = coSign(
        { signer, observations, clock, holdings: HOLDINGS },
        { id: digest(one), statement: one, constants },
      )
      await clock.advance(0)
      const settled = await answer
      return 'objection' in settled ? refusalFor(settled.objection, about) : undefined
    }
    assert.equal((await ask(statement({ price: price('2000') })))?.ownPrice, OWN_PRICE)
    assert.equal(await ask(proposed), undefined)
    assert.equal((await ask(statement({ price: price('3000.01') })))?.signedInstead, digest(proposed))
  })
})

describe('a node refuses', () => {
  it('while its feed is down, in the feed’s words', async () => {
    const { clock, signer, memory, constants } = createCoSigner()
    const observations = { near: () => Promise.resolve({ reason: 'api.coinbase.com does not answer' }) }
    const answer = await coSign(
      { signer, observations, clock, holdings: HOLDINGS },
      { id: digest(proposed), statement: proposed, constants },
    )
    assert.deepEqual(answer, { objection: { code: 'feed-down', message: 'api.coinbase.com does not answer' } })
    assert.deepEqual(memory.writes, [])
  })

  it('when it is no signer of the round, without asking for a price', async () => {
    const { asked, judge, constants } = createCoSigner()
    const until = { address: bob.address, fromRound: undefined, toRound: round(proposed.round - 1) }
    const retired = { ...constants, signers: createSignerSet([until]) }
    assert.equal(await judge(proposed, retired), 'not-a-signer')
    const last = { ...constants, signers: createSignerSet([{ ...until, toRound: proposed.round }]) }
    assert.deepEqual(asked, [])
    assert.equal(await judge(proposed, last), 'signed')
  })

  it('when the slot is signed, without asking for a price', async () => {
    const { asked, judge } = createCoSigner()
    await judge(proposed)
    assert.equal(await judge(statement({ price: price('3000.01') })), 'slot-signed')
    assert.equal(asked.length, 1)
  })

  it('a rival of its slot that was signed while it waited for a price', async () => {
    const { judge, signer, clock, memory } = createCoSigner(async (pair) => {
      const rival = statement({ price: price('3000.01') })
      const first = signer.sign({ id: digest(rival), statement: rival, held: new Map() })
      await clock.advance(0)
      await first
      return observation(pair)
    })
    assert.equal(await judge(proposed), 'slot-signed')
    assert.equal(memory.writes.flat().length, 1)
  })

  it('a contested slot, without asking for a price', async () => {
    const { asked, judge, contest, memory } = createCoSigner()
    contest()
    assert.equal(await judge(proposed), 'slot-contested')
    assert.deepEqual([asked, memory.writes], [[], []])
  })

  it('a slot that was contested while it waited for a price', async () => {
    const { judge, contest, memory } = createCoSigner((pair) => {
      contest()
      return Promise.resolve(observation(pair))
    })
    assert.equal(await judge(proposed), 'slot-contested')
    assert.deepEqual(memory.writes, [])
  })

  it('the second statement of a slot of which it signed the first for that reason, which says more', async () => {
    const { judge, contest } = createCoSigner()
    await judge(proposed)
    contest()
    assert.equal(await judge(statement({ price: price('3000.01') })), 'slot-signed')
  })

  it('a round at or below the low-water mark, without asking for a price', async () => {
    const { asked, judge, memory } = createCoSigner()
    memory.mark = proposed.round
    assert.equal(await judge(proposed), 'old-round')
    assert.deepEqual(asked, [])
  })

  it('a round for which its memory is not complete, without asking for a price', async () => {
    const { asked, judge, memory } = createCoSigner()
    memory.completeFromMs = OBSERVED_AT + 1
    assert.equal(await judge(proposed), 'no-memory')
    assert.deepEqual(asked, [])
  })

  it('when its disk does', async () => {
    const { judge, memory } = createCoSigner()
    memory.refuses = new Error('disk full')
    assert.equal(await judge(proposed), 'disk')
  })
})
