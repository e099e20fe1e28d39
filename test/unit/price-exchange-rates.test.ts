import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FeedError } from '../../src/core/price-feed.ts'
import { formatPrice } from '../../src/core/price.ts'
import { readErrorMessage, readExchangeRates } from '../../src/price/exchange-rates.ts'

const ASKED = { of: 'coinbase (api.coinbase.com)', base: 'ETH', quotes: ['USD'], observedAtMs: 1_735_689_600_123 }

/** The one fault that a USD rate, as JSON, is answered with. */
function faultOf(rateAsJson: string): string {
  const { observations, faults } = readExchangeRates(`{"data":{"currency":"ETH","rates":{"USD":${rateAsJson}}}}`, ASKED)
  assert.deepEqual(observations, [])
  assert.equal(faults.length, 1)
  assert.equal(faults[0]?.pair, 'ETH-USD')
  return faults[0].reason
}

function errorOf(body: string): FeedError {
  try {
    readExchangeRates(body, ASKED)
  } catch (error) {
    assert.ok(error instanceof FeedError)
    return error
  }
  return assert.fail('a FeedError was expected')
}

describe('reading exchange rates', () => {
  it('a rate that is decimal text becomes an observation, digit for digit', () => {
    const body = '{"data":{"currency":"ETH","rates":{"USD":"184975.168378801279090430","EUR":"2781.40"}}}'
    const { observations, faults } = readExchangeRates(body, { ...ASKED, quotes: ['EUR', 'USD'] })
    assert.deepEqual(
      observations.map(({ pair, price, observedAtMs }) => [pair, formatPrice(price), observedAtMs]),
      [
        ['ETH-EUR', '2781.4', ASKED.observedAtMs],
        ['ETH-USD', '184975.16837880127909043', ASKED.observedAtMs],
      ],
    )
    assert.deepEqual(faults, [])
  })

  it('an answer that does not name its currency is read', () => {
    const { observations } = readExchangeRates('{"data":{"rates":{"USD":"3021.455"}}}', ASKED)
    assert.equal(observations.length, 1)
  })

  it('a quote without a sound rate is a fault, and leaves the others alone', () => {
    const body = '{"data":{"currency":"ETH","rates":{"USD":"NaN","EUR":"2781.40"}}}'
    const { observations, faults } = readExchangeRates(body, { ...ASKED, quotes: ['USD', 'EUR', 'GBP'] })
    assert.deepEqual(
      observations.map(({ pair }) => pair),
      ['ETH-EUR'],
    )
    assert.deepEqual(
      faults.map(({ pair }) => pair),
      ['ETH-USD', 'ETH-GBP'],
    )
  })

  const unsound: readonly [rate: string, reason: RegExp][] = [
    ['""', /gave USD as "", which is not plain decimal text/],
    ['"NaN"', /"NaN", which is not plain decimal text/],
    ['"-1"', /"-1", which is not plain decimal text/],
    ['"0"', /"0", which is zero/],
    ['"0.000"', /which is zero/],
    ['"1e999"', /"1e999", which is not plain decimal text/],
    ['" 3021"', /which is not plain decimal text/],
    ['"1000000000000000000"', /which is 10\^18 or more/],
    [`"${'1'.repeat(40)}"`, /which is 10\^18 or more/],
    [`"3021.${'1'.repeat(40)}"`, /which has more than 18 decimal places/],
    ['3021.455', /as a JSON number, whose digits cannot be trusted/],
    ['null', /as something else than text/],
    ['["3021.455"]', /as something else than text/],
  ]
  for (const [rate, reason] of unsound) {
    it(`a rate of ${rate} is a fault, never a price`, () => assert.match(faultOf(rate), reason))
  }

  it('a quote that only the prototype of an object has is missing', () => {
    const { faults } = readExchangeRates('{"data":{"rates":{}}}', { ...ASKED, quotes: ['constructor'] })
    assert.match(faults[0]?.reason ?? '', /gave no constructor/)
  })

  it('what is shown of a strange rate is short and cannot forge a line', () => {
    const reason = faultOf(JSON.stringify(`\n${'x'.repeat(1_000)}`))
    assert.ok(reason.length < 200)
    assert.ok(!reason.includes('\n'))
  })

  it('of a strange text 60 characters are shown, and three dots for the rest', () => {
    const [whole, longer] = ['x'.repeat(60), 'x'.repeat(61)]
    assert.ok(faultOf(JSON.stringify(whole)).includes(`gave USD as "${whole}", which`))
    assert.ok(faultOf(JSON.stringify(longer)).includes(`gave USD as "${whole}…", which`))
    assert.ok(errorOf(longer).message.endsWith(`what is not JSON: "${whole}…"`))
    assert.ok(errorOf(`{"data":{"currency":"${longer}","rates":{}}}`).message.endsWith(`for "${whole}…"`))
  })

  it('what terminals obey is shown by its number, wherever it comes from', () => {
    const text = '\u001b\u007f\u0085\u009b\u009f\u2028\u2029'
    const shown = '\\u001b\\u007f\\u0085\\u009b\\u009f\\u2028\\u2029'
    assert.ok(faultOf(JSON.stringify(text)).includes(`"${shown}"`))
    assert.ok(errorOf(text).message.endsWith(`"${shown}"`))
    const currency = JSON.stringify({ data: { currency: text, rates: {} } })
    assert.ok(errorOf(currency).message.endsWith(`"${shown}"`), errorOf(currency).message)
    assert.ok(readErrorMessage(JSON.stringify({ errors: [{ message: text }] }))?.includes(shown))
  })

  it('HTML is named as such', () => {
    const error = errorOf('<!DOCTYPE html><title>Just a moment...</title>')
    assert.equal(error.code, 'not-json')
    assert.match(error.message, /HTML instead of JSON.*GP_PRICEURL/)
  })

  for (const body of ['', '{"data":', 'Service Unavailable', '{"data":{"rates":{"USD":NaN}}}']) {
    it(`a body of ${JSON.stringify(body)} is not JSON`, () => assert.equal(errorOf(body).code, 'not-json'))
  }

  for (const body of [
    'null',
    '[]',
    '"x"',
    '{}',
    '{"data":null}',
    '{"data":{}}',
    '{"data":{"rates":[]}}',
    '{"rates":{}}',
  ]) {
    it(`${body} has an unexpected shape`, () => assert.equal(errorOf(body).code, 'unexpected-shape'))
  }

  for (const currency of ['"BTC"', '"eth"', 'null', '7']) {
    it(`an answer for currency ${currency} is not one for ETH`, () => {
      const error = errorOf(`{"data":{"currency":${currency},"rates":{"USD":"3021.455"}}}`)
      assert.equal(error.code, 'unexpected-shape')
      assert.match(error.message, /was asked for ETH and answered for "[^"\\]*"$/)
    })
  }
})

describe('reading what a server says of its own failure', () => {
  it('the first message is quoted', () => {
    const body = '{"errors":[{"id":"invalid_request","message":"Invalid currency (XYZ)"}]}'
    assert.equal(readErrorMessage(body), '"Invalid currency (XYZ)"')
  })

  for (const body of ['', '<html>', '{}', '{"errors":[]}', '{"errors":[7]}', '{"errors":[{"message":7}]}']) {
    it(`${JSON.stringify(body)} says nothing`, () => assert.equal(readErrorMessage(body), undefined))
  }
})
