import { createServer } from 'node:net'
import { hasCode } from './operating-system.ts'

/**
 * A port of 127.0.0.1 that nobody listens on at this moment.
 *
 * @param wanted - the port to look at; 0 for any
 * @returns the port; undefined when `wanted` is taken
 */
export function freePort(wanted: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => (hasCode(error, 'EADDRINUSE') ? resolve(undefined) : reject(error)))
    server.listen({ port: wanted, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : wanted
      server.close(() => resolve(port))
    })
  })
}
