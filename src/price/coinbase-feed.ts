import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { type AxiosInstance, type AxiosResponse, create as createAxios, isAxiosError } from 'axios'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { Histograms } from '../core/measurements.ts'
import { type FeedAnswer, FeedError, type PriceFeed } from '../core/price-feed.ts'
import { readExchangeRates } from './exchange-rates.ts'
import { requestFailure, statusFailure } from './feed-failure.ts'

const COINBASE_URL = 'https://api.coinbase.com/v2/exchange-rates'

const EXCHANGE_RATES_PATH = '/v2/exchange-rates'
const TIMEOUT_MS = 5_000
/** A real answer has some 650 rates in 20 kB. Counted after decompression. */
const LARGEST_BODY_BYTES = 1_000_000
const MOST_REDIRECTS = 3

export interface CoinbaseFeedOptions {
  /**
   * Where to ask. Its `currency` parameter is set to the base currency; a URL without a path gets that of Coinbase.
   *
   * @default 'https://api.coinbase.com/v2/exchange-rates'
   */
  readonly url?: string | undefined
  /**
   * What messages call the source.
   *
   * @default 'coinbase'
   */
  readonly source?: string | undefined
  /**
   * Milliseconds for a whole request, redirects and the last byte of the body included.
   *
   * @default 5000
   */
  readonly timeoutMs?: number | undefined
}

/**
 * Prices from Coinbase, or from whoever answers in its format.
 *
 * One call is one request, with one exception: while the server has asked us to wait (`Retry-After`), calls end at once
 * with a `rate-limited` error that carries the time left, and no request is made, whoever calls.
 *
 * @throws {TypeError} when the URL is none, or not http or https
 */
export function createCoinbaseFeed(
  components: {
    readonly clock: Clock
    readonly logger?: Logger
    readonly counters?: Counters
    readonly histograms?: Histograms
  },
  options: CoinbaseFeedOptions = {},
): PriceFeed {
  const { clock, logger, counters, histograms } = components
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const endpoint = endpointOf(options.url ?? COINBASE_URL)
  const asked = { of: `${options.source ?? 'coinbase'} (${endpoint.host})`, host: endpoint.host }
  const http = createHttp(endpoint)
  let notBeforeMonoMs = Number.NEGATIVE_INFINITY

  async function request(base: string, signal: AbortSignal): Promise<AxiosResponse<string>> {
    const url = new URL(endpoint)
    url.searchParams.set('currency', base)
    const deadline = new AbortController()
    // axios would measure its timeout phase by phase, and never end with a server that drips bytes.
    const cancel = clock.after(timeoutMs, () => deadline.abort())
    let redirectedTo: string | undefined
    try {
      return await http.get<string>(url.href, {
        signal: AbortSignal.any([signal, deadline.signal]),
        beforeRedirect(to, _response, from) {
          const givesUpEncryption = from.url.startsWith('https:') && to['protocol'] !== 'https:'
          if (givesUpEncryption) throw new Error('the redirect gives up encryption')
          const { host } = new URL(String(to['href']))
          redirectedTo = host === endpoint.host ? undefined : host
        },
      })
    } catch (error) {
      signal.throwIfAborted()
      if (deadline.signal.aborted) {
        const hint = 'check the connection of this machine if this goes on'
        throw new FeedError('timeout', `${asked.of} gave no complete answer in ${timeoutMs / 1000} s: ${hint}`)
      }
      if (!isAxiosError(error)) throw error
      throw requestFailure(error, { ...asked, redirectedTo, largestBodyBytes: LARGEST_BODY_BYTES })
    } finally {
      cancel()
    }
  }

  async function ask(base: string, quotes: readonly string[], signal: AbortSignal): Promise<FeedAnswer> {
    const leftMs = notBeforeMonoMs - clock.now().monoMs
    if (leftMs > 0) {
      const message = `${asked.of} has asked us to wait, and ${Math.ceil(leftMs / 1000)} s of that are left`
      throw new FeedError('rate-limited', message, { retryAfterMs: leftMs })
    }
    const response = await request(base, signal)
    const now = clock.now()
    if (response.status >= 200 && response.status <= 299) {
      return readExchangeRates(response.data, { of: asked.of, base, quotes, observedAtMs: now.wallMs })
    }
    const failure = statusFailure(response, { ...asked, nowMs: now.wallMs })
    if (failure.retryAfterMs !== undefined) notBeforeMonoMs = now.monoMs + failure.retryAfterMs
    throw failure
  }

  return {
    async fetch(base, quotes, signal) {
      signal.throwIfAborted()
      const fromMs = clock.now().monoMs
      let outcome = 'internal-error'
      try {
        const answer = await ask(base, quotes, signal)
        outcome = answer.faults.length === 0 ? 'answered' : 'unsound'
        return answer
      } catch (error) {
        if (signal.aborted) outcome = 'aborted'
        else if (error instanceof FeedError) outcome = error.code
        throw error
      } finally {
        counters?.add('gp_feed_requests_total', { base, outcome })
        histograms?.observe('gp_feed_seconds', (clock.now().monoMs - fromMs) / 1_000, { base, outcome })
        logger?.debug(`Asked ${asked.of} for ${base}: ${outcome}`, { base, quotes, outcome })
      }
    },
  }
}

function createHttp(endpoint: URL): AxiosInstance {
  return createAxios({
    headers: { 'User-Agent': 'gossip-price', Accept: 'application/json' },
    // Minutes pass between requests: a kept connection would be dead by then, and fail the request that finds out.
    httpAgent: new HttpAgent({ keepAlive: false }),
    httpsAgent: new HttpsAgent({ keepAlive: false }),
    responseType: 'text',
    maxContentLength: LARGEST_BODY_BYTES,
    maxRedirects: MOST_REDIRECTS,
    validateStatus: () => true,
    // A proxy named in the environment cannot reach a server on this machine.
    ...(isLoopback(endpoint.hostname) ? { proxy: false as const } : {}),
  })
}

function endpointOf(text: string): URL {
  const url = new URL(text)
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new TypeError(`a price URL begins with https:// or http://, not with ${url.protocol}`)
  }
  if (url.pathname === '/') url.pathname = EXCHANGE_RATES_PATH
  return url
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}
