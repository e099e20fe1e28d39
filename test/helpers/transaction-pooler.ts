import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { defer } from './defer.ts'

/** The first byte of a NotificationResponse in Postgres' protocol. */
const NOTIFICATION = 'A'.charCodeAt(0)
/** A message is a byte that says what it is, and four that give its length, themselves included. */
const HEADER_BYTES = 5

/**
 * Stands for a connection pooler in transaction mode, as far as a listener can tell: whatever is asked through it is
 * answered, and no notification comes.
 *
 * @param url - of a Postgres, without TLS
 * @returns the URL through the pooler
 */
export async function startTransactionPooler(t: TestContext, url: string): Promise<string> {
  const target = new URL(url)
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let rest = Buffer.alloc(0)
    upstream.on('data', (data) => {
      rest = forward(Buffer.concat([rest, data]), client)
    })
    client.pipe(upstream)
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  defer(t, async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  const through = new URL(url)
  through.hostname = '127.0.0.1'
  through.port = String((server.address() as AddressInfo).port)
  return through.href
}

/** Passes on whole messages that are no notifications; returns what is left. */
function forward(data: Buffer<ArrayBuffer>, to: Socket): Buffer<ArrayBuffer> {
  let at = 0
  while (data.length - at >= HEADER_BYTES) {
    const end = at + 1 + data.readUInt32BE(at + 1)
    if (data.length < end) break
    if (data[at] !== NOTIFICATION) to.write(data.subarray(at, end))
    at = end
  }
  return data.subarray(at)
}
