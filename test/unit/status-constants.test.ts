import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { keccak256, stringToBytes } from 'viem'
import { VARIABLE_NAMES } from '../../src/config/variables.ts'
import {
  OPEN_SIGNERS_HASH,
  agreedConstants,
  constantsDigest,
  differences,
  signerSetHash,
} from '../../src/core/agreed-constants.ts'
import type { NetworkConstants } from '../../src/core/network.ts'
import { type SignerEntry, createSignerSet } from '../../src/core/signer-set.ts'
import type { AgreedConstants } from '../../src/core/status.ts'
import { anyConstants, constants } from '../helpers/signed-notices.ts'
import { round, testSigners } from '../helpers/statements.ts'

const entries: readonly SignerEntry[] = testSigners(4).map(({ address }, index) => ({
  address,
  fromRound: index === 1 ? round(5) : undefined,
  toRound: index === 2 ? round(7) : undefined,
}))
const texts = entries.map(({ address }, index) => address + (['', '@5-', '@-7'][index] ?? ''))

describe('the hash of a signer set', () => {
  it('is that of its entries as they are configured, in ascending order, with commas between them', () => {
    assert.notDeepEqual(texts, texts.toSorted(), 'the order matters here')
    assert.equal(signerSetHash(createSignerSet(entries)), keccak256(stringToBytes(texts.toSorted().join(','))))
  })

  it('does not depend on the order in which they are configured', () => {
    assert.equal(signerSetHash(createSignerSet(entries.toReversed())), signerSetHash(createSignerSet(entries)))
  })

  it('depends on the rounds of an entry', () => {
    const always = entries.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
    assert.notEqual(signerSetHash(createSignerSet(always)), signerSetHash(createSignerSet(entries)))
  })

  it('is zero for an open network', () => {
    assert.equal(signerSetHash(createSignerSet([])), `0x${'0'.repeat(64)}`)
  })
})

describe('the constants of a network in a status', () => {
  const configured: NetworkConstants = {
    network: 'test-network',
    pairs: ['ETH-USD', 'BTC-USD', 'BTC-EUR'],
    source: 'coinbase',
    intervalMs: 600_000,
    quietPeriodMs: 20_500,
    minimumSigners: 2,
    maximumSigners: 5,
    maxDeviation: 15_000_000n,
    signers: createSignerSet(entries),
  }

  it('are those of the configuration, pairs in ascending order, signers counted and hashed', () => {
    assert.deepEqual(agreedConstants(configured), {
      network: 'test-network',
      pairs: ['BTC-EUR', 'BTC-USD', 'ETH-USD'],
      source: 'coinbase',
      intervalMs: 600_000,
      quietPeriodMs: 20_500,
      minimumSigners: 2,
      maximumSigners: 5,
      maxDeviation: 15_000_000n,
      signerCount: 4,
      signersHash: signerSetHash(configured.signers),
    })
  })

  it('have one digest however pairs and signers are ordered in the configuration', () => {
    const reordered = {
      ...configured,
      pairs: configured.pairs.toReversed(),
      signers: createSignerSet(entries.toReversed()),
    }
    assert.equal(constantsDigest(agreedConstants(reordered)), constantsDigest(agreedConstants(configured)))
  })
})

const phrases: Readonly<Record<string, readonly [theirs: Partial<AgreedConstants>, phrase: string]>> = {
  network: [{ network: 'other' }, 'GP_NETWORK is other there, test-network here'],
  pairs: [{ pairs: ['ETH-USD'] }, 'GP_PAIRS is ETH-USD there, BTC-USD,ETH-USD here'],
  source: [{ source: 'kraken' }, 'GP_SOURCE is kraken there, coinbase here'],
  interval: [{ intervalMs: 60_000 }, 'GP_FETCHPRICEINTERVAL is 60 s there, 600 s here'],
  'quiet period': [{ quietPeriodMs: 20_000 }, 'GP_QUIETPERIOD is 20 s there, 30 s here'],
  'quiet period below a second': [{ quietPeriodMs: 250 }, 'GP_QUIETPERIOD is 0.25 s there, 30 s here'],
  minimum: [{ minimumSigners: 2 }, 'GP_MINIMUMSIGNERCOUNT is 2 there, 3 here'],
  maximum: [{ maximumSigners: 64 }, 'GP_MAXIMUMSIGNERCOUNT is 64 there, 16 here'],
  deviation: [{ maxDeviation: 1n }, 'GP_MAXDEVIATION is 0.0000001 % there, 1 % here'],
  'number of signers': [
    { signerCount: 5, signersHash: `0x${'11'.repeat(32)}` },
    'GP_SIGNERS names 5 signers there, 4 here',
  ],
  'one signer': [{ signerCount: 1, signersHash: `0x${'11'.repeat(32)}` }, 'GP_SIGNERS names 1 signer there, 4 here'],
  signers: [{ signersHash: `0x${'11'.repeat(32)}` }, 'GP_SIGNERS names other signers there'],
  'open network': [
    { signerCount: 0, signersHash: OPEN_SIGNERS_HASH },
    'GP_SIGNERS is empty (anyone may sign) there, names 4 signers here',
  ],
}

describe('what differs between two nodes', () => {
  for (const [name, [theirs, phrase]] of Object.entries(phrases)) {
    it(`is said by its variable, with both values: ${name}`, () => {
      assert.deepEqual(differences(constants(), constants(theirs)), [phrase])
      assert.ok(VARIABLE_NAMES.includes(phrase.split(' ')[0] ?? ''))
    })
  }

  it('may be that this network is open', () => {
    const open = constants({ signerCount: 0, signersHash: OPEN_SIGNERS_HASH })
    assert.deepEqual(differences(open, constants()), [
      'GP_SIGNERS names 4 signers there, is empty (anyone may sign) here',
    ])
  })

  it('is one phrase a constant', () => {
    const theirs = constants({ source: 'kraken', minimumSigners: 4, maximumSigners: 5 })
    assert.equal(differences(constants(), theirs).length, 3)
  })

  it('is nothing exactly when the digests are equal', () => {
    fc.assert(
      fc.property(anyConstants, anyConstants, fc.subarray(Object.keys(constants())), (ours, others, taken) => {
        const replaced = Object.entries(others).filter(([key]) => taken.includes(key))
        const theirs: AgreedConstants = { ...ours, ...Object.fromEntries(replaced) }
        // The count and the hash of signers go together.
        const { signerCount, signersHash } = taken.includes('signersHash') ? others : ours
        const sound = { ...theirs, signerCount, signersHash }
        assert.equal(differences(ours, sound).length === 0, constantsDigest(ours) === constantsDigest(sound))
      }),
    )
  })

  it('is said of numbers that differ in their last digit, however large', () => {
    const [a, b] = [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1]
    assert.deepEqual(differences(constants({ intervalMs: a }), constants({ intervalMs: b })), [
      'GP_FETCHPRICEINTERVAL is 9007199254740.99 s there, 9007199254740.991 s here',
    ])
  })
})
