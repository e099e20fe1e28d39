/**
 * A price: an integer count of 10^-18 quote units. Never a JavaScript number, whose 53 bits cannot hold it.
 * At least 1 and below {@link PRICE_LIMIT}.
 */
export type Price = bigint & { readonly __brand: 'Price' }

export const PRICE_DECIMALS = 18
const ONE = 10n ** BigInt(PRICE_DECIMALS)

/** Prices stay below 10^18 whole units, which `numeric(38,18)` holds with room to spare. */
export const PRICE_LIMIT = 10n ** 18n * ONE

export type PriceFault = 'not-decimal' | 'too-precise' | 'zero' | 'too-large'

// Longer texts cannot be a price in range; refusing them first keeps the cost of a hostile answer bounded.
const LONGEST_TEXT = 64
const DECIMAL = /^(\d+)(?:\.(\d+))?$/

/**
 * Reads decimal text exactly.
 *
 * @param text - plain digits with at most one point and digits on both sides of it; no sign, exponent or space
 * @returns the price, or why `text` is none: more than 18 places, zero, or 10^18 and above
 */
export function parsePrice(text: string): Price | PriceFault {
  if (text.length > LONGEST_TEXT) return 'not-decimal'
  const match = DECIMAL.exec(text)
  if (match === null) return 'not-decimal'
  const [, whole = '', places = ''] = match
  if (places.length > PRICE_DECIMALS) return 'too-precise'
  const value = BigInt(whole) * ONE + BigInt(places.padEnd(PRICE_DECIMALS, '0'))
  return priceFromInteger(value)
}

/** The price that counts `value` units of 10^-18, or why there is none. */
export function priceFromInteger(value: bigint): Price | PriceFault {
  if (value < 1n) return 'zero'
  if (value >= PRICE_LIMIT) return 'too-large'
  return value as Price
}

/** The shortest decimal text of a price: `3021.455`, `1`, `0.000000000000000001`. */
export function formatPrice(price: Price): string {
  const whole = price / ONE
  const places = (price % ONE).toString().padStart(PRICE_DECIMALS, '0').replace(/0+$/, '')
  return places === '' ? whole.toString() : `${whole}.${places}`
}

export function isPriceFault(result: Price | PriceFault): result is PriceFault {
  return typeof result === 'string'
}
