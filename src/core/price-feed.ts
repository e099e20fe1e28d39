import type { Price } from './price.ts'

/** A price as this node saw it. */
export interface Observation {
  readonly pair: string
  readonly price: Price
  /** Wall clock when the answer arrived, milliseconds since the Unix epoch. */
  readonly observedAtMs: number
}

/** Where prices come from. One call is one attempt; who calls decides when to try again. */
export interface PriceFeed {
  /**
   * Asks for all of `pairs` that share one base currency, with one request.
   *
   * @param base - base currency, as `ETH`
   * @param quotes - quote currencies, as `['USD']`
   * @returns an observation for every quote that had a sound price, and a fault for every other
   * @throws {FeedError} when there is no answer to read
   */
  fetch(base: string, quotes: readonly string[], signal: AbortSignal): Promise<FeedAnswer>
}

export interface FeedAnswer {
  readonly observations: readonly Observation[]
  readonly faults: readonly { readonly pair: string; readonly reason: string }[]
}

export type FeedErrorCode = 'timeout' | 'unreachable' | 'rate-limited' | 'http-status' | 'not-json' | 'unexpected-shape'

/** The feed gave nothing usable. The message says why, in words for an operator. */
export class FeedError extends Error {
  override readonly name = 'FeedError'
  readonly code: FeedErrorCode
  /** How long the server asks us to wait, milliseconds; undefined when it does not say. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: FeedErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
  ) {
    super(message, options)
    this.code = code
    this.retryAfterMs = options?.retryAfterMs
  }
}
