import { once } from 'node:events'
import { type ServerResponse, createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { SAMPLE_RATES } from './coinbase-rates.ts'

/** One request as the stand-in received it. */
export interface StandInRequest {
  /** Its `currency` parameter. */
  readonly base: string
  readonly path: string
  readonly userAgent: string | undefined
  /** Wall clock of the machine, milliseconds since the Unix epoch. */
  readonly atMs: number
  /** Resolves when the connection is gone, whoever closed it. */
  readonly gone: Promise<unknown>
}

/** What an answer is made from: the rates as they stand now, and where to write. */
export interface Exchange {
  readonly base: string
  readonly rates: Readonly<Record<string, string>>
  readonly response: ServerResponse
  /** Runs `task` later, unless the stand-in is closed first. */
  readonly later: (delayMs: number, task: () => void) => void
}

/** A scripted answer to one request; {@link answers} makes them. */
export type Answer = (exchange: Exchange) => void

/** A server that stands in for Coinbase: it answers as it is told, and remembers what it was asked. */
export interface CoinbaseStandIn {
  /** For GP_PRICEURL. */
  readonly url: string
  readonly requests: readonly StandInRequest[]
  /** What sound answers say from now on, as `setPrice('ETH-USD', '3021.455')`. */
  setPrice(pair: string, price: string): void
  /** Answers for the next requests, one each, in this order; after them {@link always} holds again. */
  next(...script: readonly Answer[]): void
  /** The answer to every request that has none scripted; `answers.ok()` at first. */
  always(answer: Answer): void
  /** Resolves when this many requests have arrived since the start. */
  requested(count: number): Promise<void>
  close(): Promise<void>
}

/** Starts a stand-in on a free port of 127.0.0.1. It serves every path. */
export async function startCoinbaseStandIn(): Promise<CoinbaseStandIn> {
  const prices = new Map<string, string>()
  const script: Answer[] = []
  const requests: StandInRequest[] = []
  const awaited: { readonly count: number; readonly arrived: () => void }[] = []
  const timers = new Set<NodeJS.Timeout>()
  let always = answers.ok()

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stand-in')
    const base = url.searchParams.get('currency') ?? 'USD'
    const rates: Record<string, string> = { ...SAMPLE_RATES, [base]: '1.0' }
    for (const [pair, price] of prices) if (pair.startsWith(`${base}-`)) rates[pair.slice(base.length + 1)] = price
    requests.push({
      base,
      path: url.pathname,
      userAgent: request.headers['user-agent'],
      atMs: Date.now(),
      gone: goneOf(request.socket),
    })
    const answer = script.shift() ?? always
    answer({
      base,
      rates,
      response,
      later(delayMs, task) {
        const timer = setTimeout(() => {
          timers.delete(timer)
          task()
        }, delayMs)
        timers.add(timer)
      },
    })
    for (const { count, arrived } of awaited) if (requests.length >= count) arrived()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    setPrice(pair, price) {
      prices.set(pair, price)
    },
    next(...more) {
      script.push(...more)
    },
    always(answer) {
      always = answer
    },
    requested(count) {
      if (requests.length >= count) return Promise.resolve()
      return new Promise((arrived) => awaited.push({ count, arrived }))
    },
    async close() {
      if (!server.listening) return
      for (const timer of timers) clearTimeout(timer)
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Everything a price source can do to us. */
export const answers = {
  /** A sound answer with the prices set so far; or with another USD price, this once. */
  ok(usd?: string): Answer {
    return ({ base, rates, response }) => {
      sendJson(response, { data: { currency: base, rates: usd === undefined ? rates : { ...rates, USD: usd } } })
    }
  },
  /** Sound but for the USD rate, which is any JSON value: `''`, `'NaN'`, `3021.455`, `null`. */
  usd(rate: unknown): Answer {
    return ({ base, rates, response }) =>
      sendJson(response, { data: { currency: base, rates: { ...rates, USD: rate } } })
  },
  /** Sound, but without this quote currency. */
  without(quote: string): Answer {
    return ({ base, rates, response }) => {
      const { [quote]: _left, ...rest } = rates
      sendJson(response, { data: { currency: base, rates: rest } })
    }
  },
  /** Sound, but for another base currency than was asked for. */
  otherCurrency(currency: string): Answer {
    return ({ rates, response }) => sendJson(response, { data: { currency, rates } })
  },
  /** JSON of any shape. */
  json(body: unknown): Answer {
    return ({ response }) => sendJson(response, body)
  },
  /** Any text with status 200. */
  text(body: string): Answer {
    return ({ response }) => send(response, { status: 200, type: 'application/json', body })
  },
  html(): Answer {
    const body = '<!DOCTYPE html><html lang="en"><head><title>Just a moment...</title></head></html>'
    return ({ response }) => send(response, { status: 200, type: 'text/html; charset=UTF-8', body })
  },
  /** A failure with Coinbase's own error body. */
  status(status: number, message = 'Something went wrong'): Answer {
    const body = JSON.stringify({ errors: [{ id: 'failure', message }] })
    return ({ response }) => send(response, { status, type: 'application/json', body })
  },
  /** @param retryAfter - the header as sent: seconds or an HTTP date; none when left out */
  tooManyRequests(retryAfter?: string, date?: string): Answer {
    return ({ response }) => {
      if (retryAfter !== undefined) response.setHeader('retry-after', retryAfter)
      if (date !== undefined) response.setHeader('date', date)
      const body = JSON.stringify({ errors: [{ id: 'rate_limit_exceeded', message: 'Too many requests' }] })
      send(response, { status: 429, type: 'application/json', body })
    }
  },
  redirect(location: string): Answer {
    return ({ response }) => {
      response.setHeader('location', location)
      send(response, { status: 302, type: 'text/plain', body: '' })
    }
  },
  /** A sound answer, padded to this many bytes and more. */
  oversize(bytes: number): Answer {
    return ({ base, rates, response }) => {
      sendJson(response, { data: { currency: base, rates: { ...rates, PADDING: '0'.repeat(bytes) } } })
    }
  },
  /** Headers, then a byte of white space each 10 ms for ever: never silent, never done. */
  drip(onByte: (bytes: number) => void = () => {}): Answer {
    return ({ response, later }) => {
      let bytes = 0
      const dripOne = (): void => {
        if (response.destroyed) return
        response.write(' ')
        onByte(++bytes)
        later(10, dripOne)
      }
      response.writeHead(200, { 'content-type': 'application/json' })
      dripOne()
    }
  },
  /** Half an answer, then the connection is cut. */
  breakOff(): Answer {
    return ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 })
      response.write('{"data":', () => response.destroy())
    }
  },
  /** No answer at all. */
  hang(): Answer {
    return () => {}
  },
  delayed(delayMs: number, answer: Answer): Answer {
    return (exchange) => exchange.later(delayMs, () => answer(exchange))
  },
}

function sendJson(response: ServerResponse, body: unknown): void {
  send(response, { status: 200, type: 'application/json; charset=utf-8', body: JSON.stringify(body) })
}

function send(
  response: ServerResponse,
  answer: { readonly status: number; readonly type: string; readonly body: string },
): void {
  response.writeHead(answer.status, { 'content-type': answer.type })
  response.end(answer.body)
}

function goneOf(socket: Socket): Promise<unknown> {
  return new Promise((resolve) => socket.once('close', resolve))
}
