import type { GossipSub } from '@chainsafe/libp2p-gossipsub'
import type { Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import type { KadDHT } from '@libp2p/kad-dht'
import type { Ping } from '@libp2p/ping'

/** A libp2p node that finds peers and is found. */
export type PeerHost = Libp2p<PeerServices>

/** A libp2p node that also carries topics. */
export type GossipHost = Libp2p<GossipServices>

// A type and not an interface: libp2p wants services with an index signature, which interfaces do not have.
type PeerServices = { readonly identify: Identify; readonly ping: Ping; readonly dht: KadDHT }
type GossipServices = PeerServices & { readonly pubsub: GossipSub }
