import { FeedError } from '../src/core/price-feed.ts'
import { formatPrice, parsePrice } from '../src/core/price.ts'
import { readErrorMessage, readExchangeRates } from '../src/price/exchange-rates.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

const ASKED = { of: 'the source', base: 'ETH', quotes: ['USD', 'EUR', '__proto__', 'constructor'], observedAtMs: 1 }
const LONGEST_REASON = 600

/** Answers of a price source. */
export const exchangeRates: Target = {
  name: 'exchange-rates',
  about: 'answers of a price source, and what it says of its own failures',
  share: 8,
  form: 'json',
  words: [
    'data',
    'rates',
    'currency',
    'USD',
    'EUR',
    'ETH',
    '"3021.455"',
    '3021.455',
    '"0"',
    'errors',
    'message',
    '<html>',
  ],
  seeds: () =>
    [
      '{"data":{"currency":"ETH","rates":{"USD":"3021.455","EUR":"2900.1","BTC":"0.03"}}}',
      '{"data":{"currency":"ETH","rates":{"USD":3021.455,"EUR":"0"}}}',
      '{"data":{"rates":{"__proto__":"1.5","constructor":"2","USD":"1e3"}}}',
      '{"errors":[{"id":"invalid_request","message":"Invalid currency (X)"}]}',
      '<html><body>Please log in</body></html>',
    ].map(bytesOf),
  open: () => (input) => {
    const body = textOf(input)
    const message = readErrorMessage(body)
    if (message !== undefined) isOneLine(message)
    try {
      const { observations, faults } = readExchangeRates(body, ASKED)
      rule(observations.length + faults.length === ASKED.quotes.length, 'every quote has a price or a fault')
      for (const { price } of observations) rule(parsePrice(formatPrice(price)) === price, 'every price is one')
      for (const { reason } of faults) isOneLine(reason)
      return `${observations.length} prices`
    } catch (error) {
      if (!(error instanceof FeedError)) throw error
      isOneLine(error.message)
      return error.code
    }
  },
}

/** What a stranger sent can neither forge a line of the log nor fill it. */
function isOneLine(reason: string): void {
  // eslint-disable-next-line no-control-regex -- control characters are what it looks for
  rule(!/[\u0000-\u001f]/.test(reason), 'a reason is one line')
  rule(reason.length <= LONGEST_REASON, 'a reason is short')
}
