import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Hex, hashTypedData, keccak256, recoverAddress, stringToHex } from 'viem'
import { fromHex, toHex } from '../../src/core/hex.ts'
import { judgeRow } from '../../src/core/judge-row.ts'
import { loadSecp256k1 } from '../../src/core/load-secp256k1.ts'
import { nobleSecp256k1 } from '../../src/core/noble-secp256k1.ts'
import type { RawRow } from '../../src/core/raw-row.ts'
import { attestationOfRow } from '../../src/core/read-row.ts'
import type { RowFaultCode } from '../../src/core/row-fault.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { attestFast, codesOf, rawRow } from '../helpers/raw-rows.ts'
import {
  INTERVAL_MS,
  OBSERVED_AT,
  alice,
  bob,
  carol,
  dave,
  digest,
  price,
  round,
  statement,
  testSigner,
  testSigners,
} from '../helpers/statements.ts'

type Entry = { signer: string; signature: Hex }

const sound = rawRow()
const entries = JSON.parse(sound.signData ?? '') as [Entry, Entry, Entry]

function withEntries(change: (list: Entry[]) => unknown, changes: Partial<RawRow> = {}): RawRow {
  const list = structuredClone(entries) as Entry[]
  return { ...sound, signData: JSON.stringify(change(list)), ...changes }
}

const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** (r, n − s, v′), from which the same signer recovers. */
function highTwin(signature: Hex): Hex {
  const s = BigInt(`0x${signature.slice(66, 130)}`)
  const v = signature.endsWith('1b') ? '1c' : '1b'
  return `0x${signature.slice(2, 66)}${(ORDER - s).toString(16).padStart(64, '0')}${v}`
}

function messagesOf(row: RawRow): string[] {
  return judgeRow(row, { curve: nobleSecp256k1, digest }).map(({ message }) => message)
}

describe('a row that is what its signers signed', () => {
  it('has no fault, with either implementation of the curve, and viem agrees', async () => {
    for (const attestation of [
      attestFast(statement(), alice, bob, carol),
      attestFast(statement({ price: price('0.000000000000000001') }), alice),
      attestFast(statement({ price: price('999999999999999999.999999999999999999') }), ...testSigners(16)),
      attestFast(statement({ observedAt: 0, pair: 'A-1', source: 'x.y_z-1', network: '0' }), alice, dave),
    ]) {
      const row = rawRow(attestation)
      for (const curve of [nobleSecp256k1, loadSecp256k1().curve])
        assert.deepEqual(judgeRow(row, { curve, digest }), [])
      const { price: value, round: of, observedAt, pair, source, proposer, network } = attestation.statement
      const hash = hashTypedData({
        domain: { name: 'gossip-price', version: '1', salt: keccak256(stringToHex(network)) },
        types: {
          Price: [
            { name: 'pair', type: 'string' },
            { name: 'price', type: 'uint256' },
            { name: 'round', type: 'uint64' },
            { name: 'observedAt', type: 'uint64' },
            { name: 'source', type: 'string' },
            { name: 'proposer', type: 'address' },
          ],
        },
        primaryType: 'Price',
        message: { pair, price: value, round: BigInt(of), observedAt: BigInt(observedAt), source, proposer },
      })
      assert.equal(row.id, hash)
      for (const { signer, signature } of JSON.parse(row.signData ?? '') as Entry[]) {
        assert.equal((await recoverAddress({ hash, signature })).toLowerCase(), signer)
      }
    }
  })

  it('is the attestation that was written', () => {
    const attestation = attestFast(statement(), alice, bob, carol)
    const again = attestationOfRow(rawRow(attestation))
    assert.deepEqual([again.id, again.statement], [attestation.id, attestation.statement])
    assert.deepEqual(new Map(again.signatures), new Map(attestation.signatures))
    assert.throws(() => attestationOfRow({ ...sound, price: null }), RangeError)
  })
})

