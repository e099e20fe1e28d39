import { STATUS_CODES } from 'node:http'
import { PROBLEM_TYPE } from './problem.ts'
import type { Route } from './route.ts'
import { PARAMETERS, type ParameterName } from './parameters.ts'
import { EVENT_SCHEMAS, SCHEMAS, schemaRef } from './schemas.ts'

/** Where events are streamed. */
export const STREAM_PATH = '/v1/stream'

/** Parameters of the stream. */
export const STREAM_QUERY: readonly ParameterName[] = ['lastEventId']

/** What any request may be answered with. */
const ANYWHERE = [400, 405, 408, 414, 421, 429, 431, 500] as const

type Json = Readonly<Record<string, unknown>>

/** The OpenAPI 3.1 document of these routes and of the stream. */
export function openApiDocument(routes: readonly Route[], { version }: { readonly version: string }): Json {
  const paths = Object.fromEntries(routes.map((route) => [route.path, { get: operation(route) }]))
  return {
    openapi: '3.1.0',
    info: {
      title: 'gossip-price',
      version,
      summary: 'Prices signed by many, each with its proof',
      description:
        'Prices are exact decimal text. Times are RFC 3339 in UTC. Ids, addresses and signatures are 0x and lower-case ' +
        'hexadecimal digits. What is signed is EIP-712 typed data: a proof can be checked without trusting this server.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    paths: { ...paths, [STREAM_PATH]: { get: STREAM } },
    components: { schemas: SCHEMAS },
  }
}

/** The names in the braces of a path. */
export function pathParameters(path: string): readonly ParameterName[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as ParameterName)
}

function operation({ path, summary, query = [], answers, problems = [] }: Route): Json {
  const content =
    'schema' in answers
      ? { 'application/json': { schema: schemaRef(answers.schema) } }
      : { [answers.type]: { schema: { type: 'string' } } }
  return {
    operationId: operationId(path),
    summary,
    parameters: [
      ...pathParameters(path).map((name) => parameter(name, 'path')),
      ...query.map((name) => parameter(name, 'query')),
    ],
    responses: {
      200: { description: summary, content },
      ...(path === '/openapi.json' ? { 304: { description: 'It is what If-None-Match names' } } : {}),
      ...(path === '/readyz' ? { 503: { description: 'One reason a line', content } } : {}),
      ...problemResponses([...ANYWHERE, ...problems]),
    },
  }
}

function parameter(name: ParameterName, place: 'path' | 'query'): Json {
  const { description, ...schema } = PARAMETERS[name]
  return { name, in: place, required: place === 'path', description, schema }
}

function problemResponses(statuses: readonly number[]): Json {
  const content = { [PROBLEM_TYPE]: { schema: schemaRef('Problem') } }
  return Object.fromEntries(
    statuses.map((status) => {
      const headers = PROBLEM_HEADERS[status]
      const described = headers === undefined ? {} : { headers }
      return [status, { description: STATUS_CODES[status] ?? 'Error', ...described, content }]
    }),
  )
}

const RETRY_AFTER: Json = {
  'Retry-After': { description: 'Seconds until it is worth asking again', required: true, schema: { type: 'integer' } },
}

const PROBLEM_HEADERS: Readonly<Record<number, Json>> = {
  405: { Allow: { description: 'What is served', required: true, schema: { type: 'string' } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
}

function operationId(path: string): string {
  const words = path.replace(/^\/v1/, '').match(/[a-z]+/g) ?? []
  return words.map((word, index) => (index === 0 ? word : word.charAt(0).toUpperCase() + word.slice(1))).join('')
}

const STREAM: Json = {
  operationId: 'stream',
  summary: 'What happens, as it happens: server-sent events',
  description:
    'Events: `price` (in the table now), `statement` (new, or in another phase), `signature`, `refusal`, `node` (a status ' +
    'was heard, or a node has gone), `peer`, `health`. With Last-Event-ID it goes on after that event; when events in ' +
    'between are lost, the first is `reset`: read again what you show. A comment comes every 15 s.',
  parameters: [
    {
      name: 'Last-Event-ID',
      in: 'header',
      required: false,
      description: 'The id of the last event that was seen; browsers send it by themselves',
      schema: { type: 'string' },
    },
    ...STREAM_QUERY.map((name) => parameter(name, 'query')),
  ],
  responses: {
    200: { description: 'Events without end', content: { 'text/event-stream': { schema: { type: 'string' } } } },
    ...problemResponses([...ANYWHERE, 404, 503]),
  },
  'x-events': Object.fromEntries(Object.entries(EVENT_SCHEMAS).map(([event, name]) => [event, schemaRef(name)])),
}
