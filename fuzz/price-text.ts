import { PRICE_LIMIT, formatPrice, isPriceFault, parsePrice } from '../src/core/price.ts'
import { type Target, bytesOf, rule, textOf } from './target.ts'

/** Prices as sources write them. */
export const priceText: Target = {
  name: 'price-text',
  about: 'the decimal text of a price',
  share: 8,
  form: 'text',
  words: ['.', '0', '00', '.0', '1', '9', '+', 'e', '_', '0'.repeat(20)],
  seeds: () =>
    ['3021.455', '1', '0.000000000000000001', '999999999999999999.999999999999999999', '0', '1000000000000000000'].map(
      bytesOf,
    ),
  open: () => (input) => {
    const price = parsePrice(textOf(input))
    if (isPriceFault(price)) return price
    rule(price > 0n && price < PRICE_LIMIT, 'a price is above 0 and below the limit')
    rule(parsePrice(formatPrice(price)) === price, 'a price is written so that it is read the same')
    return 'a price'
  },
}
