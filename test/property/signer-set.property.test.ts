import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { parseSigners } from '../../src/config/parse-signers.ts'
import { checksumAddress } from '../../src/core/address.ts'
import {
  type SignerEntry,
  createSignerSet,
  formatSigner,
  largestSize,
  overlap,
  parseSigner,
} from '../../src/core/signer-set.ts'
import type { Round } from '../../src/core/statement.ts'
import { round, testSigners } from '../helpers/statements.ts'

const LAST_ROUND = 12
const ROUNDS = Array.from({ length: LAST_ROUND + 2 }, (_, number) => round(number))
const addresses = testSigners(4).map(({ address }) => address)

const number = fc.nat({ max: LAST_ROUND }).map(round)
const entry: fc.Arbitrary<SignerEntry> = fc
  .record(
    {
      address: fc.constantFrom(...addresses),
      fromRound: fc.option(number, { nil: undefined }),
      toRound: fc.option(number, { nil: undefined }),
    },
    { noNullPrototype: true },
  )
  .filter(({ fromRound, toRound }) => (fromRound ?? 0) <= (toRound ?? Infinity))
const entries = fc.array(entry, { minLength: 1, maxLength: 8 })

const noFiles = { read: () => ({ reason: 'there is none' }) }

/** In the words of the documentation rather than of the code. */
const allowed = (all: readonly SignerEntry[], at: Round): Set<string> =>
  new Set(
    all
      .filter(({ fromRound = 0, toRound = Infinity }) => fromRound <= at && at <= toRound)
      .map(({ address }) => address),
  )

describe('a signer set', () => {
  it('allows in every round exactly those whose ranges hold it, and counts each once', () => {
    fc.assert(
      fc.property(entries, (all) => {
        const set = createSignerSet(all)
        for (const at of ROUNDS) {
          const expected = allowed(all, at)
          for (const address of addresses) assert.equal(set.allows(address, at), expected.has(address))
          assert.equal(set.sizeAt(at), expected.size)
          assert.deepEqual([...set.signersAt(at)].toSorted(), [...expected].toSorted())
        }
        assert.equal(largestSize(set), Math.max(...ROUNDS.map((at) => allowed(all, at).size)))
      }),
      { numRuns: 500 },
    )
  })

  it('finds two entries to overlap when some round is in both', () => {
    fc.assert(
      fc.property(entry, entry, (a, b) => {
        const shared = ROUNDS.some((at) => allowed([a], at).size > 0 && allowed([b], at).size > 0)
        assert.equal(overlap(a, b), a.address === b.address && shared)
        assert.equal(overlap(b, a), overlap(a, b))
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the text of a signer', () => {
  it('is read as what was written, in any spelling of the address', () => {
    fc.assert(
      fc.property(entry, fc.constantFrom('lower', 'upper', 'checksum'), (one, spelling) => {
        const text = formatSigner(one)
        const digits = one.address.slice(2)
        const spelt = spelling === 'upper' ? `0x${digits.toUpperCase()}` : checksumAddress(one.address)
        assert.deepEqual(parseSigner(spelling === 'lower' ? text : text.replace(one.address, spelt)), one)
      }),
      { numRuns: 500 },
    )
  })

  it('with one capital letter too many or too few is refused', () => {
    fc.assert(
      fc.property(entry, fc.nat({ max: 39 }), (one, at) => {
        const right = checksumAddress(one.address)
        const letter = right.charAt(at + 2)
        const other = letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase()
        fc.pre(other !== letter)
        const wrong = `${right.slice(0, at + 2)}${other}${right.slice(at + 3)}`
        fc.pre(wrong !== wrong.toLowerCase())
        assert.ok('expected' in parseSigner(wrong))
      }),
      { numRuns: 500 },
    )
  })

  it('is an entry or a sentence, whatever it is', () => {
    const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), entry.map(formatSigner))
    fc.assert(
      fc.property(anything, anything, (a, b) => {
        const parsed = parseSigner(`${a}${b}`)
        if ('expected' in parsed) assert.notEqual(parsed.expected, '')
        else assert.deepEqual(parseSigner(formatSigner(parsed)), parsed)
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a list of signers', () => {
  it('is the same from a variable and from a file, with comments, and is refused when entries overlap', () => {
    fc.assert(
      fc.property(entries, (all) => {
        const overlapping = all.some((one, index) => all.slice(0, index).some((other) => overlap(one, other)))
        const inVariable = parseSigners(all.map(formatSigner).join(', '), noFiles)
        const text = `# all of them\n${all.map((one) => `${formatSigner(one)} # one`).join('\r\n')}\n\n`
        const inFile = parseSigners('@signers', { read: () => ({ text }) })
        assert.equal('faults' in inVariable, overlapping)
        assert.equal('faults' in inFile, overlapping)
        if ('faults' in inVariable || 'faults' in inFile) return
        assert.deepEqual(inVariable.value.entries, all)
        assert.deepEqual(inFile.value.entries, all)
      }),
      { numRuns: 500 },
    )
  })
})
