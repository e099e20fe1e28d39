import { type FeedAnswer, FeedError, type Observation } from '../core/price-feed.ts'
import { type PriceFault, isPriceFault, parsePrice } from '../core/price.ts'

const FAULT_WORDS: Readonly<Record<PriceFault, string>> = {
  'not-decimal': 'is not plain decimal text',
  'too-precise': 'has more than 18 decimal places',
  zero: 'is zero',
  'too-large': 'is 10^18 or more',
}

/** What JSON leaves as it is and terminals obey, or take for the end of a line. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029]/g

/** What a stranger sent is shown in part only. */
const SHOWN_CHARACTERS = 60

/**
 * Reads the body of an answer in Coinbase's format, `{"data":{"currency":"ETH","rates":{"USD":"3021.455"}}}`.
 *
 * A rate counts only as a JSON string: a JSON number has been, or will be, through binary floating point.
 *
 * @param body - the text as received
 * @param asked - what was asked for, of whom (as a sentence may begin), and when the answer was complete
 * @throws {FeedError} `not-json` or `unexpected-shape`
 */
export function readExchangeRates(
  body: string,
  asked: {
    readonly of: string
    readonly base: string
    readonly quotes: readonly string[]
    readonly observedAtMs: number
  },
): FeedAnswer {
  const rates = ratesOf(body, asked)
  const observations: Observation[] = []
  const faults: { pair: string; reason: string }[] = []
  for (const quote of asked.quotes) {
    const pair = `${asked.base}-${quote}`
    const rate = Object.hasOwn(rates, quote) ? rates[quote] : undefined
    if (typeof rate !== 'string') {
      faults.push({ pair, reason: `${asked.of} ${missingWords(quote, rate)}` })
      continue
    }
    const price = parsePrice(rate)
    if (isPriceFault(price)) {
      faults.push({ pair, reason: `${asked.of} gave ${quote} as ${shown(rate)}, which ${FAULT_WORDS[price]}` })
    } else {
      observations.push({ pair, price, observedAtMs: asked.observedAtMs })
    }
  }
  return { observations, faults }
}

/** What the server says of its own failure, `{"errors":[{"message":"Invalid currency (X)"}]}`; undefined when nothing. */
export function readErrorMessage(body: string): string | undefined {
  const answer = parseJson(body)
  if (!isRecord(answer) || !Array.isArray(answer['errors'])) return undefined
  const first: unknown = answer['errors'][0]
  return isRecord(first) && typeof first['message'] === 'string' ? shown(first['message']) : undefined
}

function ratesOf(body: string, asked: { readonly of: string; readonly base: string }): Record<string, unknown> {
  const answer = parseJson(body)
  if (answer === undefined) {
    const what = body.trimStart().startsWith('<')
      ? 'HTML instead of JSON: is there a login page or a proxy in between? Check GP_PRICEURL'
      : `what is not JSON: ${shown(body)}`
    throw new FeedError('not-json', `${asked.of} answered with ${what}`)
  }
  const data = isRecord(answer) ? answer['data'] : undefined
  const rates = isRecord(data) ? data['rates'] : undefined
  if (!isRecord(data) || !isRecord(rates)) {
    const hint = 'check that GP_PRICEURL speaks the format of Coinbase exchange rates'
    throw new FeedError('unexpected-shape', `${asked.of} answered without data.rates: ${hint}`)
  }
  const currency = data['currency']
  if (currency !== undefined && currency !== asked.base) {
    const given = shown(typeof currency === 'string' ? currency : JSON.stringify(currency))
    throw new FeedError('unexpected-shape', `${asked.of} was asked for ${asked.base} and answered for ${given}`)
  }
  return rates
}

function missingWords(quote: string, rate: unknown): string {
  if (rate === undefined) return `gave no ${quote}: check GP_PAIRS if this goes on`
  if (typeof rate === 'number') return `gave ${quote} as a JSON number, whose digits cannot be trusted; text is needed`
  return `gave ${quote} as something else than text`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Quoted, with control characters escaped, so that it cannot forge a line of the log. */
function shown(text: string): string {
  const part = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
  return JSON.stringify(part).replaceAll(UNPRINTABLE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
