import type { IdentifyResult, PeerId } from '@libp2p/interface'
import type { PeerHost } from './peer-host.ts'
import { addressesWorthKeeping } from './peer-addresses.ts'

/** A connected peer. */
export interface ListedPeer {
  readonly peerId: string
  /** What it says of its software, in characters from space to `~`; undefined until it has. */
  readonly agent: string | undefined
  /** Multiaddrs at which it can be found, as far as is known. */
  readonly addresses: readonly string[]
  /** Milliseconds since the Unix epoch. */
  readonly connectedAtMs: number
  readonly direction: 'inbound' | 'outbound'
}

/** As long as the agent in a status may be. */
const AGENT_LENGTH = 64

/** Who is connected to a libp2p node. */
export interface PeerList {
  readonly peerId: string
  /** Multiaddrs at which this node listens, with its peer id. */
  addresses(): readonly string[]
  peers(): readonly ListedPeer[]
  /** Tells of every peer that comes or goes, until the returned function is called. */
  watch(listener: (peerId: string, up: boolean) => void): () => void
  /** Listens no more. */
  stop(): void
}

export function createPeerList(host: PeerHost): PeerList {
  const identified = new Map<string, Pick<IdentifyResult, 'agentVersion' | 'listenAddrs'>>()
  const onIdentify = ({ detail }: CustomEvent<IdentifyResult>): void => {
    identified.set(detail.peerId.toString(), detail)
  }
  const onGone = ({ detail }: CustomEvent<PeerId>): void => {
    identified.delete(detail.toString())
  }
  host.addEventListener('peer:identify', onIdentify)
  host.addEventListener('peer:disconnect', onGone)
  return {
    peerId: host.peerId.toString(),
    addresses: () => host.getMultiaddrs().map(String),
    peers() {
      const found = new Map<string, ListedPeer>()
      for (const { remotePeer, remoteAddr, direction, timeline } of host.getConnections()) {
        const peerId = remotePeer.toString()
        const earlier = found.get(peerId)
        if (earlier !== undefined && earlier.connectedAtMs <= timeline.open) continue
        const { agentVersion, listenAddrs = [] } = identified.get(peerId) ?? {}
        const addresses = addressesWorthKeeping({
          direction,
          remote: remoteAddr.toString(),
          announced: listenAddrs.map(String),
        })
        found.set(peerId, {
          peerId,
          agent: plainAgent(agentVersion),
          addresses,
          connectedAtMs: timeline.open,
          direction,
        })
      }
      return [...found.values()].toSorted((a, b) => (a.peerId < b.peerId ? -1 : 1))
    },
    watch(listener) {
      const onUp = ({ detail }: CustomEvent<PeerId>): void => listener(detail.toString(), true)
      const onDown = ({ detail }: CustomEvent<PeerId>): void => listener(detail.toString(), false)
      host.addEventListener('peer:connect', onUp)
      host.addEventListener('peer:disconnect', onDown)
      return () => {
        host.removeEventListener('peer:connect', onUp)
        host.removeEventListener('peer:disconnect', onDown)
      }
    },
    stop() {
      host.removeEventListener('peer:identify', onIdentify)
      host.removeEventListener('peer:disconnect', onGone)
    },
  }
}

/** A peer may send any text: this one reaches terminals and pages. */
function plainAgent(agent: string | undefined): string | undefined {
  return agent?.slice(0, AGENT_LENGTH).replaceAll(/[^ -~]/g, '?')
}
