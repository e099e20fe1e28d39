import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createRunningTable, priceJson, priceTable } from '../../src/commands/price-listing.ts'
import { falseRowJson } from '../../src/commands/verify-listing.ts'
import { type Address, parseAddress } from '../../src/core/address.ts'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import { isPriceFault, parsePrice, priceFromInteger } from '../../src/core/price.ts'
import { recoverSigner } from '../../src/core/signature.ts'
import type { PriceStatement, Round } from '../../src/core/statement.ts'
import { statementId } from '../../src/core/typed-data.ts'
import type { StoredPrice } from '../../src/store/stored-price.ts'

const KEY = new Uint8Array(32).fill(7)

function rowOf(priceText: string, pair = 'ETH-USD'): StoredPrice {
  const price = parsePrice(priceText)
  assert.ok(!isPriceFault(price))
  const proposer = nobleSecp256k1.addressOf(KEY)
  assert.ok(proposer)
  const statement: PriceStatement = {
    network: 'gossip-price',
    pair,
    price,
    round: 2_893_000 as Round,
    observedAt: Date.UTC(2025, 0, 2, 3, 4, 5, 678),
    source: 'coinbase',
    proposer,
  }
  const id = statementId(statement)
  const signatures = new Map([[proposer, nobleSecp256k1.sign(fromHex(id), KEY)]])
  const lastSignedAtMs = statement.observedAt + 1_000
  return { attestation: { id, statement, signatures }, lastSignedAtMs, createdAtMs: statement.observedAt + 31_000 }
}

describe('a table of prices', () => {
  it('has a heading and a line for each row, in columns', () => {
    const { proposer } = rowOf('1').attestation.statement
    const short = `${proposer.slice(0, 6)}…${proposer.slice(-4)}`
    const rows = [rowOf('3021.455'), rowOf('0.000000000000000001', 'BTC-USDC')]
    const [first, second] = rows.map(({ attestation }) => attestation.id.slice(0, 10))
    assert.equal(
      priceTable(rows),
      [
        'observed              pair                     price    round  proposer     signers  committed             network       id',
        `2025-01-02 03:04:05Z  ETH-USD               3021.455  2893000  ${short}        1  2025-01-02 03:04:36Z  gossip-price  ${first}`,
        `2025-01-02 03:04:05Z  BTC-USDC  0.000000000000000001  2893000  ${short}        1  2025-01-02 03:04:36Z  gossip-price  ${second}`,
        '',
      ].join('\n'),
    )
  })
})

describe('a table of prices on a narrow terminal', () => {
  it('leaves out columns instead of breaking lines, and goes on with those that it began with', () => {
    const lines = createRunningTable({ width: 80 })([rowOf('3021.455')]).split('\n')
    assert.match(lines[0] ?? '', /^observed +pair +price +round +proposer +signers$/)
    assert.ok(lines.every((line) => line.length <= 80))
    const narrow = createRunningTable({ width: 52 })
    assert.match(narrow([rowOf('3021.455')]), /^observed +pair +price +proposer\n/)
    assert.equal(
      narrow([rowOf('3021.455')])
        .split('\n')[0]
        ?.includes('…'),
      true,
    )
    assert.equal(narrow([rowOf('3021.455')]).includes('2893000'), false)
  })
})

describe('a row as JSON', () => {
  it('holds all that is needed to prove it', () => {
    const row = rowOf('3021.455')
    const line = JSON.parse(priceJson(row))
    const price = priceFromInteger(BigInt(line.priceInteger))
    assert.ok(!isPriceFault(price))
    const id = statementId({ ...line, price, proposer: parseAddress(line.proposer) as Address })
    assert.equal(id, line.id)
    const [{ signer, signature }] = line.signatures
    assert.deepEqual(recoverSigner(nobleSecp256k1, { id, signature: fromHex(signature) }), { signer })
    assert.equal(line.price, '3021.455')
    assert.equal(signature, toHex(row.attestation.signatures.get(signer) ?? new Uint8Array()))
    assert.equal(priceJson(row).includes('\n'), false)
  })

  it('moves no cursor, whatever somebody wrote into the table', () => {
    const row = rowOf('3021.455')
    const { statement } = row.attestation
    const foul = { ...row, attestation: { ...row.attestation, statement: { ...statement, pair: 'A\u009b2J\u202e' } } }
    assert.match(priceTable([foul]), / A\\u\{9b\}2J\\u\{202e\} /)
    assert.match(priceJson(foul), /"A\\u009b2J\\u202e"/)
    const name = { table: 'prices', id: '\u009b', place: '(0,1)' } as const
    assert.match(falseRowJson({ row: name, faults: [] }), /"id":"\\u009b"/)
  })
})
