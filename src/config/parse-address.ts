import { isIP } from 'node:net'
import { peerIdFromString } from '@libp2p/peer-id'
import { type Component, multiaddr } from '@multiformats/multiaddr'
import { nearest } from './nearest.ts'
import { type Parse, type Parsed, fault, parseInteger, parseList } from './parse.ts'

const LISTEN = 'a multiaddr to listen on, as /ip4/0.0.0.0/tcp/8000'
const DIAL = 'a multiaddr to dial, as /ip4/192.0.2.7/tcp/8000 or /dns4/HOST/tcp/8000/p2p/PEER-ID'
const HOSTS = new Set(['ip4', 'ip6', 'dns', 'dns4', 'dns6'])

/** Multiaddrs of this machine: an IP address and a TCP port, 0 for any free one. */
export const parseListenAddresses: Parse<readonly string[]> = parseList((text) => {
  const components = readMultiaddr(text)
  if (typeof components === 'string') return fault(`${LISTEN} (${components})`, asMultiaddr(text))
  const [host, tcp, ...rest] = components
  if (host?.name !== 'ip4' && host?.name !== 'ip6') return fault(LISTEN)
  return tcp?.name === 'tcp' && rest.length === 0 ? { value: text } : fault(LISTEN)
})

/** Multiaddrs of other nodes: an IP address or a name, a TCP port, and perhaps a peer id. */
export const parseDialAddresses: Parse<readonly string[]> = parseList((text) => {
  const components = readMultiaddr(text)
  if (typeof components === 'string') return fault(`${DIAL} (${components})`, asMultiaddr(text))
  const [host, tcp, p2p, ...rest] = components
  if (host === undefined || !HOSTS.has(host.name) || tcp?.name !== 'tcp' || rest.length > 0) return fault(DIAL)
  if (host.name.startsWith('dns') && !isHostname(host.value ?? '')) return fault(`${DIAL} (no such host name)`)
  if (tcp.value === '0') return fault(`${DIAL} (port 0 cannot be dialled)`)
  if (p2p !== undefined && (p2p.name !== 'p2p' || peerIdOf(p2p.value ?? '') === undefined))
    return fault(`${DIAL} (no such peer id)`)
  return { value: text }
})

/** Peer ids, as they stand after /p2p/ in an address. */
export const parsePeerIds: Parse<readonly string[]> = parseList((text) => {
  const value = peerIdOf(text)
  return value === undefined ? fault('a peer id, as it stands after /p2p/ in an address') : { value }
})

/** Where the HTTP API listens: off, exactly here, or on the first free port from here. */
export type HttpAddress =
  | { readonly kind: 'off' }
  | { readonly kind: 'exact' | 'first-free'; readonly host: string; readonly port: number }

const parsePort = parseInteger({ from: 0, to: 65_535 })

/** `HOST:PORT`, `[IPV6]:PORT`, or `:PORT` for all of the machine's addresses. */
export const parseHttpAddress: Parse<HttpAddress> = (text, files) => {
  const match = /^(?:\[([^\]]*)\]|([^:/\s]*)):(\d+)$/.exec(text)
  const host = match?.[1] ?? (match?.[2] === '' ? '::' : match?.[2]) ?? ''
  const port = parsePort(match?.[3] ?? '', files)
  const known = match?.[1] === undefined ? isIP(host) > 0 || isHostname(host) : isIP(host) === 6
  return known && 'value' in port
    ? { value: { kind: 'exact', host, port: port.value } }
    : fault('HOST:PORT, as 127.0.0.1:8080, or nothing at all for no HTTP')
}

/** An absolute URL of one of `schemes`. */
export function parseUrl(schemes: readonly string[]): Parse<URL> {
  const expected = `a URL that begins with ${schemes.map((scheme) => `${scheme}://`).join(' or ')}`
  return (text) => {
    const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase()
    if (scheme === undefined) return fault(expected)
    if (!schemes.includes(scheme)) return fault(expected, nearest(scheme, schemes))
    return readUrl(text, expected)
  }
}

function readUrl(text: string, expected: string): Parsed<URL> {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) {
    return fault(`${expected}; in a password, / ? # and @ are written %2F %3F %23 and %40`)
  }
  if (url.hostname === '' && !url.searchParams.has('host')) return fault(`${expected}, and then a host`)
  if (url.hash !== '') return fault(`${expected}, without #; in a password it is written %23`)
  return { value: url }
}

/** Peer ids and what holds them are shorter; reading them takes time that grows with the square of their length. */
const ADDRESS_LIMIT = 1_000

function readMultiaddr(text: string): readonly Component[] | string {
  if (text.length > ADDRESS_LIMIT) return `longer than ${ADDRESS_LIMIT} characters`
  try {
    const address = multiaddr(text)
    return address.getComponents()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The multiaddr that somebody means who writes HOST:PORT. */
function asMultiaddr(text: string): string | undefined {
  const [, host, port] = /^([^:/\s]+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined) return undefined
  return isIP(host) === 4 ? `/ip4/${host}/tcp/${port}` : `/dns4/${host}/tcp/${port}`
}

/** A peer id has several spellings; this is the one that libp2p prints. */
function peerIdOf(text: string): string | undefined {
  if (text.length > ADDRESS_LIMIT) return undefined
  try {
    return peerIdFromString(text).toString()
  } catch {
    return undefined
  }
}

function isHostname(text: string): boolean {
  return /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*\.?$/i.test(text)
}
