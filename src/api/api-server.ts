import type { ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { Gauges, Histograms } from '../core/measurements.ts'
import type { PriceReader } from '../core/price-reader.ts'
import { ClientBudget, clientOf } from './client-budget.ts'
import { EventRing } from './event-ring.ts'
import { EventStreams } from './event-streams.ts'
import { createFailureHandler } from './failures.ts'
import { createGatekeeper } from './gatekeeper.ts'
import { isLoopbackHost } from './host-check.ts'
import { closeServer, createApp } from './http-app.ts'
import { API_LIMITS, type ApiLimits } from './limits.ts'
import { type HttpAddress, listen } from './listening.ts'
import { eventJson } from './node-events.ts'
import { nodeRoutes } from './node-routes.ts'
import type { NodeView } from './node-view.ts'
import { openApiDocument, pathParameters, STREAM_PATH, STREAM_QUERY } from './openapi.ts'
import { priceRoutes } from './price-routes.ts'
import { priceJson } from './presentation.ts'
import { Problem } from './problem.ts'
import { RowTeller, type RowTellerComponents } from './row-teller.ts'
import type { ApiRequest, Route } from './route.ts'
import { PARAMETERS, type ParameterName, checkedSchema } from './parameters.ts'
import { type MetricsText, type Readiness, serviceRoutes } from './service-routes.ts'
import type { StaticFiles } from './static-files.ts'
import { documentRoute, staticRoutes } from './static-routes.ts'

export interface ApiComponents {
  readonly logger: Logger
  readonly clock: Clock
  readonly readiness: Readiness
  readonly counters: Counters
  readonly histograms?: Histograms | undefined
  readonly gauges?: Gauges | undefined
  /** What the node shows of itself; without it those routes say that there is nothing. */
  readonly view?: NodeView | undefined
  /** The table; none on a bootstrap node. */
  readonly prices?: PriceReader | undefined
  readonly metrics?: MetricsText | undefined
  /** The dashboard. */
  readonly files?: StaticFiles | undefined
}

export interface ApiOptions {
  readonly address: HttpAddress
  /** Of this software, for the document. */
  readonly version: string
  /** Names this run of the node in the ids of events: letters and digits, another one for every start. */
  readonly boot: string
  /** @default API_LIMITS */
  readonly limits?: Partial<ApiLimits>
}

export interface ApiServer {
  /** `http://HOST:PORT` */
  readonly url: string
  /** Ends streams and requests, within a second; idempotent. */
  close(): Promise<void>
}

/**
 * Serves the API, metrics, health and the dashboard.
 *
 * @throws {HttpAddressError} when no port of the address is free
 */
export async function startApiServer(components: ApiComponents, options: ApiOptions): Promise<ApiServer> {
  const { logger, clock, counters, gauges, view, prices } = components
  const limits = { ...API_LIMITS, ...options.limits }
  const gatekeeper = createGatekeeper(
    { budget: new ClientBudget({ clock }, limits) },
    { onlyThisMachine: isLoopbackHost(options.address.host), limits },
  )
  const fail = createFailureHandler({ logger })
  const app = createApp({ gatekeeper, fail }, limits)
  const ring = new EventRing({ boot: options.boot, limit: limits.events })
  const streams = new EventStreams({ clock, counters, ring }, limits)
  app.addHook('preValidation', readWholeNumbers)
  app.addHook('onResponse', createTally(components))
  for (const route of routesOf(components, options)) addRoute(app, route)
  addStream(app, { streams, isThere: view !== undefined })
  await app.ready()

  const url = await listen(app.server, options.address)
  app.server.on('error', (error) => logger.error('the HTTP server failed', { error }))
  const rows = prices && new RowTeller({ ...rowListeners({ ring, streams }), prices, clock, logger })
  const unsubscribe = view?.subscribe((event) => {
    if (event.kind === 'committed') {
      rows?.take(event.ids)
      return
    }
    try {
      const { name, data } = eventJson(event)
      ring.push(name, data)
      streams.publish()
    } catch (error) {
      // The node has other work than to be told of this.
      logger.error('an event could not be told: please report this', { kind: event.kind, error })
    }
  })
  const unwatch = gauges?.watch('gp_http_streams', () => streams.size)
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    unsubscribe?.()
    unwatch?.()
    rows?.close()
    streams.close()
    await closeServer(app.server, { clock, limits })
    await app.close()
  }
  return { url, close: () => (closed ??= close()) }
}

