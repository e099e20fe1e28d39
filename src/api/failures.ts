import type { Duplex } from 'node:stream'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import type { Logger } from '../core/logger.ts'
import { PARAMETER_WORDS, type ParameterName } from './parameters.ts'
import { type ParameterFault, Problem, PROBLEM_TYPE, badParameter, problemDocument } from './problem.ts'

/** How many faults of one request are told. */
const FAULTS_LIMIT = 8

/** Answers a request that failed. What went wrong inside is for the log, not for who asked. */
export function createFailureHandler({ logger }: { readonly logger: Logger }) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = asProblem(error, request)
    if (problem.status === 500) {
      logger.error('a request could not be answered: please report this', { path: request.routeOptions.url, error })
    } else if (problem.cause !== undefined) {
      logger.debug('a request was not answered', { path: request.routeOptions.url, error: problem.cause })
    }
    // As bytes: to text of this type fastify would add a charset, which it has none of.
    const body = Buffer.from(JSON.stringify(problemDocument(problem)))
    reply.code(problem.status).headers(problem.headers).type(PROBLEM_TYPE).send(body)
  }
}

export function nothingHere(): never {
  throw new Problem(404, { detail: 'There is nothing at this address: /openapi.json lists what there is.' })
}

function asProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  const { validation, code, statusCode } = error as Partial<FastifyError>
  if (validation !== undefined) return badParameters(validation, request)
  if (code === 'FST_ERR_BAD_URL') return new Problem(400, { detail: 'The address cannot be read.' })
  if (code === 'FST_ERR_MAX_PARAM_LENGTH' || statusCode === 414) {
    return new Problem(414, { detail: 'A part of the address is too long.' })
  }
  return new Problem(500, { detail: 'This node made a mistake; its log says more.' })
}

function badParameters(
  validation: NonNullable<FastifyError['validation']>,
  { routeOptions, query }: FastifyRequest,
): Problem {
  const given = new Map<string, unknown>(Object.entries(query ?? {}))
  const known = routeOptions.config.route?.query ?? []
  const faults = validation.map(({ instancePath, keyword, params }): ParameterFault => {
    if (keyword === 'additionalProperties') {
      const list = known.length === 0 ? 'there are none' : `there are ${known.join(', ')}`
      return { parameter: String(params['additionalProperty']).slice(0, 64), detail: `it is unknown; ${list}` }
    }
    const parameter = instancePath.slice(1)
    if (Array.isArray(given.get(parameter))) return { parameter, detail: 'it is given more than once' }
    const words = PARAMETER_WORDS[parameter as ParameterName]
    return { parameter, detail: `it must be ${words}${hintOf(given.get(parameter))}` }
  })
  // What is wrong in two ways is told once.
  const errors = [...new Map(faults.map((fault) => [fault.parameter, fault])).values()].slice(0, FAULTS_LIMIT)
  const [only, ...others] = errors
  if (only !== undefined && others.length === 0) return badParameter(only.parameter, only.detail)
  const names = errors.map(({ parameter }) => parameter).join(', ')
  return new Problem(400, { detail: `The request has parameters that are wrong: ${names}.`, errors })
}

/** The plus sign of an offset comes as a space where it is not encoded. */
function hintOf(value: unknown): string {
  return / \d\d:\d\d$/.test(String(value)) ? '; write the + of an offset as %2B' : ''
}

/** Ends a connection with a problem, where there is no reply to send it by. */
export function refuseConnection(socket: Duplex, problem: Problem): void {
  const document = problemDocument(problem)
  const body = JSON.stringify(document)
  const headers = { ...problem.headers, 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', connection: 'close' }
  const head = [
    `HTTP/1.1 ${document.status} ${document.title}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

const CONNECTION_PROBLEMS: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: new Problem(431, { detail: 'The headers are too large.' }),
  ERR_HTTP_REQUEST_TIMEOUT: new Problem(408, { detail: 'The request took too long to come.' }),
}

/** Answers what is no request at all, and ends the connection. */
export function onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.destroyed || error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const problem =
    CONNECTION_PROBLEMS[error.code ?? ''] ?? new Problem(400, { detail: 'This is no request that can be read.' })
  refuseConnection(socket, problem)
}
