import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type Address, parseAddress } from '../../src/core/address.ts'
import {
  type SignerEntry,
  createSignerSet,
  disputable,
  formatSigner,
  largestSize,
  parseSigner,
} from '../../src/core/signer-set.ts'
import type { Round } from '../../src/core/statement.ts'

const CHECKSUMMED = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const [A, B, C] = ['aa', 'bb', 'cc'].map((end) => addressOf(`0x${'00'.repeat(19)}${end}`)) as [
  Address,
  Address,
  Address,
]

function addressOf(text: string): Address {
  const address = parseAddress(text)
  assert.ok(address)
  return address
}

function entry(address: Address, from?: number, to?: number): SignerEntry {
  return { address, fromRound: from as Round | undefined, toRound: to as Round | undefined }
}

const round = (number: number): Round => number as Round

describe('a signer set', () => {
  it('that names nobody is open: everyone may sign, in every round', () => {
    const open = createSignerSet([])
    assert.deepEqual(
      [open.open, open.allows(A, round(1)), open.sizeAt(round(1)), open.signersAt(round(1)), largestSize(open)],
      [true, true, Infinity, [], Infinity],
    )
  })

  it('allows whom it names, and nobody else', () => {
    const signers = createSignerSet([entry(A), entry(B)])
    assert.deepEqual(
      [A, B, C].map((address) => signers.allows(address, round(7))),
      [true, true, false],
    )
    assert.equal(signers.open, false)
  })

  it('allows a signer from its first to its last round, both of them included', () => {
    const signers = createSignerSet([entry(A, 5, 7)])
    assert.deepEqual(
      [4, 5, 7, 8].map((number) => signers.allows(A, round(number))),
      [false, true, true, false],
    )
  })

  it('may leave either end of the rounds open', () => {
    const signers = createSignerSet([entry(A, 5), entry(B, undefined, 5)])
    assert.deepEqual(
      [0, 5, 10 ** 12].map((number) => signers.allows(A, round(number))),
      [false, true, true],
    )
    assert.deepEqual(
      [0, 5, 6].map((number) => signers.allows(B, round(number))),
      [true, true, false],
    )
  })

  it('lets a signer come back, and counts it once', () => {
    const signers = createSignerSet([entry(A, 0, 3), entry(A, 6, 9), entry(B)])
    assert.deepEqual(
      [3, 4, 6].map((number) => signers.sizeAt(round(number))),
      [2, 1, 2],
    )
  })

  it('knows the most signers that it ever allows at a time', () => {
    assert.equal(largestSize(createSignerSet([entry(A, 0, 3), entry(B, 4, 6), entry(C, 6, 9)])), 2)
    assert.equal(largestSize(createSignerSet([entry(A, 0, 3), entry(B, 4, 5), entry(C, 6, 9)])), 1)
  })
})

describe('the text of a signer', () => {
  for (const text of [A, `${A}@5-7`, `${A}@5-`, `${A}@-7`, `${A}@0-0`]) {
    it(`${text} reads back as it was written`, () => {
      const parsed = parseSigner(text)
      assert.ok('address' in parsed)
      assert.equal(formatSigner(parsed), text)
    })
  }

  it('may be a checksummed address, which is lower case from then on', () => {
    assert.deepEqual(parseSigner(CHECKSUMMED), entry(addressOf(CHECKSUMMED.toLowerCase())))
  })

  it('with a mistyped checksum is no address', () => {
    assert.ok('expected' in parseSigner(CHECKSUMMED.replace('aA', 'AA')))
  })

  for (const text of ['', 'x', `${A}@`, `${A}@-`, `${A}@7`, `${A}@7-5`, `${A}@1-2-3`, `${A}@-1-2`, `@1-2`, `${A} `]) {
    it(`"${text}" is none`, () => {
      assert.ok('expected' in parseSigner(text))
    })
  }
})

describe('a slot can be disputed', () => {
  for (const [minimum, size, expected] of [
    [3, 4, false],
    [3, 5, true],
    [4, 6, false],
    [4, 7, true],
    [1, 1, true],
    [3, Infinity, true],
  ] as const) {
    it(`with a quorum of ${minimum} among ${size}: ${expected}`, () => {
      assert.equal(disputable(minimum, size), expected)
    })
  }
})
