import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { judgeOwed } from '../../src/consensus/owed-row.ts'
import type { NetworkConstants } from '../../src/core/network.ts'
import type { Attestation } from '../../src/core/statement.ts'
import { attest, constants } from '../helpers/driver-at-work.ts'
import { alice, bob, carol, dave, digest, price, round, statement } from '../helpers/statements.ts'

const quorum = attest(statement(), bob, alice, carol)

function judge(attestation: Attestation, changed: Partial<NetworkConstants> = {}) {
  const today = { ...constants([alice, bob, carol, dave]), ...changed }
  return judgeOwed({ attestation, lastSignedAtMs: 7 }, { constants: today, digest })
}

describe('a row that was owed when the node ended', () => {
  it('is written as it is when nothing has changed', () => {
    assert.deepEqual(judge(quorum), { attestation: quorum, lastSignedAtMs: 7 })
  })

  it('is written without signers that are no longer allowed while a quorum is left', () => {
    const judged = judge(attest(statement(), alice, bob, carol, dave), {
      signers: constants([alice, bob, dave]).signers,
    })
    assert.ok(typeof judged === 'object')
    assert.deepEqual(judged.attestation, attest(statement(), alice, bob, dave))
  })

  it('has its proposer first, whom a lower maximum must not cut off', () => {
    const judged = judge(quorum)
    assert.ok(typeof judged === 'object')
    assert.equal([...judged.attestation.signatures.keys()][0], alice.address)
  })

  const { signers } = constants([alice, bob])
  const changes: [string, Attestation, Partial<NetworkConstants>][] = [
    ['network', quorum, { network: 'another' }],
    ['pair', quorum, { pairs: ['BTC-USD'] }],
    ['source', quorum, { source: 'elsewhere' }],
    ['round', quorum, { intervalMs: 60_000 }],
    ['round', attest(statement({ round: round(1) }), alice, bob, carol), {}],
    ['content', { ...quorum, statement: statement({ price: price('3021.456') }) }, {}],
    ['quorum', quorum, { signers }],
    ['quorum', quorum, { minimumSigners: 4 }],
    ['quorum', quorum, { signers: constants([bob, carol, dave]).signers }],
  ]
  for (const [fault, attestation, changed] of changes) {
    it(`is not written when its ${fault} is not that of today: ${Object.keys(changed).join()}`, () => {
      assert.equal(judge(attestation, changed), fault)
    })
  }
})
