import { startLocalNetwork, untilReady } from './local-network.ts'
import { type Measurement, median } from './measurement.ts'
import { NODES, prepareNetwork } from './network-plan.ts'
import { NEVER } from './price-server.ts'
import type { Workbench } from './workbench.ts'

const RUNS = 5
const TARGET_S = 3

/** How long it takes from the start of all nodes until every one of them sees all others on the topic. */
export async function measureJoin(workbench: Workbench): Promise<Measurement[]> {
  const { clock, progress } = workbench
  const seconds: number[] = []
  for (let run = 1; run <= RUNS; run++) {
    progress.step(`join: ${NODES} nodes and a bootstrap node find each other, run ${run} of ${RUNS}`)
    const prepared = await prepareNetwork(workbench, {
      pairs: ['ETH-USD'],
      intervalSeconds: 600,
      quietPeriodSeconds: 1,
      // A node is ready when it sees as many others as a quorum takes: here all of them.
      minimumSigners: NODES,
      hours: NEVER,
    })
    const startedAtMs = clock.now().monoMs
    const network = await startLocalNetwork(workbench, { prepared })
    await untilReady(workbench, network)
    seconds.push((clock.now().monoMs - startedAtMs) / 1_000)
    await network.stop()
  }
  const note = `${RUNS} runs of ${NODES} nodes and a bootstrap node in one process`
  return [
    { name: 'start to mesh, p50', value: median(seconds), unit: 's', target: TARGET_S, note },
    { name: 'start to mesh, slowest', value: Math.max(...seconds), unit: 's', target: TARGET_S },
  ]
}
