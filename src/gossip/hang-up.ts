import type { Logger } from '../core/logger.ts'
import type { PeerHost } from './peer-host.ts'

/** Closes all connections to a peer, in its own time. */
export function hangUp(
  { host, logger }: { readonly host: Pick<PeerHost, 'getPeers' | 'hangUp'>; readonly logger: Logger },
  peerId: string,
): void {
  const peer = host.getPeers().find((each) => each.toString() === peerId)
  if (peer === undefined) return
  host.hangUp(peer).catch((error: unknown) => logger.debug('a peer cannot be hung up on', { peerId, error }))
}
