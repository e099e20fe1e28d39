import type { FastifyReply, FastifyRequest } from 'fastify'
import { type ClientBudget, clientOf } from './client-budget.ts'
import { namesThisMachine } from './host-check.ts'
import type { ApiLimits } from './limits.ts'
import { Problem } from './problem.ts'
import type { Route } from './route.ts'
import { PREFLIGHT_HEADERS, SECURITY_HEADERS, SHARED_HEADERS } from './security-headers.ts'

/** The methods that are served. */
export const ALLOWED = 'GET, HEAD, OPTIONS'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What the request is for; undefined where there is nothing. */
    route?: Pick<Route, 'cost' | 'shared' | 'query'>
  }
}

export interface GatekeeperOptions {
  /** Only requests that name this machine are answered. */
  readonly onlyThisMachine: boolean
  readonly limits: Pick<ApiLimits, 'urlLength'>
}

/** Looks at every request before anything else does: sends away what is not served, whoever it is for. */
export function createGatekeeper({ budget }: { readonly budget: ClientBudget }, options: GatekeeperOptions) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> => {
    const route = request.routeOptions.config.route
    reply.headers({ ...SECURITY_HEADERS, 'cache-control': 'no-store' })
    refuseHosts(request)
    if (options.onlyThisMachine && !namesThisMachine(request.headers.host)) {
      const detail = 'This node answers this machine alone, as localhost or 127.0.0.1; GP_HTTPADDR opens it to others.'
      throw new Problem(421, { detail })
    }
    refuseBody(request)
    const seconds = budget.spend(clientOf(request.socket.remoteAddress), route?.cost ?? 1)
    if (seconds > 0) {
      const detail = `You ask too often: come back in ${seconds} s.`
      throw new Problem(429, { detail, headers: { 'retry-after': String(seconds) } })
    }
    const target = request.raw.url ?? ''
    if (target.length > options.limits.urlLength) {
      throw new Problem(414, { detail: `The address has more than ${options.limits.urlLength} characters.` })
    }
    if (request.method === 'OPTIONS') {
      return reply
        .code(204)
        .headers({ allow: ALLOWED, ...(isShared(target) ? PREFLIGHT_HEADERS : {}) })
        .send()
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw new Problem(405, { detail: 'Only GET is served.', headers: { allow: ALLOWED } })
    }
    if (route?.shared === true) reply.headers(SHARED_HEADERS)
    return undefined
  }
}

/** @throws {Problem} as RFC 9112 wants it: without a Host nobody knows who is meant, with two neither */
function refuseHosts({ raw }: FastifyRequest): void {
  const hosts = raw.rawHeaders.filter((name, index) => index % 2 === 0 && name.toLowerCase() === 'host').length
  if (hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0')) return
  throw new Problem(400, { detail: 'A request has one Host header.', headers: { connection: 'close' } })
}

/** @throws {Problem} when something follows the head: it is not read, so the connection cannot go on */
function refuseBody({ headers }: FastifyRequest): void {
  const { 'content-length': length = '0', 'transfer-encoding': encoding } = headers
  if (length === '0' && encoding === undefined) return
  throw new Problem(400, { detail: 'A request has no body here.', headers: { connection: 'close' } })
}

/** Whether some route at this address may be shared; which one it is, a browser that asks first does not need to know. */
function isShared(target: string): boolean {
  return /^\/(?:v1\/(?:prices|rounds)|openapi\.json)(?:[/?]|$)/.test(target)
}
