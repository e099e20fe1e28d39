import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * Keeps a server to so many connections. One too many takes the place of that which has been without a request for
 * longest: connections that ask for nothing keep nobody out. Where all have one under way, the newcomer has no place.
 */
export function capConnections(server: Server, { connections }: { readonly connections: number }): void {
  /** Those without a request under way, longest first. */
  const idle = new Set<Socket>()
  const underWay = new Map<Socket, number>()
  let open = 0
  server.on('connection', (socket: Socket) => {
    open += 1
    idle.add(socket)
    socket.once('close', () => {
      open -= 1
      idle.delete(socket)
      underWay.delete(socket)
    })
    if (open <= connections) return
    const [longest = socket] = idle
    idle.delete(longest)
    longest.destroy()
  })
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    idle.delete(socket)
    underWay.set(socket, (underWay.get(socket) ?? 0) + 1)
    response.once('close', () => {
      const left = (underWay.get(socket) ?? 1) - 1
      if (left > 0) underWay.set(socket, left)
      else {
        underWay.delete(socket)
        if (!socket.destroyed) idle.add(socket)
      }
    })
  })
}
