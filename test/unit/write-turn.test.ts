import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Address } from '../../src/core/address.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { LATER_TURNS, TURN_STAGGER_MS, writeTurn, writeTurnDelayMs } from '../../src/consensus/write-turn.ts'
import { attestCheaply } from '../helpers/engine-at-work.ts'
import { price, statement, testSigners } from '../helpers/statements.ts'

const signers = testSigners(16)
const strangers = testSigners(40).slice(16)
const ROWS = 200

/** Many rows that all signers signed. */
const rows = Array.from({ length: ROWS }, (_, index) =>
  attestCheaply(statement({ price: price(`${index + 1}`) }), ...signers),
)
const [row = assert.fail()] = rows

/** The hash of docs/protocol.md, by another library, as text that sorts like it. */
function lot({ id }: Attestation, signer: Address): string {
  const bytes = Buffer.from(`${id.slice(2)}${signer.slice(2)}`, 'hex')
  return createHash('sha256').update(bytes).digest('hex')
}

describe('the turn to write a row', () => {
  it('goes by sha256(id ‖ signer) among those who signed it, and each has one of its own', () => {
    const inTurn = signers.map(({ address }) => address).toSorted((a, b) => (lot(row, a) < lot(row, b) ? -1 : 1))
    assert.deepEqual(
      inTurn.map((address) => writeTurn(row, address)),
      inTurn.map((_, index) => index),
    )
  })

  it('does not depend on the order in which signatures came', () => {
    const reversed = { ...row, signatures: new Map([...row.signatures].toReversed()) }
    for (const { address } of signers) assert.equal(writeTurn(reversed, address), writeTurn(row, address))
  })

  it('comes behind all signers for whoever did not sign, spread over a fixed number of turns', () => {
    const turns = strangers.map(({ address }) => writeTurn(row, address))
    for (const [index, { address }] of strangers.entries()) {
      const lastByte = Number.parseInt(lot(row, address).slice(-2), 16)
      assert.equal(turns[index], signers.length + (lastByte % LATER_TURNS))
    }
    assert.ok(new Set(turns).size > LATER_TURNS / 2)
  })

  it('is first about as often for every signer', () => {
    for (const { address } of signers) {
      const first = rows.filter((each) => writeTurn(each, address) === 0).length
      assert.ok(first > 0 && first < ROWS / 4, `${address} is first ${first} times of ${ROWS}`)
    }
  })

  it('is at once for a signer that nobody comes before, and never later than a fixed time', () => {
    const latestMs = (signers.length + LATER_TURNS - 1) * TURN_STAGGER_MS
    for (const { address } of [...signers, ...strangers]) {
      const delayMs = writeTurnDelayMs(row, address)
      assert.equal(delayMs, writeTurn(row, address) * TURN_STAGGER_MS)
      assert.ok(delayMs <= latestMs)
    }
    const [only = assert.fail()] = signers
    assert.equal(writeTurnDelayMs(attestCheaply(statement(), only), only.address), 0)
  })
})
