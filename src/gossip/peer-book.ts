/** A peer this node was once connected to, and where it was to be found. */
export interface KnownPeer {
  readonly peerId: string
  /** Multiaddrs without `/p2p/…`; the one most likely to work comes first. */
  readonly addresses: readonly string[]
}

/** What a node remembers of its peers from one start to the next, so that it comes back while the bootstrap is down. */
export interface PeerBook {
  load(): readonly KnownPeer[]
  /** Keeps a peer; what was known of its addresses before is replaced. */
  remember(peer: KnownPeer): void
  forget(peerId: string): void
}

/** A peer book that lasts as long as the process: enough for who is always found again by others. */
export function createMemoryPeerBook(peers: readonly KnownPeer[] = []): PeerBook {
  const known = new Map(peers.map((peer) => [peer.peerId, peer]))
  return {
    load: () => [...known.values()],
    remember: (peer) => void known.set(peer.peerId, peer),
    forget: (peerId) => void known.delete(peerId),
  }
}
