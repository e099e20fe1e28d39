import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import {
  CO_SIGN_DOUBLING_MS,
  CO_SIGN_LONGEST_MS,
  CO_SIGN_PATIENCE_MS,
  coSignDelayMs,
  coSignTurn,
} from '../../src/consensus/co-sign-turn.ts'
import { CO_SIGN_PAST_MS } from '../../src/consensus/windows.ts'
import type { Address } from '../../src/core/address.ts'
import { digest, price, statement, testSigners } from '../helpers/statements.ts'

const MAXIMUM = 16
const signers = testSigners(100).map(({ address }) => address)
const [proposer = assert.fail(), ...others] = signers
const id = digest(statement({ proposer }))
const among = { among: signers, maximumSigners: MAXIMUM }

/** The hash of docs/protocol.md, by another library, as text that sorts like it. */
function lot(signer: Address, of = id): string {
  return createHash('sha256')
    .update(Buffer.from(`${of.slice(2)}${signer.slice(2)}`, 'hex'))
    .digest('hex')
}

const inTurn = others.toSorted((a, b) => (lot(a) < lot(b) ? -1 : 1))
const turnOf = (own: Address): number => coSignTurn({ id, proposer, own }, among)
const delayOf = (own: Address): number => coSignDelayMs({ id, proposer, own }, among)

describe('the turn to co-sign', () => {
  it('is at once for as many as fill the set beside the proposer, by sha256(id ‖ signer), then of one after another', () => {
    assert.deepEqual(
      inTurn.map(turnOf),
      inTurn.map((_, index) => Math.max(0, index - (MAXIMUM - 2))),
    )
  })

  it('is at once for everybody where there are no more signers than signatures in a set', () => {
    const few = signers.slice(0, MAXIMUM)
    for (const own of few.slice(1)) {
      assert.equal(coSignTurn({ id, proposer, own }, { among: few, maximumSigners: MAXIMUM }), 0)
    }
  })

  it('does not depend on the order in which signers are named', () => {
    const reversed = { ...among, among: signers.toReversed() }
    for (const own of others) assert.equal(coSignTurn({ id, proposer, own }, reversed), turnOf(own))
  })

  it('is reckoned for a key that is not known to be a signer as if it were', () => {
    for (const own of inTurn) {
      const unknown = { ...among, among: signers.filter((signer) => signer !== own) }
      assert.equal(coSignTurn({ id, proposer, own }, unknown), turnOf(own))
    }
  })

  it('is at once about as often for every signer', () => {
    const ids = Array.from({ length: 200 }, (_, index) => digest(statement({ price: price(`${index + 1}`) })))
    for (const own of others.slice(0, 20)) {
      const first = ids.filter((each) => coSignTurn({ id: each, proposer, own }, among) === 0).length
      assert.ok(first > 10 && first < 60, `${own} signs ${first} of ${ids.length} at once`)
    }
  })
})

describe('the wait for it', () => {
  it('is none, then long enough for a signature or refusal to come round, and grows by less and less', () => {
    assert.equal(delayOf(inTurn[MAXIMUM - 2] ?? proposer), 0)
    const waits = inTurn.slice(MAXIMUM - 1).map(delayOf)
    assert.equal(waits[0], CO_SIGN_PATIENCE_MS)
    assert.equal(waits[MAXIMUM], CO_SIGN_PATIENCE_MS + CO_SIGN_DOUBLING_MS)
    assert.equal(waits[3 * MAXIMUM], CO_SIGN_PATIENCE_MS + 2 * CO_SIGN_DOUBLING_MS)
    const steps = waits.slice(1).map((wait, index) => wait - (waits[index] ?? 0))
    // A wait is rounded to a whole millisecond.
    for (const [index, step] of steps.entries()) assert.ok(step > 0 && step <= 1 + (steps[index - 1] ?? Infinity))
  })

  it('lets a quorum of those who wait step in within two seconds, though all before them are silent', () => {
    assert.ok(delayOf(inTurn[MAXIMUM + 1] ?? proposer) < 2_000)
  })

  it('is at most a third of the co-sign window, however many signers there are', () => {
    const many = Array.from({ length: 60_000 }, (_, index) => `0x${index.toString(16).padStart(40, '0')}` as Address)
    const last = many.reduce((latest, signer) => (lot(signer) > lot(latest) ? signer : latest))
    for (const maximumSigners of [1, 16]) {
      const delayMs = coSignDelayMs({ id, proposer, own: last }, { among: many, maximumSigners })
      assert.equal(delayMs, CO_SIGN_LONGEST_MS)
    }
    assert.ok(CO_SIGN_LONGEST_MS <= CO_SIGN_PAST_MS / 3)
  })
})
