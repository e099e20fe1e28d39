import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'

/** Counts what this process writes to TCP sockets, from the moment it is made. */
export interface WireBytes {
  /** Bytes written so far to open connections from or to one of `ports`. */
  writtenAt(ports: ReadonlySet<number>): number
  stop(): void
}

/** Sockets that were opened before are not seen. */
export function watchWireBytes(): WireBytes {
  const sockets = new Set<Socket>()
  const onSocket = (message: unknown): void => {
    const { socket } = message as { readonly socket: Socket }
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  }
  const channels = ['net.client.socket', 'net.server.socket']
  for (const channel of channels) subscribe(channel, onSocket)
  return {
    writtenAt(ports) {
      let bytes = 0
      for (const { localPort = 0, remotePort = 0, bytesWritten } of sockets) {
        if (ports.has(localPort) || ports.has(remotePort)) bytes += bytesWritten
      }
      return bytes
    },
    stop() {
      for (const channel of channels) unsubscribe(channel, onSocket)
    },
  }
}
