import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { CO_SIGN_LONGEST_MS, coSignDelayMs, coSignTurn } from '../../src/consensus/co-sign-turn.ts'
import type { Address } from '../../src/core/address.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { round } from '../helpers/statements.ts'

const hex = (bytes: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((each) => `0x${Buffer.from(each).toString('hex')}`)

describe('turns to co-sign', () => {
  it('in every signer set and of every statement, as many as fill the set sign at once, and everybody in the end', () => {
    fc.assert(
      fc.property(
        hex(32),
        fc.uniqueArray(hex(20), { minLength: 1, maxLength: 80 }),
        fc.integer({ min: 1, max: 64 }),
        (id, addresses, maximumSigners) => {
          const entries = addresses.map((address) => {
            return { address: address as Address, fromRound: undefined, toRound: undefined }
          })
          const among = createSignerSet(entries).signersAt(round(7))
          const [proposer = assert.fail(), ...others] = among
          const named = others.map((own) => ({ id: id as StatementId, proposer, own }))
          const turns = named.map((one) => coSignTurn(one, { among, maximumSigners }))
          const atOnce = turns.filter((turn) => turn === 0).length
          assert.equal(atOnce, Math.min(among.length, maximumSigners) - 1)
          assert.deepEqual(
            turns.filter((turn) => turn > 0).toSorted((a, b) => a - b),
            Array.from({ length: others.length - atOnce }, (_, index) => index + 1),
          )
          for (const [index, one] of named.entries()) {
            const delayMs = coSignDelayMs(one, { among, maximumSigners })
            assert.ok(delayMs >= 0 && delayMs <= CO_SIGN_LONGEST_MS)
            assert.equal(delayMs === 0, turns[index] === 0)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})