describe('a false row has a fault that says what is false', () => {
  const next = statement({ observedAt: OBSERVED_AT + INTERVAL_MS })
  const ofMallory = attestFast(statement({ proposer: testSigner(9).address }), testSigner(9), testSigner(10))
  const [a, b, c] = entries
  const cases: readonly (readonly [string, RawRow, ...RowFaultCode[]])[] = [
    ['the price was changed', { ...sound, price: '3021.456000000000000000' }, 'wrong-id'],
    ['the price has 17 decimals', { ...sound, price: '3021.45500000000000000' }, 'price-format'],
    ['the price has 19 decimals', { ...sound, price: '3021.4550000000000000000' }, 'price-format'],
    ['the price is not a number', { ...sound, price: 'NaN' }, 'price-format'],
    ['the price is 0', { ...sound, price: '0.000000000000000000' }, 'price-format'],
    ['the price is negative', { ...sound, price: '-1.000000000000000000' }, 'price-format'],
    ['the price is 10^18', { ...sound, price: `1${'0'.repeat(18)}.${'0'.repeat(18)}` }, 'price-format'],
    ['the id is another', { ...sound, id: `0x${'12'.repeat(32)}` }, 'wrong-id'],
    ['the id is in capitals', { ...sound, id: `0x${sound.id?.slice(2).toUpperCase()}` }, 'id-format'],
    ['the id is missing', { ...sound, id: null }, 'id-format'],
    ['the network is foreign', { ...sound, network: 'another-network' }, 'wrong-id'],
    ['the network is not known to the table', { ...sound, intervalMs: null }, 'unknown-network'],
    ['the network has two intervals', { ...sound, intervalMs: '600000 300000' }, 'unknown-network'],
    ['the interval is 0', { ...sound, intervalMs: '0' }, 'unknown-network'],
    ['the interval is another', { ...sound, intervalMs: '300000' }, 'wrong-round'],
    ['the network is no name', { ...sound, network: '' }, 'network-format'],
    ['the pair was changed', { ...sound, pair: 'ETH-EUR' }, 'wrong-id'],
    ['the pair is in small letters', { ...sound, pair: 'eth-usd' }, 'pair-format'],
    ['the source was changed', { ...sound, source: 'kraken' }, 'wrong-id'],
    ['the source is missing', { ...sound, source: null }, 'source-format'],
    ['it was copied to another round', { ...sound, round: `${next.round}` }, 'wrong-id', 'wrong-round'],
    [
      'it was copied to another round, with a time of that',
      { ...sound, round: `${next.round}`, observedMs: `${next.observedAt}` },
      'wrong-id',
    ],
    [
      'a wrong round was signed',
      rawRow(attestFast(statement({ round: round(next.round) }), alice, bob, carol)),
      'wrong-round',
    ],
    ['the round is negative', { ...sound, round: '-1' }, 'round-format'],
    ['the time is finer than milliseconds', { ...sound, observedMs: `${OBSERVED_AT}.001` }, 'time-format'],
    ['the time is endless', { ...sound, observedMs: 'Infinity' }, 'time-format'],
    ['the proposer was changed to another signer', { ...sound, firstSigner: bob.address }, 'wrong-id'],
    ['the proposer was changed to a stranger', { ...sound, firstSigner: dave.address }, 'wrong-id', 'proposer-missing'],
    ['the proposer did not sign', rawRow(attestFast(statement(), bob, carol)), 'proposer-missing'],
    [
      'the proposer is in capitals',
      { ...sound, firstSigner: alice.address.toUpperCase().replace('X', 'x') },
      'proposer-format',
      'proposer-missing',
    ],
    [
      'two signatures were swapped',
      withEntries(() => [{ ...a, signature: b.signature }, { ...b, signature: a.signature }, c]),
      'wrong-signer',
    ],
    [
      'a signature is of another statement',
      withEntries((list) => [
        { ...a, signature: toHex([...attestFast(next, alice, bob, carol).signatures.values()][0] ?? fromHex('0x')) },
        ...list.slice(1),
      ]),
      'wrong-signer',
    ],
    [
      'a signature is the high twin',
      withEntries(([, ...rest]) => [{ ...a, signature: highTwin(a.signature) }, ...rest]),
      'signature-format',
    ],
    [
      'a v is 0',
      withEntries(([, ...rest]) => [{ ...a, signature: `${a.signature.slice(0, -2)}00` }, ...rest]),
      'signature-format',
    ],
    [
      'a signature has 64 bytes',
      withEntries(([, ...rest]) => [{ ...a, signature: a.signature.slice(0, -2) }, ...rest]),
      'signature-format',
    ],
    [
      'a signature is in capitals',
      withEntries(([, ...rest]) => [{ ...a, signature: `0x${a.signature.slice(2).toUpperCase()}` }, ...rest]),
      'signature-format',
    ],
    [
      'a signer is in capitals',
      withEntries(([, ...rest]) => [{ ...a, signer: `0x${a.signer.slice(2).toUpperCase()}` }, ...rest]),
      'signer-format',
    ],
    ['a signer signed twice', withEntries((list) => [a, ...list], { signerCount: '4' }), 'signer-order'],
    ['the signers are out of order', withEntries((list) => list.toReversed()), 'signer-order'],
    ['a signature was dropped', withEntries((list) => list.slice(1)), 'wrong-count'],
    ['the count was changed', { ...sound, signerCount: '4' }, 'wrong-count'],
    ['the count is missing', { ...sound, signerCount: null }, 'wrong-count'],
    ['there is no signature', { ...sound, signData: '[]', signerCount: '0' }, 'sign-data'],
    ['the signatures are no list', { ...sound, signData: '{}' }, 'sign-data'],
    ['the signatures are missing', { ...sound, signData: null }, 'sign-data'],
    ['a signature has another member', withEntries(([, ...rest]) => [{ ...a, note: 'x' }, ...rest]), 'sign-data'],
    ['it was signed when nobody knows', { ...sound, lastSignedFinite: 'false' }, 'writing-time'],
    ['it was written when nobody knows', { ...sound, createdFinite: null }, 'writing-time'],
  ]
  for (const [what, row, ...codes] of cases) {
    it(what, () => {
      const found = codesOf(row)
      for (const code of codes) assert.ok(found.includes(code), `${code} is among ${found.join(', ')}`)
      if (codes.length === 1 && codes[0] === 'wrong-id') assert.deepEqual(found, codes)
    })
  }

  it('in words that name the value, and move no cursor', () => {
    const faults = judgeRow({ ...sound, pair: '\u001b[2JETH\u202e', price: null }, { curve: nobleSecp256k1, digest })
    assert.deepEqual(
      faults.map(({ message }) => message),
      [
        'price is not a number above 0 and below 10^18 with 18 decimals: NULL',
        String.raw`pair is not BASE-QUOTE: "\u001b[2JETH\u{202e}"`,
      ],
    )
  })

  it('and says whether the columns or the id were changed, once', () => {
    const [columns, ...others] = messagesOf({ ...sound, price: '1.000000000000000000' })
    assert.match(columns ?? '', /which is not the id, over which the signatures are: a signed column was changed$/)
    assert.deepEqual(others, [])
    const [id, ...more] = messagesOf({ ...sound, id: `0x${'00'.repeat(32)}` })
    assert.match(id ?? '', new RegExp(`^the columns have the digest ${sound.id}, .*: the id was changed$`))
    assert.deepEqual(more, [])
  })

  it('of three signers whom nobody knows only against a set', () => {
    const row = rawRow(ofMallory)
    const signers = createSignerSet(
      [alice, bob, carol].map(({ address }) => ({ address, fromRound: undefined, toRound: undefined })),
    )
    assert.deepEqual(codesOf(row), [])
    assert.deepEqual(codesOf(row, { signers, threshold: 2 }), ['signer-not-allowed', 'below-threshold'])
    assert.deepEqual(codesOf(row, { signers, network: 'another' }), [])
    assert.deepEqual(codesOf(sound, { signers, threshold: 3 }), [])
    assert.deepEqual(codesOf(sound, { signers, threshold: 4 }), ['below-threshold'])
    const retired = createSignerSet([{ address: alice.address, fromRound: undefined, toRound: round(1) }])
    assert.deepEqual(codesOf(sound, { signers: retired }), ['signer-not-allowed', 'below-threshold'])
    const twice = withEntries((list) => [a, ...list], { signerCount: '4' })
    assert.deepEqual(codesOf(twice, { threshold: 4 }), ['signer-order', 'below-threshold'])
  })
})
