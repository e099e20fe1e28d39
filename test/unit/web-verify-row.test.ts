import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Proof, ProvedPrice } from '../../src/web/browser/api-shapes.ts'
import { verifyRow, type RowVerdict } from '../../src/web/browser/verify-row.ts'
import { DashboardWorld } from '../helpers/dashboard-world.ts'

const world = new DashboardWorld({ rounds: 2 })
const rules = {
  network: world.options.network,
  signers: world.members.map(({ address }) => address),
  minimumSigners: 3,
  intervalMs: world.options.intervalMs,
}
const truth = rowAt(0)
const neighbour = rowAt(1)

describe('the check of a row in the browser', () => {
  it('finds a true row true, over the digest that is its id', () => {
    const verdict = verifyRow(truth, rules)
    assert.deepEqual(verdict.faults, [])
    assert.equal(verdict.isTrue, true)
    assert.equal(verdict.digest, truth.id)
    assert.deepEqual(
      verdict.signers,
      truth.signers.map((signer) => ({ signer, fault: null })),
    )
  })

  const changes: Readonly<Record<string, Partial<ProvedPrice>>> = {
    price: { price: '3999.5' },
    pair: { pair: 'BTC-USD' },
    network: { network: 'another' },
    source: { source: 'another' },
    round: { round: truth.round + 1 },
    'time of observation': { observedTime: new Date(Date.parse(truth.observedTime) + 1).toISOString() },
    proposer: { proposer: neighbour.proposer },
    id: { id: neighbour.id },
  }
  for (const [field, change] of Object.entries(changes))
    it(`finds a row false whose ${field} was changed`, () => {
      falls(verifyRow({ ...truth, ...change }, rules), /^Its fields give the digest 0x/)
    })

  it('names what differs from what was signed', () => {
    falls(verifyRow({ ...truth, price: '3999.5' }, rules), /was signed in price\.$/)
  })

  it('says that a row was changed after it was signed when its signatures are over its id', () => {
    const { proof, ...rest } = truth
    const message = { ...proof.typedData.message, price: '3999500000000000000000' }
    const row = { ...rest, price: '3999.5', proof: { ...proof, typedData: { ...proof.typedData, message } } }
    falls(verifyRow(row, rules), /signatures are sound, over that id: the row was changed/)
  })

  it('finds a swapped signature', () => {
    const [first, second, ...others] = truth.proof.signatures
    assert.ok(first && second)
    const swapped = [{ ...first, signature: second.signature }, { ...second, signature: first.signature }, ...others]
    falls(verifyRow(withSignatures(swapped), rules), /did not sign this: the signature gives 0x/)
  })

  it('finds a row with too few signers for a quorum', () => {
    const kept = truth.proof.signatures.filter(({ signer }) => signer === truth.proposer)
    const row = { ...withSignatures(kept), signers: [truth.proposer], signerCount: 1 }
    falls(verifyRow(row, rules), /It has 1 sound signatures; a quorum takes 3/)
  })

  it('finds signers that are not in the set, and counts them for nothing', () => {
    const [stranger = ''] = truth.signers
    const signers = rules.signers.filter((signer) => signer !== stranger)
    falls(verifyRow(truth, { ...rules, signers }), /^0x.* is not in the signer set of its round\.$/)
    falls(verifyRow(truth, { ...rules, signers: [] }), /It has 0 sound signatures; a quorum takes 3/)
    assert.equal(verifyRow(truth, { ...rules, signers: null }).isTrue, true)
  })

  it('knows from which round and up to which one a signer is in the set', () => {
    for (const range of [`${truth.round}-`, `-${truth.round}`, `0-${truth.round}`])
      assert.deepEqual(listed(range).faults, [], range)
    for (const range of [`${truth.round + 1}-`, `-${truth.round - 1}`]) falls(listed(range), /not in the signer set/)
  })

  it('finds a row of another network, however well it is signed', () => {
    falls(verifyRow(truth, { ...rules, network: 'another' }), /It is of the network gossip-price, not of another/)
  })

  it('finds a row whose proposer has not signed', () => {
    const kept = truth.proof.signatures.filter(({ signer }) => signer !== truth.proposer)
    const row = { ...withSignatures(kept), signers: kept.map(({ signer }) => signer), signerCount: kept.length }
    falls(verifyRow(row, rules), /Its proposer .* has not signed/)
  })

  it('counts nobody twice', () => {
    const [first] = truth.proof.signatures
    assert.ok(first)
    const row = {
      ...withSignatures([...truth.proof.signatures, first]),
      signers: [...truth.signers, first.signer],
      signerCount: truth.signerCount + 1,
    }
    falls(verifyRow(row, rules), /counted twice/)
  })

  it('finds signers that the row names and the proof does not', () => {
    falls(verifyRow({ ...truth, signers: [...truth.signers, `0x${'11'.repeat(20)}`] }, rules), /The row names/)
    falls(verifyRow({ ...truth, signerCount: 99 }, rules), /99 counted/)
  })

  it('finds a digit that was added where none can be signed', () => {
    const [, places = ''] = truth.price.split('.')
    falls(
      verifyRow({ ...truth, price: `${truth.price}${'0'.repeat(18 - places.length)}1` }, rules),
      /more than 18 decimals/,
    )
  })

  it('finds a row of another round than that of its time', () => {
    falls(verifyRow(truth, { ...rules, intervalMs: 60_000 }), /It was observed in round/)
  })

  it('judges whatever it is given, and never throws', () => {
    const hostile: readonly Partial<Record<keyof ProvedPrice, unknown>>[] = [
      { price: '1e9' },
      { price: '<img src=x onerror=alert(1)>' },
      { price: '1.0000000000000000001' },
      { round: -1 },
      { round: 1.5 },
      { observedTime: 'yesterday' },
      { proposer: 'me' },
      { proof: undefined },
      { proof: { typedData: null, signatures: [{}] } },
      { proof: { ...truth.proof, signatures: [{ signer: null, signature: 7 }] } },
      { signers: null },
    ]
    for (const change of hostile) {
      const verdict = verifyRow({ ...truth, ...change } as ProvedPrice, rules)
      assert.equal(verdict.isTrue, false, JSON.stringify(change))
      assert.ok(verdict.faults.length > 0)
    }
  })
})

function listed(range: string): RowVerdict {
  return verifyRow(truth, { ...rules, signers: rules.signers.map((signer) => `${signer}@${range}`) })
}

function rowAt(at: number): ProvedPrice {
  const row = world.rows[at]
  assert.ok(row)
  return world.proved(row)
}

function withSignatures(signatures: Proof['signatures']): ProvedPrice {
  return { ...truth, proof: { ...truth.proof, signatures } }
}

function falls(verdict: RowVerdict, reason: RegExp): void {
  assert.equal(verdict.isTrue, false)
  assert.ok(
    verdict.faults.some((fault) => reason.test(fault)),
    verdict.faults.join('\n'),
  )
}
