import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { findPorts } from '../../src/cluster/ports.ts'
import type { CuttableNetwork, CuttableNetworkOptions } from './cuttable-network.ts'
import { defer } from './defer.ts'
import { ROUTES } from './route-peers.ts'

const ROUTE_PEERS = fileURLToPath(new URL('route-peers.ts', import.meta.url))

/** A proxy from each node to each other; a node that dials a peer is led to its proxy, whatever address it knows. */
export async function openPeerProxies(t: TestContext, { nodes }: CuttableNetworkOptions): Promise<CuttableNetwork> {
  const base = await findPorts(nodes, undefined, 10_000 + Math.floor(Math.random() * 20_000))
  const numbers = Array.from({ length: nodes }, (_, number) => number)
  const proxies = new Map<string, PeerProxy>()
  for (const from of numbers) {
    for (const to of numbers) {
      if (from === to) continue
      const proxy = new PeerProxy(base + to)
      await proxy.listen()
      defer(t, () => proxy.close())
      proxies.set(`${from} ${to}`, proxy)
    }
  }
  const of = (number: number): PeerProxy[] =>
    [...proxies].filter(([way]) => way.split(' ').includes(`${number}`)).map(([, proxy]) => proxy)
  return {
    how: 'pausing the connections between it and its peers; it keeps its database and its price source',
    places: numbers.map((from) => {
      const routes = numbers
        .filter((to) => to !== from)
        .map((to) => [`${base + to}`, proxies.get(`${from} ${to}`)?.port ?? 0])
      return {
        listen: `/ip4/127.0.0.1/tcp/${base + from}`,
        servicesHost: '127.0.0.1',
        nodeArguments: ['--import', ROUTE_PEERS],
        env: { [ROUTES]: JSON.stringify(Object.fromEntries(routes)) },
      }
    }),
    async cut(number) {
      for (const proxy of of(number)) proxy.pause()
    },
    async heal(number) {
      for (const proxy of of(number)) proxy.resume()
    },
  }
}

/** Passes on what comes, unless it is paused: then it takes connections and lets them wait. */
class PeerProxy {
  readonly #target: number
  readonly #server: Server
  readonly #pairs = new Set<readonly [Socket, Socket]>()
  readonly #waiting = new Set<Socket>()
  #isPaused = false

  constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => {
      socket.on('error', () => socket.destroy())
      if (this.#isPaused) this.#waiting.add(socket)
      else this.#join(socket)
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  pause(): void {
    this.#isPaused = true
    for (const [one, other] of this.#pairs) {
      one.unpipe(other)
      other.unpipe(one)
    }
  }

  resume(): void {
    this.#isPaused = false
    for (const [one, other] of this.#pairs) one.pipe(other).pipe(one)
    for (const socket of this.#waiting) this.#join(socket)
    this.#waiting.clear()
  }

  async close(): Promise<void> {
    for (const socket of [...this.#waiting, ...[...this.#pairs].flat()]) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #join(socket: Socket): void {
    if (socket.destroyed) return
    const upstream = connect(this.#target, '127.0.0.1')
    const pair = [socket, upstream] as const
    this.#pairs.add(pair)
    for (const [one, other] of [pair, [upstream, socket] as const]) {
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#pairs.delete(pair)
        other.destroy()
      })
    }
    socket.pipe(upstream).pipe(socket)
  }
}
