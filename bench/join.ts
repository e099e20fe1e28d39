import { startLocalNetwork, untilReady } from './local-network.ts'
import { type Measurement, median } from './measurement.ts'
import { NODES, type PreparedNetwork, prepareNetwork } from './network-plan.ts'
import { NEVER } from './price-server.ts'
import { startProcessNetwork } from './process-network.ts'
import type { Workbench } from './workbench.ts'

const TARGET_S = 3

interface Way {
  readonly words: string
  readonly runs: number
  readonly note: string
  /** Starts all nodes and waits until they are joined; resolves with what stops them. */
  readonly join: (workbench: Workbench, prepared: PreparedNetwork) => Promise<() => Promise<void>>
}

const WAYS: readonly Way[] = [
  { words: 'one process', runs: 5, note: 'the network alone, on one thread', join: joinInOneProcess },
  { words: 'processes', runs: 3, note: 'loading the program included, once for every node', join: joinAsProcesses },
]

/** How long it takes from the start of all nodes until every one of them sees all others on the topic. */
export async function measureJoin(workbench: Workbench): Promise<Measurement[]> {
  const measurements: Measurement[] = []
  for (const way of WAYS) {
    const seconds = await timeRuns(workbench, way)
    const name = `start to mesh, ${way.words}`
    measurements.push(
      { name: `${name}, p50`, value: median(seconds), unit: 's', target: TARGET_S, note: way.note },
      { name: `${name}, slowest of ${way.runs}`, value: Math.max(...seconds), unit: 's', target: TARGET_S },
    )
  }
  return measurements
}

async function timeRuns(workbench: Workbench, { words, runs, join }: Way): Promise<number[]> {
  const { clock, progress } = workbench
  const seconds: number[] = []
  for (let run = 1; run <= runs; run++) {
    progress.step(`join: ${NODES} nodes and a bootstrap node find each other, ${words}, run ${run} of ${runs}`)
    const prepared = await prepareNetwork(workbench, {
      pairs: ['ETH-USD'],
      intervalSeconds: 600,
      quietPeriodSeconds: 1,
      // A node is ready when it sees as many others as a quorum takes: here all of them.
      minimumSigners: NODES,
      hours: NEVER,
    })
    const fromMs = clock.now().monoMs
    const stop = await join(workbench, prepared)
    seconds.push((clock.now().monoMs - fromMs) / 1_000)
    await stop()
  }
  return seconds
}

async function joinInOneProcess(workbench: Workbench, prepared: PreparedNetwork): Promise<() => Promise<void>> {
  const network = await startLocalNetwork(workbench, { prepared })
  await untilReady(workbench, network)
  return network.stop
}

async function joinAsProcesses(workbench: Workbench, prepared: PreparedNetwork): Promise<() => Promise<void>> {
  const network = await startProcessNetwork(workbench, { prepared })
  await network.untilReady()
  return network.stop
}
