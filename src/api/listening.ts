import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'

export interface HttpAddress {
  readonly host: string
  readonly port: number
  /** How many ports to try, from `port` upwards; 1 when it must be this one. */
  readonly tries: number
}

/** The address for the HTTP server cannot be had. */
export class HttpAddressError extends Error {
  override readonly name = 'HttpAddressError'
}

/**
 * Finds out whether the HTTP server will be able to listen at exactly this address, before anything else is opened.
 *
 * @throws {HttpAddressError} when it will not
 */
export async function requireAddress({ host, port }: Pick<HttpAddress, 'host' | 'port'>): Promise<void> {
  const probe = createServer()
  await listen(probe, { host, port, tries: 1 })
  probe.close()
  await once(probe, 'close')
}

/**
 * Listens at the first free port of `address`.
 *
 * @returns `http://HOST:PORT`
 * @throws {HttpAddressError} when none is free
 */
export async function listen(server: Server, { host, port, tries }: HttpAddress): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      server.listen({ host, port: port + attempt })
      await once(server, 'listening')
      const bound = server.address() as AddressInfo
      return `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException
      if (code === 'EADDRINUSE' && attempt + 1 < tries) continue
      const why = code === 'EADDRINUSE' ? 'is in use: stop who uses it' : `cannot be had (${(cause as Error).message})`
      throw new HttpAddressError(`${host}:${port} ${why}, or set GP_HTTPADDR to another address`, { cause })
    }
  }
}
