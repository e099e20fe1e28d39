import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { hashWords } from '../../src/core/eip712.ts'

describe('hashed integers', () => {
  for (const value of [
    0n,
    1n,
    255n,
    256n,
    2n ** 32n - 1n,
    2n ** 32n,
    2n ** 53n - 1n,
    2n ** 53n,
    2n ** 53n + 1n,
    2n ** 256n - 1n,
    -1n,
    -256n,
    1n - 2n ** 53n,
    -(2n ** 63n),
  ]) {
    it(`take 32 bytes, and ${value} is in the last of them`, () => {
      const digits = BigInt.asUintN(256, value).toString(16).padStart(64, '0')
      assert.deepEqual(hashWords(7n, value), keccak_256(Buffer.from(`${'7'.padStart(64, '0')}${digits}`, 'hex')))
    })
  }
})
