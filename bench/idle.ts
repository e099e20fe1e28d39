import type { NodeProcess } from '../src/cluster/node-process.ts'
import { type Measurement, median } from './measurement.ts'
import { NODES, prepareNetwork } from './network-plan.ts'
import { ALWAYS } from './price-server.ts'
import { startProcessNetwork } from './process-network.ts'
import { type ProcessUsage, readProcessUsage } from './process-usage.ts'
import type { Workbench } from './workbench.ts'

/** Joining, the first round and what the DHT asks around at first are over by then. */
const SETTLE_MS = 15_000
const WATCHED_MS = 20_000
/** A week: after the first round none begins while the nodes are watched. */
const INTERVAL_SECONDS = 604_800
const TARGET_MB = 180
const TARGET_CPU_PERCENT = 2

/** What nodes take when they have nothing to do, between two rounds: memory and CPU of the processes by themselves. */
export async function measureIdle(workbench: Workbench): Promise<Measurement[]> {
  const { clock, progress, signal } = workbench
  if (process.platform !== 'linux') {
    progress.note('idle: left out, since only Linux tells in /proc what a process takes')
    return []
  }
  progress.step(`idle: starting ${NODES} nodes and a bootstrap node`)
  const prepared = await prepareNetwork(workbench, {
    pairs: ['ETH-USD'],
    intervalSeconds: INTERVAL_SECONDS,
    quietPeriodSeconds: 1,
    minimumSigners: 3,
    hours: ALWAYS,
  })
  const network = await startProcessNetwork(workbench, { prepared })
  await network.untilReady()
  progress.step(`idle: letting the nodes settle for ${SETTLE_MS / 1_000} s`)
  await clock.sleep(SETTLE_MS, signal)
  const processes = [...network.nodes, network.bootstrap]
  progress.step(`idle: watching for ${WATCHED_MS / 1_000} s`)
  const before = await readAll(processes)
  const fromMs = clock.now().monoMs
  await clock.sleep(WATCHED_MS, signal)
  const after = await readAll(processes)
  const elapsedMs = clock.now().monoMs - fromMs
  await network.stop()

  const cpuPercent = after.map(({ cpuMs }, index) => (100 * (cpuMs - (before[index]?.cpuMs ?? Number.NaN))) / elapsedMs)
  const residentMb = after.map(({ residentBytes }) => residentBytes / 1_000_000)
  return [
    {
      name: 'memory of a gossip node',
      value: median(residentMb.slice(0, NODES)),
      unit: 'MB',
      target: TARGET_MB,
      note: `median of ${NODES}`,
    },
    { name: 'memory of the bootstrap node', value: residentMb[NODES] ?? Number.NaN, unit: 'MB', target: TARGET_MB },
    { name: 'CPU of a gossip node', value: median(cpuPercent.slice(0, NODES)), unit: '%', target: TARGET_CPU_PERCENT },
    {
      name: 'CPU of the bootstrap node',
      value: cpuPercent[NODES] ?? Number.NaN,
      unit: '%',
      target: TARGET_CPU_PERCENT,
    },
  ]
}

function readAll(processes: readonly NodeProcess[]): Promise<ProcessUsage[]> {
  return Promise.all(
    processes.map(({ name, pid }) => {
      if (pid === undefined) throw new Error(`${name} does not run`)
      return readProcessUsage(pid)
    }),
  )
}
