import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { PRICE_DECIMALS, PRICE_LIMIT, formatPrice, isPriceFault, parsePrice } from '../../src/core/price.ts'

const DIGITS = '0123456789'
const characters = (of: string) => fc.constantFrom(...Array.from(of))
const digits = (minLength: number, maxLength: number) =>
  fc.array(characters(DIGITS), { minLength, maxLength }).map((each) => each.join(''))

/** Digits before the point, and at most 18 after it. */
const decimal = fc.record({ whole: digits(1, 22), places: digits(0, PRICE_DECIMALS) })
const textOf = ({ whole, places }: { whole: string; places: string }) => (places === '' ? whole : `${whole}.${places}`)
/** The integer that the digits spell, moved by 18 places: no arithmetic but the moving. */
const integerOf = ({ whole, places }: { whole: string; places: string }) =>
  BigInt(whole + places + '0'.repeat(PRICE_DECIMALS - places.length))

const price = fc.bigInt({ min: 1n, max: PRICE_LIMIT - 1n })

const isDigits = (part: string) => part !== '' && Array.from(part).every((character) => DIGITS.includes(character))

/** Decimal text, in the words of the format rather than of the parser. */
function isDecimalText(text: string): boolean {
  const [whole = '', places, ...more] = text.split('.')
  return more.length === 0 && isDigits(whole) && (places === undefined || isDigits(places))
}

describe('price text', () => {
  it('decimal text with up to 18 places is read exactly, or refused for its size alone', () => {
    fc.assert(
      fc.property(decimal, (parts) => {
        const expected = integerOf(parts)
        const parsed = parsePrice(textOf(parts))
        if (expected === 0n) assert.equal(parsed, 'zero')
        else if (expected >= PRICE_LIMIT) assert.equal(parsed, 'too-large')
        else assert.equal(parsed, expected)
      }),
      { numRuns: 2_000 },
    )
  })

  it('every price is written as text that is read as the same price', () => {
    fc.assert(
      fc.property(price, (value) => {
        const parsed = parsePrice(formatPrice(value as Parameters<typeof formatPrice>[0]))
        assert.equal(parsed, value)
      }),
      { numRuns: 2_000 },
    )
  })

  it('canonical text, without zeros at either end, is written again as it was read', () => {
    const canonical = decimal.map(({ whole, places }) =>
      textOf({ whole: whole.replace(/^0+(?=.)/, ''), places: places.replace(/0+$/, '') }),
    )
    fc.assert(
      fc.property(canonical, (text) => {
        const parsed = parsePrice(text)
        fc.pre(!isPriceFault(parsed))
        assert.equal(formatPrice(parsed), text)
      }),
      { numRuns: 2_000 },
    )
  })

  it('decimal text with more than 18 places is refused, even when the rest are zeros', () => {
    fc.assert(
      fc.property(digits(1, 18), digits(PRICE_DECIMALS + 1, 40), (whole, places) => {
        assert.equal(parsePrice(`${whole}.${places}`), 'too-precise')
      }),
    )
  })

  it('any text that is not plain decimal is refused as such', () => {
    const nearly = fc.array(characters('0123456789.,-+eE xX_∞٣\n'), { maxLength: 24 }).map((each) => each.join(''))
    const named = fc.constantFrom(
      '',
      'NaN',
      'Infinity',
      '-1',
      '+1',
      '1e999',
      '1e3',
      '0x10',
      '.5',
      '5.',
      '1,000',
      ' 1',
      '1\n',
    )
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), nearly, named), (text) => {
        fc.pre(!isDecimalText(text))
        assert.equal(parsePrice(text), 'not-decimal')
      }),
      { numRuns: 5_000 },
    )
  })

  it('a text of any length is answered, however long', () => {
    assert.equal(parsePrice('9'.repeat(1_000_000)), 'not-decimal')
    assert.equal(parsePrice('9'.repeat(40)), 'too-large')
  })
})
