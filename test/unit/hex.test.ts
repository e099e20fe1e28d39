import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromHex, toHex, toLatin1 } from '../../src/core/hex.ts'

describe('bytes as text', () => {
  it('are what they were when they are read again, every byte of them', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte)
    assert.deepEqual(fromHex(toHex(bytes)), bytes)
  })

  it('are written from any part of a buffer', () => {
    assert.equal(toHex(Uint8Array.of(1, 0xab, 0xcd, 2).subarray(1, 3)), '0xabcd')
    assert.equal(toHex(Buffer.from('01abcd02', 'hex').subarray(1, 3)), '0xabcd')
  })

  it('are written whole at any length, with nothing of what was written before', () => {
    for (const length of [300, 129, 128, 127, 65, 1]) {
      const bytes = Uint8Array.from({ length }, (_, index) => length + index)
      assert.equal(toHex(bytes), `0x${Buffer.from(bytes).toString('hex')}`)
      assert.equal(toLatin1(bytes), Buffer.from(bytes).toString('latin1'))
    }
  })

  it('may be none at all', () => {
    assert.deepEqual(fromHex('0x'), new Uint8Array(0))
    assert.equal(toHex(new Uint8Array(0)), '0x')
  })

  for (const text of [
    '',
    '0',
    'ab',
    '0X00',
    '0x0',
    '0xAB',
    '0xg0',
    '0x0g',
    '0x:0',
    '0x0/',
    '0x 0',
    '0x0\n',
    '0x٣٣',
    '0x0é',
  ]) {
    it(`have one spelling, which ${JSON.stringify(text)} is not`, () => {
      assert.throws(() => fromHex(text), RangeError)
    })
  }
})
