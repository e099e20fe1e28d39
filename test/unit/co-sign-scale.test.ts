import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CO_SIGN_LONGEST_MS } from '../../src/consensus/co-sign-turn.ts'
import { price } from '../helpers/statements.ts'
import { RULES } from '../helpers/engine-at-work.ts'
import { type CoSigningNetwork, createCoSigningNetwork } from '../helpers/co-signing-network.ts'

const { maximumSigners } = RULES
/** Signatures and refusals that are made before their maker hears that there are enough. */
const FEW = 8

function signaturesHeld({ nodes, proposed }: CoSigningNetwork): number[] {
  return nodes.map(({ engine }) => engine.pool.signaturesOf(proposed.id)?.size ?? 0)
}

function refusalsHeld({ nodes, proposed }: CoSigningNetwork): number[] {
  return nodes.map(({ engine }) => engine.pool.refusalsOf(proposed.id)?.size ?? 0)
}

describe('one statement', () => {
  for (const signers of [5, 16]) {
    it(`is signed at once by all of ${signers}`, async () => {
      const network = createCoSigningNetwork({ signers })
      await network.clock.advance(1_000)
      assert.deepEqual(new Set(signaturesHeld(network)), new Set([signers]))
      assert.equal(network.counts.signatures, signers - 1)
    })
  }

  for (const signers of [17, 100, 400]) {
    it(`among ${signers} signers is signed by as many as its set takes, at once, and nobody else looks at a price`, async () => {
      const network = createCoSigningNetwork({ signers })
      await network.clock.advance(CO_SIGN_LONGEST_MS)
      assert.deepEqual(new Set(signaturesHeld(network)), new Set([maximumSigners]))
      assert.deepEqual(network.counts, { signatures: maximumSigners - 1, refusals: 0, prices: maximumSigners - 1 })
      assert.ok((network.quorumAfterMs() ?? Infinity) < 1_000)
      const spared = network.logger.at('debug').filter((line) => line.startsWith('not co-signed: there are signatures'))
      assert.equal(spared.length, signers - maximumSigners)
    })

    if (signers === 400) continue
    it(`among ${signers} signers of whom ten of the first are dead is signed by a few more at most`, async () => {
      const network = createCoSigningNetwork({ signers, dead: 10 })
      await network.clock.advance(CO_SIGN_LONGEST_MS)
      assert.deepEqual(new Set(signaturesHeld(network)), new Set([Math.min(maximumSigners, signers - 10)]))
      const { signatures, prices } = network.counts
      assert.ok(signatures <= maximumSigners + FEW && prices <= maximumSigners + FEW, `${signatures} of ${prices}`)
    })
  }

  it('among 100 signers of whom the first 16 are dead is at quorum everywhere some two seconds later', async () => {
    const network = createCoSigningNetwork({ signers: 100, dead: 16 })
    await network.clock.advance(CO_SIGN_LONGEST_MS)
    assert.ok((network.quorumAfterMs() ?? Infinity) < 2_600, `${network.quorumAfterMs()}`)
    assert.ok(network.counts.signatures <= maximumSigners + FEW, `${network.counts.signatures}`)
    assert.deepEqual(new Set(signaturesHeld(network)), new Set([maximumSigners]))
  })

  it('finds its quorum when all but two signers are dead, whichever they are', async () => {
    const network = createCoSigningNetwork({ signers: 100, dead: 97 })
    await network.clock.advance(CO_SIGN_LONGEST_MS)
    assert.deepEqual(signaturesHeld(network), [3, 3])
  })

  it('that dishonest signers have signed before all others is filled by honest ones', async () => {
    const hasty = RULES.minimumSigners - 1
    const network = createCoSigningNetwork({ signers: 100, hasty })
    await network.clock.advance(CO_SIGN_LONGEST_MS)
    const honest = new Set(network.nodes.map(({ key }) => key.address))
    for (const { engine } of network.nodes) {
      const held = [...(engine.pool.signaturesOf(network.proposed.id)?.keys() ?? [])]
      assert.equal(held.length, maximumSigners)
      assert.equal(held.filter((signer) => honest.has(signer)).length, maximumSigners - 1 - hasty)
    }
    assert.equal(network.counts.signatures, maximumSigners - 1)
  })

  it('for which nobody vouches is refused by as many as could have signed it, which says why it has no quorum', async () => {
    const lie = createCoSigningNetwork({
      signers: 100,
      near:
        () =>
        (pair, { observedAtMs }) =>
          Promise.resolve({ pair, price: price('2000'), observedAtMs }),
    })
    await lie.clock.advance(60_000)
    assert.deepEqual(new Set(refusalsHeld(lie)), new Set([maximumSigners]))
    assert.ok(lie.counts.refusals <= 2 * maximumSigners, `${lie.counts.refusals}`)
    await lie.clock.advance(2 * RULES.intervalMs)
    const said = lie.logger.at('warn').filter((line) => line.startsWith('no quorum for'))
    assert.equal(said.length, 99)
    for (const line of said) assert.match(line, /1 of 3 signers; refused by .* saw 2000 .*; and by 12 more; /)
  })

  it('that comes while every feed is down is signed by a few when all come back at once, and refused by a few if not', async () => {
    const back = createCoSigningNetwork({
      signers: 100,
      near:
        (clock) =>
        async (pair, { observedAtMs }) => {
          await clock.sleep(observedAtMs + 30_000 - clock.now().wallMs)
          return { pair, price: price('3021.455'), observedAtMs }
        },
    })
    await back.clock.advance(60_000)
    assert.deepEqual(new Set(signaturesHeld(back)), new Set([maximumSigners]))
    assert.ok(back.counts.signatures <= maximumSigners + FEW, `${back.counts.signatures}`)

    const gone = createCoSigningNetwork({
      signers: 100,
      near:
        (clock) =>
        async (_, { untilMs }) => {
          await clock.sleep(untilMs - clock.now().wallMs)
          return { reason: 'down' }
        },
    })
    await gone.clock.advance(90_000)
    assert.deepEqual(new Set(refusalsHeld(gone)), new Set([maximumSigners]))
    assert.ok(gone.counts.refusals <= 2 * maximumSigners, `${gone.counts.refusals}`)
  })
})

describe('a node that waits for its turn', () => {
  it('can be stopped, and leaves nothing behind', async () => {
    const network = createCoSigningNetwork({ signers: 100, dead: 16 })
    await network.clock.advance(1_000)
    for (const { driver } of network.nodes) await driver.stop()
    await network.clock.advance(CO_SIGN_LONGEST_MS)
    assert.equal(network.counts.signatures, 0)
    assert.deepEqual(network.logger.at('error'), [])
  })
})
