import { requireConfig } from '../src/config.ts'
import type { Environment } from '../src/config/read-variables.ts'
import { systemFiles } from '../src/config/surroundings.ts'
import { unmeasured } from '../src/core/measurements.ts'
import { Releases } from '../src/node/releases.ts'
import type { RunningNode } from '../src/node/running-node.ts'
import { startNode } from '../src/node/start-node.ts'
import { type MemoryCounters, createCounters } from '../src/telemetry/counters.ts'
import { createBenchLogger } from './bench-logger.ts'
import type { PreparedNetwork } from './network-plan.ts'
import { type Workbench, waitUntil } from './workbench.ts'

/** A network whose nodes all live in this process, so that they can be looked into; they share one thread. */
export interface LocalNetwork {
  readonly nodes: readonly RunningNode[]
  readonly counters: readonly MemoryCounters[]
  /** TCP ports that the nodes and the bootstrap node listen on. */
  readonly ports: ReadonlySet<number>
  readonly stop: () => Promise<void>
}

const LOOPBACK = '/ip4/127.0.0.1/tcp/0'
const JOIN_TIMEOUT_MS = 60_000

/** Starts the nodes all at once, after the bootstrap node whose address they need. */
export async function startLocalNetwork(
  workbench: Workbench,
  { prepared }: { readonly prepared: PreparedNetwork },
): Promise<LocalNetwork> {
  const { clock, logger } = workbench
  const releases = new Releases()
  const stop = (): Promise<void> => releases.run({ logger })
  workbench.releases.add('network', stop)

  // Warnings are left out: while a network comes together, or has no prices, there are some.
  const errors = createBenchLogger(({ level, message, facts }) => {
    if (level === 'error') logger.error(message, facts)
  })

  async function start(env: Environment): Promise<Started> {
    const counters = createCounters()
    const node = await startNode(
      {
        ...unmeasured,
        clock,
        random: Math.random,
        counters,
        logger: errors,
        onFatal: (error) => logger.error(error.message),
      },
      requireConfig({ env: { ...env, GP_CONNECTIONADDR: LOOPBACK }, files: systemFiles }),
    )
    releases.add('node', () => node.stop())
    return { node, counters }
  }

  const bootstrap = await start(prepared.bootstrap)
  const GP_BOOTSTRAPADDR = bootstrap.node.addresses.join(',')
  // All settled: one that is still starting when another has failed would be stopped by nobody.
  const outcomes = await Promise.allSettled(prepared.nodes.map((env) => start({ ...env, GP_BOOTSTRAPADDR })))
  const started = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
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
