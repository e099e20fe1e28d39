import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Clock } from '../core/clock.ts'
import { capConnections } from './connection-cap.ts'
import { type createFailureHandler, nothingHere, onClientError, refuseConnection } from './failures.ts'
import { ALLOWED, type createGatekeeper } from './gatekeeper.ts'
import type { ApiLimits } from './limits.ts'
import { MOMENT_FORMAT, readMoment } from './moment.ts'
import { Problem } from './problem.ts'

interface AppParts {
  readonly gatekeeper: ReturnType<typeof createGatekeeper>
  readonly fail: ReturnType<typeof createFailureHandler>
}

const FORMATS = { [MOMENT_FORMAT]: (text: string) => readMoment(text) !== undefined }

/** An HTTP server without routes, which looks at every request and answers every failure. */
export function createApp({ gatekeeper, fail }: AppParts, limits: ApiLimits): FastifyInstance {
  async function answerUnreadable(error: Error, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    try {
      if ((await gatekeeper(request, reply)) === undefined) fail(error, request, reply)
    } catch (reason) {
      fail(reason, request, reply)
    }
  }

  const app = fastify({
    logger: false,
    exposeHeadRoutes: true,
    return503OnClosing: false,
    bodyLimit: 1,
    routerOptions: { maxParamLength: limits.urlLength },
    connectionTimeout: limits.silenceMs,
    keepAliveTimeout: limits.keepAliveMs,
    requestTimeout: limits.requestTimeoutMs,
    maxRequestsPerSocket: limits.requestsPerConnection,
    http: {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1_000, limits.requestTimeoutMs),
      // Its absence is answered like every other fault.
      requireHostHeader: false,
    },
    clientErrorHandler: onClientError,
    // What has no readable address never reaches a hook.
    frameworkErrors: (error, request, reply) => void answerUnreadable(error, request, reply),
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        useDefaults: false,
        allErrors: true,
        formats: FORMATS,
      },
    },
  })
  capConnections(app.server, limits)
  answerRareRequests(app.server)
  app.addHook('onRequest', gatekeeper)
  app.setErrorHandler(fail)
  app.setNotFoundHandler(nothingHere)
  return app
}

/** What Node answers by itself, and without a word, is answered like everything else. */
function answerRareRequests(server: Server): void {
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    server.emit('request', request, response)
  }
  // Nobody is told to send on: a body is not read.
  server.on('checkContinue', answer)
  server.on('checkExpectation', answer)
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => {
    refuseConnection(socket, new Problem(405, { detail: 'Only GET is served.', headers: { allow: ALLOWED } }))
  })
}

/** Takes nothing new; what is under way has a moment to end. */
export async function closeServer(
  server: Server,
  { clock, limits }: { readonly clock: Clock; readonly limits: ApiLimits },
): Promise<void> {
  if (!server.listening) return
  const closed = new Promise((resolve) => server.close(resolve))
  server.closeIdleConnections()
  const cancel = clock.after(limits.closeMs, () => server.closeAllConnections())
  await closed
  cancel()
}
