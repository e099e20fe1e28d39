import { peerIdFromString } from '@libp2p/peer-id'
import type { Connection, IdentifyResult, PeerId, PeerInfo } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { DialFailure, dialFailure } from './dial-failure.ts'
import type { DialTarget } from './dial-plan.ts'
import type { PeerHost } from './peer-host.ts'
import { ADDRESSES_LIMIT, addressesWorthKeeping, withoutPeerId } from './peer-addresses.ts'
import type { KnownPeer } from './peer-book.ts'

/** What the peer keeper needs of a libp2p node: peers by their ids, addresses as text. */
export interface PeerLinks {
  readonly selfId: string
  /** Who is connected now. */
  peers(): readonly string[]
  /**
   * Connects to a target.
   *
   * @returns the id of who answered
   * @throws {DialFailure}
   */
  dial(target: DialTarget, signal: AbortSignal): Promise<string>
  /**
   * Asks the DHT who lives near a key. Whoever is heard of arrives as `found`.
   *
   * @returns how many peers answered
   */
  search(key: Uint8Array | 'self', signal: AbortSignal): Promise<number>
  /** Reports until the returned function is called. */
  watch(watcher: LinkWatcher): () => void
}

export interface LinkWatcher {
  joined(peerId: string): void
  /** The last connection to a peer is gone. */
  gone(peerId: string): void
  /** Somebody told of a peer. */
  found(peer: KnownPeer): void
  /** A connected peer said who it is and where it listens. */
  identified(peer: KnownPeer): void
}

export function createPeerLinks(host: PeerHost): PeerLinks {
  return {
    selfId: host.peerId.toString(),
    peers: () => host.getPeers().map(String),

    async dial(target, signal) {
      try {
        const connection =
          target.kind === 'bootstrap'
            ? await host.dial(multiaddr(target.address), { signal })
            : await dialPeer(host, target, signal)
        return connection.remotePeer.toString()
      } catch (cause) {
        throw dialFailure(cause)
      }
    },

    async search(key, signal) {
      const bytes = key === 'self' ? host.peerId.toMultihash().bytes : key
      let answers = 0
      for await (const event of host.services.dht.getClosestPeers(bytes, { signal })) {
        if (event.name === 'PEER_RESPONSE') answers += 1
      }
      return answers
    },

    watch: (watcher) => watch(host, watcher),
  }
}

/** Tries what is known to work first, then what the peer store has heard since. */
async function dialPeer(
  host: PeerHost,
  { peerId, addresses }: { readonly peerId: string; readonly addresses: readonly string[] },
  signal: AbortSignal,
): Promise<Connection> {
  const id = peerIdFromString(peerId)
  const heard = (await host.peerStore.has(id)) ? (await host.peerStore.get(id)).addresses : []
  const places = new Set([...addresses, ...heard.map((address) => withoutPeerId(address.multiaddr.toString()))])
  if (places.size === 0) throw new DialFailure('unreachable', 'no address of it is known')
  const targets = [...places].slice(0, ADDRESSES_LIMIT).map((place) => multiaddr(`${place}/p2p/${peerId}`))
  return host.dial(targets, { signal })
}

function watch(host: PeerHost, watcher: LinkWatcher): () => void {
  const onConnect = ({ detail }: CustomEvent<PeerId>): void => watcher.joined(detail.toString())
  const onDisconnect = ({ detail }: CustomEvent<PeerId>): void => watcher.gone(detail.toString())
  const onDiscovery = ({ detail }: CustomEvent<PeerInfo>): void => {
    const addresses = detail.multiaddrs.map((address) => withoutPeerId(address.toString()))
    watcher.found({ peerId: detail.id.toString(), addresses: addresses.slice(0, ADDRESSES_LIMIT) })
  }
  const onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    const announced = (detail.signedPeerRecord?.addresses ?? detail.listenAddrs).map(String)
    const { direction, remoteAddr } = detail.connection
    const addresses = addressesWorthKeeping({ direction, remote: remoteAddr.toString(), announced })
    watcher.identified({ peerId: detail.peerId.toString(), addresses })
  }
  host.addEventListener('peer:connect', onConnect)
  host.addEventListener('peer:disconnect', onDisconnect)
  host.addEventListener('peer:discovery', onDiscovery)
  host.addEventListener('peer:identify', onIdentify)
  return () => {
    host.removeEventListener('peer:connect', onConnect)
    host.removeEventListener('peer:disconnect', onDisconnect)
    host.removeEventListener('peer:discovery', onDiscovery)
    host.removeEventListener('peer:identify', onIdentify)
  }
}
