import { once } from 'node:events'
import { createServer } from 'node:net'

const HOST = '127.0.0.1'
const FIRST_PORT = 8_000
const HIGHEST_PORT = 65_535

/** The ports that a cluster needs cannot be had. */
export class PortError extends Error {
  override readonly name = 'PortError'
}

/**
 * The first of `count` neighbouring ports of the loopback address that nobody listens on.
 *
 * @param base - where they must begin; undefined: the first place at or above `from`
 * @throws {PortError}
 */
export async function findPorts(count: number, base: number | undefined, from = FIRST_PORT): Promise<number> {
  if (base !== undefined) {
    const taken = await lastTaken(count, base)
    if (taken === undefined) return base
    throw new PortError(`port ${taken} is in use: stop who uses it, or choose other ports with --port-base`)
  }
  for (let first = from; first + count - 1 <= HIGHEST_PORT;) {
    const taken = await lastTaken(count, first)
    if (taken === undefined) return first
    first = taken + 1
  }
  throw new PortError(`there are no ${count} free ports side by side from ${from} on`)
}

async function lastTaken(count: number, first: number): Promise<number | undefined> {
  for (let port = first + count - 1; port >= first; port--) if (!(await isPortFree(port))) return port
  return undefined
}

async function isPortFree(port: number): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ host: HOST, port, exclusive: true })
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
