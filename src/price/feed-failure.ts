import type { AxiosError, AxiosResponse } from 'axios'
import { FeedError } from '../core/price-feed.ts'
import { readErrorMessage } from './exchange-rates.ts'
import { readRetryAfter } from './retry-after.ts'

/** Who was asked: `of` begins a sentence, `host` is its name and port. */
export interface Asked {
  readonly of: string
  readonly host: string
}

/** Why an answer whose status is not 2xx is none. */
export function statusFailure(response: AxiosResponse<string>, asked: Asked & { readonly nowMs: number }): FeedError {
  const { status, headers } = response
  const retryAfterMs = readRetryAfter({ retryAfter: headers['retry-after'], date: headers['date'] }, asked.nowMs)
  const wait = retryAfterMs === undefined ? '' : `, and asks us to wait ${Math.ceil(retryAfterMs / 1000)} s`
  if (status === 429) {
    const message = `${asked.of} finds that we ask too often (HTTP 429)${wait}: other programs may ask from this address`
    return new FeedError('rate-limited', message, { retryAfterMs })
  }
  const says = readErrorMessage(response.data)
  const detail = says === undefined ? '' : ` ${says}`
  const hint = status >= 500 ? 'the fault is on its side' : 'check GP_PAIRS and GP_PRICEURL'
  return new FeedError('http-status', `${asked.of} answered HTTP ${status}${detail}${wait}: ${hint}`, { retryAfterMs })
}

/** Why a request ended without an answer. */
export function requestFailure(
  error: AxiosError,
  asked: Asked & {
    /** The host that did not answer, when it is another one than was asked first. */
    readonly redirectedTo: string | undefined
    readonly largestBodyBytes: number
  },
): FeedError {
  // The axios error itself carries the whole request, credentials included: nothing for a log.
  const options = error.cause === undefined ? {} : { cause: error.cause }
  // axios has a code for this, but shares it between several failures.
  if (error.message.startsWith('maxContentLength')) {
    const message = `${asked.of} answered with more than ${asked.largestBodyBytes} bytes: check GP_PRICEURL`
    return new FeedError('unexpected-shape', message)
  }
  const code = error.code ?? 'no code'
  switch (code) {
    case 'ERR_FR_TOO_MANY_REDIRECTS':
      return new FeedError('http-status', `${asked.of} redirects us in circles: check GP_PRICEURL`, options)
    case 'ERR_FR_REDIRECTION_FAILURE':
      return new FeedError('http-status', `${asked.of} redirects to where we do not follow: check GP_PRICEURL`, options)
    default:
      return new FeedError('unreachable', unreachableWords(code, asked), options)
  }
}

function unreachableWords(
  code: string,
  { of, host, redirectedTo }: Asked & { readonly redirectedTo: string | undefined },
): string {
  const there = redirectedTo ?? host
  const how = redirectedTo === undefined ? `(${code})` : `(${code}), where ${host} redirects us`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `The name of ${there} cannot be resolved ${how}: check connection and DNS of this machine, or GP_PRICEURL`
  }
  if (code === 'ECONNREFUSED') {
    return `Nobody listens at ${there} ${how}: start the price server, or correct GP_PRICEURL`
  }
  if (/CERT|SELF_SIGNED|TLS/.test(code)) {
    return `The certificate of ${there} is not trusted ${how}: check the clock of this machine, and who intercepts TLS`
  }
  return `${redirectedTo ?? of} cannot be reached, or broke off ${how}: check the connection of this machine and GP_PRICEURL`
}
