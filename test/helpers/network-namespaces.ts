import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type Socket, connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import process from 'node:process'
import type { TestContext } from 'node:test'
import { promisify } from 'node:util'
import type { CuttableNetwork, CuttableNetworkOptions } from './cuttable-network.ts'
import { defer } from './defer.ts'

const run = promisify(execFile)
const UNSHARE = 'unshare'

/** For benchmarks between networks, RFC 2544: nobody's own. */
const PREFIX = '198.18'
const SUBNETS = 256
const SERVICES = 254
const PORT = 8_000

/**
 * A network namespace for each node, and one for the switch between them, to which this one is plugged in as well. They
 * have no names: each lives as long as a process that holds it, which ends with this one, and all that is in it goes too.
 *
 * @throws when this machine does not let us
 */
export async function openNamespaces(
  t: TestContext,
  { nodes, services }: CuttableNetworkOptions,
): Promise<CuttableNetwork> {
  const subnet = freeSubnet()
  const host = (last: number): string => `${PREFIX}.${subnet}.${last}`
  const hub = await holdNamespace(t)
  await hub.ip('link', 'add', 'bridge', 'type', 'bridge')
  await hub.ip('link', 'set', 'bridge', 'up')
  const plugIn = async (name: string): Promise<void> => {
    await hub.ip('link', 'set', name, 'master', 'bridge')
    await hub.ip('link', 'set', name, 'up')
  }

  const uplink = `gp${process.pid}n${subnet}`
  await run('ip', ['link', 'add', uplink, 'type', 'veth', 'peer', 'name', 'services', 'netns', hub.pid])
  await plugIn('services')
  await run('ip', ['address', 'add', `${host(SERVICES)}/24`, 'dev', uplink])
  await run('ip', ['link', 'set', uplink, 'up'])
  for (const port of services) await relay(t, { host: host(SERVICES), port })

  const through: (readonly string[])[] = []
  for (let number = 0; number < nodes; number++) {
    const space = await holdNamespace(t)
    await hub.ip('link', 'add', `node${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', space.pid)
    await plugIn(`node${number}`)
    await space.ip('address', 'add', `${host(1 + number)}/24`, 'dev', 'eth0')
    await space.ip('link', 'set', 'eth0', 'up')
    await space.ip('link', 'set', 'lo', 'up')
    through.push(space.enter)
  }
  return {
    how: 'taking down the link of its network namespace: peers, database and price source are out of reach',
    places: through.map((enter, number) => {
      return { listen: `/ip4/${host(1 + number)}/tcp/${PORT}`, servicesHost: host(SERVICES), through: enter }
    }),
    cut: (number) => hub.ip('link', 'set', `node${number}`, 'down'),
    heal: (number) => hub.ip('link', 'set', `node${number}`, 'up'),
  }
}

/** Others may be at the same: each test run begins to look somewhere else. */
function freeSubnet(): number {
  const taken = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address))
  const from = process.pid % SUBNETS
  for (let step = 0; step < SUBNETS; step++) {
    const subnet = (from + step) % SUBNETS
    if (!taken.some((address) => address.startsWith(`${PREFIX}.${subnet}.`))) return subnet
  }
  throw new Error(`no network in ${PREFIX} is free`)
}

interface Namespace {
  /** Of the process that holds it. */
  readonly pid: string
  /** A command that runs another one in it. */
  readonly enter: readonly string[]
  ip(...args: readonly string[]): Promise<void>
}

async function holdNamespace(t: TestContext): Promise<Namespace> {
  const holder = spawn(UNSHARE, ['--net', 'sh', '-c', 'echo held; exec cat'], { stdio: ['pipe', 'pipe', 'ignore'] })
  // Where there is no such command, that is an error instead.
  const ended = once(holder, 'close').catch(() => undefined)
  holder.stdin.on('error', () => undefined)
  defer(t, async () => {
    holder.stdin.end()
    await ended
  })
  await Promise.race([once(holder.stdout, 'data'), ended])
  if (holder.pid === undefined || holder.exitCode !== null) throw new Error('unshare makes no network namespaces here')
  const enter = ['nsenter', `--net=/proc/${holder.pid}/ns/net`, '--']
  return {
    pid: `${holder.pid}`,
    enter,
    async ip(...args) {
      await run('nsenter', [...enter.slice(1), 'ip', ...args])
    },
  }
}

/** What listens on the loopback address of this namespace is reached by the others at `host`. */
async function relay(t: TestContext, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    client.pipe(upstream).pipe(client)
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
  server.listen(port, host)
  await once(server, 'listening')
  defer(t, async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
    await once(server, 'close')
  })
}