function rowListeners({
  ring,
  streams,
}: {
  readonly ring: EventRing
  readonly streams: EventStreams
}): Pick<RowTellerComponents, 'isFollowed' | 'tell' | 'onMissed'> {
  return {
    isFollowed: () => streams.isFollowed,
    tell(prices) {
      for (const price of prices) ring.push('price', priceJson(price))
      streams.publish()
    },
    onMissed() {
      if (streams.size === 0) ring.skip()
      else streams.reset()
    },
  }
}

function routesOf(components: ApiComponents, { version }: ApiOptions): readonly Route[] {
  const { readiness, metrics, view, prices, files = new Map() } = components
  const described: Route[] = [
    ...serviceRoutes({ readiness, metrics }),
    ...priceRoutes({ prices, view }),
    ...nodeRoutes({ view, prices }),
  ]
  const own = documentRoute(() => openApiDocument([...described, own], { version }))
  return [...described, own, ...staticRoutes(files)]
}

function addRoute(app: FastifyInstance, route: Route): void {
  app.route({
    method: 'GET',
    url: route.path.replaceAll(/\{(\w+)\}/g, ':$1'),
    schema: { querystring: objectOf(route.query ?? []), params: objectOf(pathParameters(route.path)) },
    config: { route },
    async handler(request, reply) {
      const { status = 200, type, body, headers = {} } = await route.handle(apiRequest(request))
      return reply.code(status).headers(headers).type(type).send(body)
    },
  })
}

function addStream(
  app: FastifyInstance,
  { streams, isThere }: { readonly streams: EventStreams; readonly isThere: boolean },
): void {
  app.route({
    method: 'GET',
    url: STREAM_PATH,
    schema: { querystring: objectOf(STREAM_QUERY) },
    config: { route: { query: STREAM_QUERY } },
    async handler(request, reply) {
      if (!isThere) throw new Problem(404, { detail: 'This node has nothing to tell.' })
      const client = clientOf(request.socket.remoteAddress)
      reply.header('x-accel-buffering', 'no').type('text/event-stream; charset=utf-8')
      if (request.method === 'HEAD') return reply.send('')
      streams.admit(client)
      const { lastEventId: asked } = request.query as { readonly lastEventId?: string }
      const lastEventId = request.headers['last-event-id']?.toString() ?? asked
      reply.hijack()
      writeHead(reply)
      streams.open(reply.raw, { client, lastEventId })
      return reply
    },
  })
}

function writeHead(reply: FastifyReply): void {
  const response: ServerResponse = reply.raw
  for (const [name, value] of Object.entries(reply.getHeaders()))
    if (value !== undefined) response.setHeader(name, value)
  response.writeHead(200)
}

function objectOf(names: readonly ParameterName[]): object {
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name, checkedSchema(name)])),
    additionalProperties: false,
  }
}

function apiRequest({ query, params, headers }: FastifyRequest): ApiRequest {
  return { parameters: { ...(query as object), ...(params as object) }, ifNoneMatch: headers['if-none-match'] }
}

/** Ajv would also take `0x10`, `1e2` and ` 5` for whole numbers. */
async function readWholeNumbers({ query, params }: FastifyRequest): Promise<void> {
  for (const values of [query, params] as Record<string, unknown>[]) {
    for (const [name, value] of Object.entries(values)) {
      const schema = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name as ParameterName] : undefined
      if (schema?.type === 'integer' && typeof value === 'string' && /^\d{1,15}$/.test(value)) {
        values[name] = Number(value)
      }
    }
  }
}

function createTally({ counters, histograms }: Pick<ApiComponents, 'counters' | 'histograms'>) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const { url: route = 'none' } = request.routeOptions
    counters.add('gp_http_requests_total', { route, status: String(reply.statusCode) })
    if (route !== STREAM_PATH) histograms?.observe('gp_http_request_seconds', reply.elapsedTime / 1_000, { route })
  }
}
