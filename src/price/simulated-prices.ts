/** How long a simulated price stands still, milliseconds: nodes that ask within one second see the same price. */
const STEP_MS = 1_000

/**
 * What a currency is worth is an anchor times 1 plus a sum of value noise: octave k runs along a curve through random
 * values between −1 and 1 that lie PERIOD × 4^k steps apart, scaled by AMPLITUDE × 2^k. Swings that grow with the
 * square root of the time are what a random walk looks like at every scale; that there are no octaves above the seventh,
 * of 34 hours, keeps it near its anchor for ever. Any moment is computed by itself, from 14 hashes.
 *
 * The curve changes by at most 1.5 × 2 / period a step, so a worth moves by at most 3 × AMPLITUDE / PERIOD ×
 * (1 + 1/2 + 1/4 + …) < 0.01 % a step, the price of one currency in another by less than 0.02 %. A worth stays within
 * AMPLITUDE × (1 + 2 + … + 64) = 5.1 % of its anchor.
 *
 * Only additions, products and integer hashes: the same digits on every machine.
 */
const OCTAVES = 7
const PERIOD_STEPS = 30
const AMPLITUDE = 0.000_4

/** Money moves less than coins do. */
const MONEY_PART = 0.1

/** Anchors: US dollars for one unit, about right for some day. */
const MONEY: Readonly<Record<string, number>> = {
  AUD: 0.65,
  CAD: 0.73,
  CHF: 1.12,
  CNY: 0.14,
  EUR: 1.08,
  GBP: 1.27,
  INR: 0.012,
  JPY: 0.006_7,
  KRW: 0.000_74,
  USD: 1,
  USDC: 1,
  USDT: 1,
}
const COINS: Readonly<Record<string, number>> = {
  ADA: 0.45,
  BTC: 60_000,
  DOGE: 0.12,
  ETH: 3_000,
  LTC: 80,
  SOL: 150,
  XRP: 0.55,
}
const QUOTES = [...Object.keys(MONEY), ...Object.keys(COINS)].toSorted()

/** Digits that a price has at least, so that rounding adds nothing visible to its steps. */
const SIGNIFICANT = 100_000
const FEWEST_PLACES = 2

/**
 * The rates of one unit of `base` as decimal text, by quote currency.
 *
 * A pure function: the same seed, base and second give the same texts, everywhere. Prices agree with each other, as
 * ETH-EUR × EUR-USD = ETH-USD up to rounding. A base that is not known has an anchor between 1 and 1,000 dollars.
 *
 * @param at - the seed of the walk, and the wall clock in milliseconds since the Unix epoch
 */
export function simulatedRates(
  base: string,
  at: { readonly seed: string | number; readonly timeMs: number },
): Readonly<Record<string, string>> {
  const step = Math.floor(at.timeMs / STEP_MS)
  const worthOfBase = worth(base, { seed: at.seed, step })
  const rates = QUOTES.map(
    (quote) => [quote, decimalText(worthOfBase / worth(quote, { seed: at.seed, step }))] as const,
  )
  return Object.fromEntries([...rates, [base, '1.0']])
}

/** US dollars for one unit. */
function worth(currency: string, at: { readonly seed: string | number; readonly step: number }): number {
  if (currency === 'USD') return 1
  const key = hashText(`${at.seed}/${currency}`)
  const money = MONEY[currency]
  if (money !== undefined) return money * (1 + MONEY_PART * noise(key, at.step))
  const anchor = COINS[currency] ?? 1 + (hashText(currency) % 1_000)
  return anchor * (1 + noise(key, at.step))
}

function noise(key: number, step: number): number {
  let sum = 0
  let period = PERIOD_STEPS
  let amplitude = AMPLITUDE
  for (let octave = 0; octave < OCTAVES; octave++) {
    const octaveKey = mix(key + octave)
    const index = Math.floor(step / period)
    const u = step / period - index
    const from = randomValue(octaveKey, index)
    const to = randomValue(octaveKey, index + 1)
    sum += amplitude * (from + (to - from) * u * u * (3 - 2 * u))
    period *= 4
    amplitude *= 2
  }
  return sum
}

/** From −1 to 1, by place. */
function randomValue(key: number, index: number): number {
  return mix(key ^ index) / 2 ** 31 - 1
}

/** The finalizer of MurmurHash3: every bit in moves every bit out. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

/** FNV-1a, finished by {@link mix}. */
function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return mix(hash)
}

function decimalText(value: number): string {
  let places = FEWEST_PLACES
  for (let scaled = value * 10 ** FEWEST_PLACES; scaled < SIGNIFICANT; scaled *= 10) places++
  return value.toFixed(places)
}
