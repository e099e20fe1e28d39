import { requireConfig } from '../src/config.ts'
import type { Environment } from '../src/config/read-variables.ts'
import { systemFiles } from '../src/config/surroundings.ts'
import { Releases } from '../src/node/releases.ts'
import type { RunningNode } from '../src/node/running-node.ts'
import { startNode } from '../src/node/start-node.ts'
import { type MemoryCounters, createCounters } from '../src/telemetry/counters.ts'
import { type LogLine, createBenchLogger } from './bench-logger.ts'
import type { PreparedNetwork } from './network-plan.ts'
import { type Workbench, waitUntil } from './workbench.ts'

/** A network whose nodes all live in this process, so that they can be looked into; they share one thread. */
export interface LocalNetwork {
  readonly nodes: readonly RunningNode[]
  readonly counters: readonly MemoryCounters[]
  /** TCP ports that the nodes and the bootstrap node listen on. */
  readonly ports: ReadonlySet<number>
  stop(): Promise<void>
}

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const JOIN_TIMEOUT_MS = 60_000

/** @param options.onLine - told of every log line of the signing nodes */
export async function startLocalNetwork(
  workbench: Workbench,
  { prepared, onLine }: { readonly prepared: PreparedNetwork; readonly onLine?: (node: number, line: LogLine) => void },
): Promise<LocalNetwork> {
  const { clock, logger } = workbench
  const releases = new Releases()
  const stop = (): Promise<void> => releases.run({ logger })
  workbench.releases.add('network', stop)

  async function start(env: Environment, listener: (line: LogLine) => void): Promise<Started> {
    const counters = createCounters()
    const own = createBenchLogger((line) => {
      if (line.level === 'error') logger.error(line.message, line.facts)
      listener(line)
    })
    const node = await startNode(
      { clock, random: Math.random, counters, logger: own, onFatal: (error) => logger.error(error.message) },
      requireConfig({ env: { ...env, GP_CONNECTIONADDR: LOOPBACK }, files: systemFiles }),
    )
    releases.add('node', () => node.stop())
    return { node, counters }
  }

  const bootstrap = await start(prepared.bootstrap, () => undefined)
  const GP_BOOTSTRAPADDR = bootstrap.node.addresses.join(',')
  const started = await Promise.all(
    prepared.nodes.map((env, index) => start({ ...env, GP_BOOTSTRAPADDR }, (line) => onLine?.(index, line))),
  )
  workbench.signal.throwIfAborted()
  const addresses = [bootstrap, ...started].flatMap(({ node }) => node.addresses)
  return {
    nodes: started.map(({ node }) => node),
    counters: started.map(({ counters }) => counters),
    ports: new Set(addresses.map((address) => Number(/\/tcp\/(\d+)/.exec(address)?.[1]))),
    stop,
  }
}

interface Started {
  readonly node: RunningNode
  readonly counters: MemoryCounters
}

/**
 * Waits until every node can do its work: it sees as many others on the topic as a quorum takes, and the table.
 *
 * @throws when that takes a minute
 */
export async function untilReady(workbench: Workbench, { nodes }: LocalNetwork): Promise<void> {
  const ready = (): boolean => nodes.every((node) => node.readiness().length === 0)
  if (await waitUntil(workbench, ready, { timeoutMs: JOIN_TIMEOUT_MS })) return
  const reasons = nodes.flatMap((node) => node.readiness())
  throw new Error(`the network did not come together in ${JOIN_TIMEOUT_MS / 1_000} s: ${reasons.join('; ')}`)
}
