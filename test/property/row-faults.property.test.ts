import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { type Price, PRICE_LIMIT } from '../../src/core/price.ts'
import type { RawRow } from '../../src/core/raw-row.ts'
import { attestFast, codesOf, rawRow } from '../helpers/raw-rows.ts'
import { INTERVAL_MS, statement, testSigners } from '../helpers/statements.ts'

const SIGNERS = testSigners(16)
/** The columns that can be found false by themselves; the two times of writing are signed by nobody. */
const COLUMNS = [
  'id',
  'price',
  'firstSigner',
  'signData',
  'network',
  'pair',
  'round',
  'source',
  'observedMs',
  'signerCount',
] as const satisfies readonly (keyof RawRow)[]

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/)
const pair = fc.stringMatching(/^[A-Z0-9]{1,8}-[A-Z0-9]{1,8}$/)

/** A row that is true. */
const trueRow = fc
  .record({
    network: name,
    pair,
    source: name,
    price: fc.bigInt({ min: 1n, max: PRICE_LIMIT - 1n }),
    observedAt: fc.integer({ min: 0, max: 4_102_444_800_000 }),
    signers: fc.shuffledSubarray(SIGNERS, { minLength: 1, maxLength: 16 }),
  })
  .map(({ signers, price, ...said }) => {
    const [proposer] = signers
    const { address } = proposer ?? assert.fail('somebody signs')
    return rawRow(attestFast(statement({ ...said, price: price as Price, proposer: address }), ...signers))
  })

const NUMBER = /^\d+$/
const byte = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code))

describe('a row', () => {
  it('is true as it was signed', () => {
    fc.assert(fc.property(trueRow, (row) => assert.deepEqual(codesOf(row), [])))
  })

  it('is false when any one character of any column is another', () => {
    fc.assert(
      fc.property(trueRow, fc.constantFrom(...COLUMNS), fc.nat(), byte, (row, column, at, character) => {
        const text = row[column] ?? ''
        const place = at % text.length
        fc.pre(text[place] !== character)
        const changed = `${text.slice(0, place)}${character}${text.slice(place + 1)}`
        // Another spelling of the same JSON is the same value, which the database prints in one way only.
        fc.pre(column !== 'signData' || !sameJson(text, changed))
        assert.notDeepEqual(codesOf({ ...row, [column]: changed }), [])
      }),
      { numRuns: 2_000 },
    )
  })

  it('is false when any one column is that of another row, or missing', () => {
    fc.assert(
      fc.property(trueRow, trueRow, fc.constantFrom(...COLUMNS), (row, other, column) => {
        assert.notDeepEqual(codesOf({ ...row, [column]: null }), [])
        fc.pre(row[column] !== other[column])
        assert.notDeepEqual(codesOf({ ...row, [column]: other[column] }), [])
      }),
      { numRuns: 500 },
    )
  })

  it('is false when any one bit of any signature is another', () => {
    fc.assert(
      fc.property(trueRow, fc.nat(), fc.integer({ min: 0, max: 65 * 8 - 1 }), (row, which, bit) => {
        const list = JSON.parse(row.signData ?? '') as { signer: string; signature: string }[]
        const entry = list[which % list.length] ?? assert.fail('somebody signed')
        const bytes = Buffer.from(entry.signature.slice(2), 'hex')
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7))
        entry.signature = `0x${bytes.toString('hex')}`
        assert.notDeepEqual(codesOf({ ...row, signData: JSON.stringify(list) }), [])
      }),
      { numRuns: 1_000 },
    )
  })

  it('is false in every other interval that puts its time into another round', () => {
    fc.assert(
      fc.property(trueRow, fc.integer({ min: 1, max: 604_800_000 }), (row, interval) => {
        const observed = Number(row.observedMs)
        const isSame = Math.floor(observed / interval) === Math.floor(observed / INTERVAL_MS)
        assert.deepEqual(codesOf({ ...row, intervalMs: `${interval}` }), isSame ? [] : ['wrong-round'])
      }),
    )
  })

  it('never throws, whatever the columns hold', () => {
    const any = fc.oneof(fc.string({ unit: 'binary' }), fc.json(), fc.constant(null), fc.stringMatching(NUMBER))
    fc.assert(
      fc.property(trueRow, fc.record(Object.fromEntries(COLUMNS.map((column) => [column, any]))), (row, junk) => {
        assert.doesNotThrow(() => codesOf({ ...row, ...junk }))
        for (const column of COLUMNS) assert.doesNotThrow(() => codesOf({ ...row, [column]: junk[column] ?? null }))
      }),
    )
  })
})

function sameJson(a: string, b: string): boolean {
  try {
    return JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b))
  } catch {
    return false
  }
}
