import { once } from 'node:events'
import { type IncomingMessage, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { simulatedRates } from './simulated-prices.ts'

const CURRENCY = /^[A-Z0-9]{1,16}$/

export interface SimulatedPriceServerOptions {
  /** Names the walk: servers with the same seed serve the same prices. */
  readonly seed: string | number
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
}

export interface SimulatedPriceServer {
  /** The base URL, as GP_PRICEURL takes it. */
  readonly url: string
  readonly port: number
  /** Resolves when the port is free again; open connections are cut. */
  close(): Promise<void>
}

export type SimulatedPriceServerErrorCode = 'port-in-use' | 'cannot-listen'

/** The server of simulated prices could not be started. The message says what to do. */
export class SimulatedPriceServerError extends Error {
  override readonly name = 'SimulatedPriceServerError'
  readonly code: SimulatedPriceServerErrorCode

  constructor(code: SimulatedPriceServerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/**
 * Serves {@link simulatedRates} over HTTP in Coinbase's format, for whoever has no connection to Coinbase.
 *
 * - `GET /v2/exchange-rates?currency=ETH`: `{"data":{"currency":"ETH","rates":{"USD":"3021.45",…}}}`
 * - `GET /livez`: 200, for health checks
 *
 * @throws {SimulatedPriceServerError}
 */
export async function startSimulatedPriceServer(
  components: { readonly clock: Clock; readonly logger: Logger },
  options: SimulatedPriceServerOptions,
): Promise<SimulatedPriceServer> {
  const { clock, logger } = components
  const server = createServer((request, response) => {
    respond(request, response, { seed: options.seed, timeMs: clock.now().wallMs })
  })
  server.listen(options.port, options.host)
  await once(server, 'listening').catch((error: unknown) => {
    throw listenError(error, options)
  })
  server.on('error', (error) => logger.error('The server of simulated prices has a fault: restart it', { error }))

  const { port } = server.address() as AddressInfo
  const url = `http://${options.host.includes(':') ? `[${options.host}]` : options.host}:${port}`
  let closed: Promise<unknown> | undefined
  return {
    url,
    port,
    async close() {
      if (closed === undefined) {
        closed = once(server, 'close')
        server.close()
        server.closeAllConnections()
      }
      await closed
    },
  }
}

function respond(
  request: IncomingMessage,
  response: ServerResponse,
  at: { readonly seed: string | number; readonly timeMs: number },
): void {
  if (request.method !== 'GET') {
    response.setHeader('allow', 'GET')
    sendError(response, { status: 405, id: 'method_not_allowed', message: 'Only GET is answered' })
    return
  }
  const url = URL.parse(request.url ?? '', 'http://localhost') ?? new URL('http://localhost')
  switch (url.pathname) {
    case '/livez':
      send(response, { status: 200, body: { status: 'ok' } })
      return
    case '/v2/exchange-rates': {
      const currencies = url.searchParams.getAll('currency')
      const [currency = ''] = currencies
      if (currencies.length !== 1 || !CURRENCY.test(currency)) {
        const message = 'Name one currency, as ?currency=ETH: 1 to 16 capital letters or digits'
        sendError(response, { status: 400, id: 'invalid_request', message })
        return
      }
      send(response, { status: 200, body: { data: { currency, rates: simulatedRates(currency, at) } } })
      return
    }
    default:
      sendError(response, { status: 404, id: 'not_found', message: 'Ask for /v2/exchange-rates?currency=ETH' })
  }
}

function sendError(
  response: ServerResponse,
  error: { readonly status: number; readonly id: string; readonly message: string },
): void {
  send(response, { status: error.status, body: { errors: [{ id: error.id, message: error.message }] } })
}

function send(response: ServerResponse, answer: { readonly status: number; readonly body: object }): void {
  response.writeHead(answer.status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(answer.body))
}

function listenError(error: unknown, options: SimulatedPriceServerOptions): SimulatedPriceServerError {
  const where = `${options.host}:${options.port}`
  if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
    const message = `The port of the simulated prices, ${where}, is in use: stop what holds it, or choose another`
    return new SimulatedPriceServerError('port-in-use', message, { cause: error })
  }
  return new SimulatedPriceServerError('cannot-listen', `Simulated prices cannot be served at ${where}`, {
    cause: error,
  })
}
