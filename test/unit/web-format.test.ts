import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decimalText, displayPrice, medianOf, parseDecimal } from '../../src/web/browser/decimal.ts'
import {
  ago,
  clockError,
  clockErrorInBrief,
  counted,
  countdown,
  duration,
  inBrief,
  shortHex,
  timeOfDay,
} from '../../src/web/browser/format.ts'

describe('prices on the page', () => {
  it('are exact until they are shown', () => {
    for (const text of ['3021.455', '1', '0.000000000000000001', '999999999999999999.123456789012345678'])
      assert.equal(decimalText(parseDecimal(text)), text)
  })

  it('are refused where they are no decimal text', () => {
    for (const text of ['', '-1', '1e5', '1.', '.5', ' 1', '1,000', '0x10', 'NaN', `0.${'1'.repeat(20)}`])
      assert.throws(() => parseDecimal(text), RangeError, text)
  })

  it('have thousands set apart and as many decimals as tell them apart', () => {
    assert.equal(displayPrice('3021.455'), '3,021.46')
    assert.equal(displayPrice('3021.454'), '3,021.45')
    assert.equal(displayPrice('1234567.8'), '1,234,567.80')
    assert.equal(displayPrice('999.999'), '1,000.00')
    assert.equal(displayPrice('<b>'), '<b>')
    assert.equal(displayPrice('1.5'), '1.5000')
    assert.equal(displayPrice('0.25'), '0.250000')
    assert.equal(displayPrice('0.000000000000000001'), '0.000000000000000001')
  })

  it('have the middle one as their median, or the exact mean of the two middle ones', () => {
    assert.equal(medianOf(['3', '1', '2']), '2')
    assert.equal(medianOf(['10', '9']), '9.5')
    assert.equal(medianOf(['0.000000000000000001', '0.000000000000000002']), '0.0000000000000000015')
    assert.equal(medianOf(['5']), '5')
  })
})

describe('times on the page', () => {
  it('are told in the units that say something', () => {
    assert.deepEqual([0, 59_999, 60_000, 3_600_000, 7_500_000, 86_400_000, 97_200_000].map(duration), [
      '0 s',
      '59 s',
      '1 min',
      '1 h',
      '2 h 5 min',
      '1 d',
      '1 d 3 h',
    ])
  })

  it('never lie in the future because of clocks that differ', () => {
    assert.equal(ago(-3_000), 'just now')
    assert.equal(ago(61_000), '1 min ago')
    assert.equal(duration(-5), '0 s')
  })

  it('count down at one width', () => {
    assert.deepEqual([0, 1, 65_000, 599_001, 3_725_000].map(countdown), ['0:00', '0:01', '1:05', '10:00', '1:02:05'])
  })

  it('have their date unless it is today', () => {
    const now = new Date(2026, 10, 21, 14, 0, 0).getTime()
    assert.equal(timeOfDay(new Date(2026, 10, 21, 9, 5, 7).getTime(), now), '09:05:07')
    assert.equal(timeOfDay(new Date(2026, 10, 20, 9, 5, 7).getTime(), now), '20 Nov, 09:05:07')
    assert.equal(timeOfDay(new Date(2025, 10, 21, 9, 5, 7).getTime(), now), '21 Nov 2025, 09:05:07')
    assert.equal(timeOfDay(Number.NaN, now), 'no time')
  })
})

describe('words on the page', () => {
  it('cut what is long, whatever it is', () => {
    assert.equal(shortHex('0x1d443bd1e3cd585b0908270c5e6397ee811ef489'), '0x1d44…f489')
    assert.equal(shortHex('short'), 'short')
    assert.equal(shortHex('x'.repeat(10_000)).length, 11)
  })

  it('abbreviate addresses of a sentence, and tell its times by the clock of the reader', () => {
    const now = new Date(2026, 10, 21, 14, 0, 0).getTime()
    const sentence = `0x${'ab'.repeat(20)} was heard at ${new Date(now - 61_000).toISOString()}, of 0xab.`
    assert.equal(inBrief(sentence, now).replaceAll('\u2060', ''), '0xabab…abab was heard at 13:58:59, of 0xab.')
  })

  it('agree with their number', () => {
    assert.equal(counted(1, 'signer'), '1 signer')
    assert.equal(counted(0, 'signer'), '0 signers')
    assert.deepEqual([12.4, -1_400, -0.2].map(clockError), ['12 ms slow', '1.4 s fast', '0 ms'])
    assert.deepEqual([12.4, -1_400, 2_000].map(clockErrorInBrief), ['12 ms', '1.4 s fast', '2.0 s slow'])
  })
})
