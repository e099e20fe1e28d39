import { multiaddr } from '@multiformats/multiaddr'

/** More addresses of one peer than this are not worth trying, nor keeping for a stranger. */
export const ADDRESSES_LIMIT = 8

/** What one connection tells about where its peer is to be found. */
export interface Sighting {
  readonly direction: 'inbound' | 'outbound'
  /** The other end of the connection: what was dialled, or where the peer dialled from. */
  readonly remote: string
  /** What the peer says it listens on. */
  readonly announced: readonly string[]
}

/**
 * The addresses worth keeping of a peer, best first: the one that was dialled and worked, then what it announces on
 * the host that it was seen on, then the rest. A loopback address of another machine is our own, so it counts only
 * for a peer that was seen on that loopback address, and what is no name of a host for none: it would reach terminals.
 *
 * @returns multiaddrs without `/p2p/…`, at most {@link ADDRESSES_LIMIT}
 */
export function addressesWorthKeeping({ direction, remote, announced }: Sighting): string[] {
  const seenOn = hostOf(remote)
  const reachable = announced.map(withoutPeerId).filter((address) => {
    if (!/^[!-~]+$/.test(address) || !address.includes('/tcp/') || address.includes('/p2p-circuit')) return false
    return !isLoopback(address) || hostOf(address) === seenOn
  })
  const here = reachable.filter((address) => hostOf(address) === seenOn)
  const best = direction === 'outbound' ? [withoutPeerId(remote)] : []
  return [...new Set([...best, ...here, ...reachable])].slice(0, ADDRESSES_LIMIT)
}

/** The address as the transport dials it: what follows `/p2p/` names a peer, not a place. */
export function withoutPeerId(address: string): string {
  return address.replace(/\/p2p\/[^/]+$/, '')
}

/** The peer that an address is said to lead to; undefined when it does not say. */
export function peerIdIn(address: string): string | undefined {
  return /\/p2p\/([^/]+)$/.exec(address)?.[1]
}

export function isLoopback(address: string): boolean {
  const host = hostOf(address)
  return host === '::1' || host === 'localhost' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function hostOf(address: string): string {
  return multiaddr(address).getComponents()[0]?.value ?? ''
}
