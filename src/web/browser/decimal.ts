/** Prices have 18 decimals; the mean of two of them needs one more. */
const PLACES = 19
const DECIMAL = /^(\d{1,30})(?:\.(\d{1,19}))?$/

export function isDecimal(text: string): boolean {
  return DECIMAL.test(text)
}

/**
 * An exact count of 10^-19 units, from decimal text.
 *
 * @throws {RangeError} when the text is not plain digits with at most one point and 19 decimals
 */
export function parseDecimal(text: string): bigint {
  const match = DECIMAL.exec(text)
  if (match === null) throw new RangeError(`${text.slice(0, 80)} is not a decimal number`)
  const [, whole = '', places = ''] = match
  return BigInt(whole + places.padEnd(PLACES, '0'))
}

/** The shortest decimal text of a count of 10^-19 units. */
export function decimalText(value: bigint): string {
  const digits = value.toString().padStart(PLACES + 1, '0')
  const places = digits.slice(-PLACES).replace(/0+$/, '')
  return digits.slice(0, -PLACES) + (places === '' ? '' : `.${places}`)
}

/**
 * The middle one of some prices, or the exact mean of the two middle ones: what the database says, too.
 *
 * @param prices - decimal texts, at least one
 */
export function medianOf(prices: readonly string[]): string {
  const sorted = prices.map(parseDecimal).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const upper = sorted[sorted.length >> 1]
  const lower = sorted[(sorted.length - 1) >> 1]
  if (upper === undefined || lower === undefined) throw new RangeError('there is no median of nothing')
  return decimalText((upper + lower) / 2n)
}

/**
 * A price for the eye: thousands set apart, and as many decimals as tell prices of its size from each other; rounded
 * half up. The exact text stands in a row's detail. What is no price is shown as it is, cut.
 */
export function displayPrice(text: string): string {
  if (!isDecimal(text)) return text.slice(0, 40)
  const value = parseDecimal(text)
  const places = placesFor(value)
  const step = 10n ** BigInt(PLACES - places)
  const digits = ((value + step / 2n) / step).toString().padStart(places + 1, '0')
  return `${digits.slice(0, -places).replace(/\B(?=(?:\d{3})+$)/g, ',')}.${digits.slice(-places)}`
}

const ONE = 10n ** BigInt(PLACES)

function placesFor(value: bigint): number {
  if (value >= 100n * ONE) return 2
  if (value >= ONE) return 4
  return value >= ONE / 1_000n ? 6 : 18
}
