import type { ConnectionGater } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { HostError } from './host-error.ts'

/** Who may be connected, beyond what is configured. */
export interface Doorkeeper {
  isExpelled(peerId: string): boolean
  /** Asked once for every connection that a peer makes of its own accord. */
  admitsConnection(peerId: string): boolean
}

/**
 * A gater of connections.
 *
 * @param allowPeers - peer ids; with any given, nobody else is connected
 * @throws {HostError} `bad-peer-id`
 */
export function createGater(options: {
  readonly allowPeers: readonly string[]
  readonly doorkeeper?: Doorkeeper | undefined
}): ConnectionGater {
  const { doorkeeper } = options
  const allowed = new Set(options.allowPeers.map(normalPeerId))
  const isDenied = (peerId: { toString(): string }): boolean => {
    const id = peerId.toString()
    return (allowed.size > 0 && !allowed.has(id)) || doorkeeper?.isExpelled(id) === true
  }
  return {
    denyDialPeer: isDenied,
    denyOutboundEncryptedConnection: isDenied,
    // By now the peer has proved who it is, and has cost no more than the handshake.
    denyInboundEncryptedConnection: (peerId) =>
      isDenied(peerId) || doorkeeper?.admitsConnection(peerId.toString()) === false,
  }
}

/** A peer id has several spellings. */
function normalPeerId(text: string): string {
  try {
    return peerIdFromString(text).toString()
  } catch (cause) {
    throw new HostError('bad-peer-id', `GP_ALLOWPEERS: ${text} is no peer id; it should look like 12D3KooW…`, { cause })
  }
}
