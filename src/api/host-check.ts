import { BlockList, isIP, isIPv6 } from 'node:net'

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4')
LOOPBACK.addAddress('::1', 'ipv6')

/** Whether only this machine can connect to `host`, as far as its spelling tells. */
export function isLoopbackHost(host: string): boolean {
  const name = host.toLowerCase()
  if (isIP(name) !== 0) return LOOPBACK.check(name, isIPv6(name) ? 'ipv6' : 'ipv4')
  return name === 'localhost' || name.endsWith('.localhost')
}

/**
 * Whether a request's Host header names this machine by itself. A page from elsewhere can have its own name lead to
 * 127.0.0.1 and then read what only this machine should see; the header still says that name.
 *
 * @param header - `HOST` or `HOST:PORT`
 */
export function namesThisMachine(header: string | undefined): boolean {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([^:[\]]+))(?::\d{1,5})?$/i.exec(header ?? '') ?? []
  return isLoopbackHost(bracketed ?? plain ?? '')
}
