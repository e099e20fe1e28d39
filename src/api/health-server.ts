import { once } from 'node:events'
import { type Server, type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Logger } from '../core/logger.ts'

/** Why a node cannot do its work now, a sentence each; none when it can. */
export type Readiness = () => readonly string[]

export interface HealthServer {
  /** `http://HOST:PORT` */
  readonly url: string
  close(): Promise<void>
}

export interface HealthAddress {
  readonly host: string
  readonly port: number
  /** How many ports to try, from `port` upwards; 1 when it must be this one. */
  readonly tries: number
}

/** The address for the HTTP server cannot be had. */
export class HealthServerError extends Error {
  override readonly name = 'HealthServerError'
}

/**
 * Serves `/livez` (200 while the process runs) and `/readyz` (200, or 503 with one reason a line).
 *
 * @throws {HealthServerError} when no port of `address` is free
 */
export async function startHealthServer(
  { logger, readiness }: { readonly logger: Logger; readonly readiness: Readiness },
  address: HealthAddress,
): Promise<HealthServer> {
  const server = createServer({ requestTimeout: 5_000, headersTimeout: 5_000 }, (request, response) => {
    const path = request.url?.split('?')[0]
    if (request.method !== 'GET' && request.method !== 'HEAD') answer(response, 405, ['only GET is served'])
    else if (path === '/livez') answer(response, 200, ['live'])
    else if (path === '/readyz') {
      const reasons = readiness()
      answer(response, reasons.length === 0 ? 200 : 503, reasons.length === 0 ? ['ready'] : reasons)
    } else answer(response, 404, ['only /livez and /readyz are served'])
  })
  server.maxConnections = 64
  await listen(server, address)
  server.on('error', (error) => logger.error('the HTTP server failed', { error }))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${address.host.includes(':') ? `[${address.host}]` : address.host}:${port}`,
    async close() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(response: ServerResponse, status: number, lines: readonly string[]): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' })
  response.end(`${lines.join('\n')}\n`)
}

async function listen(server: Server, { host, port, tries }: HealthAddress): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      server.listen({ host, port: port + attempt })
      await once(server, 'listening')
      return
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && attempt + 1 < tries) continue
      const why = code === 'EADDRINUSE' ? 'is in use: stop who uses it' : `cannot be had (${(cause as Error).message})`
      throw new HealthServerError(`${host}:${port} ${why}, or set GP_HTTPADDR to another address`, { cause })
    }
  }
}
