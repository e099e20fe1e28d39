import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { defer } from './defer.ts'

/** Stands between a client and Postgres, until it answers nothing any more, as a host that is gone without a word. */
export interface MuteServer {
  /** The URL through it. */
  readonly url: string
  /** Ends all connections; further ones are taken, and nothing comes back. */
  fallSilent(): void
  /** Keeps all connections, and passes nothing on any more, as a server that is stopped. */
  hang(): void
  /** Resolves when somebody connects after that. */
  readonly tried: Promise<void>
}

/** @param url - of a Postgres, without TLS */
export async function startMuteServer(t: TestContext, url: string): Promise<MuteServer> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const hanging = new AbortController()
  const tried = Promise.withResolvers<void>()
  let silent = false
  const keep = (socket: Socket): void => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
  }
  const server = createServer((client) => {
    keep(client)
    if (silent) {
      tried.resolve()
      return
    }
    const upstream = connect(Number(target.port), target.hostname)
    keep(upstream)
    client.pipe(upstream).pipe(client)
    hanging.signal.addEventListener('abort', () => {
      client.unpipe(upstream)
      upstream.unpipe(client)
    })
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => client.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const endAll = (): void => sockets.forEach((socket) => socket.destroy())
  defer(t, async () => {
    endAll()
    server.close()
    await once(server, 'close')
  })
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  return {
    url: through.href,
    tried: tried.promise,
    hang: () => hanging.abort(),
    fallSilent() {
      silent = true
      endAll()
    },
  }
}
