import { banner } from '../cluster/banner.ts'
import { nodeNames } from '../cluster/cluster-plan.ts'
import { startCluster } from '../cluster/cluster.ts'
import { createRepeatFilter } from './repeat-filter.ts'
import { requireVariables } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { systemClock } from '../node/system-clock.ts'
import { type FormatOptions, PREFIX_COLOURS, formatAnyLine } from '../telemetry/log-format.ts'
import { createLogger, wantsColour } from '../telemetry/logger.ts'
import type { ClusterFlags } from './cluster.ts'
import { runUntilStopped } from './run-until-stopped.ts'

/** Nodes get their time to end, and Postgres comes after them, milliseconds. */
const STOP_DEADLINE_MS = 25_000

/** Runs a cluster until a signal, or until a part of it cannot go on. Then the process ends. */
export async function runCluster(flags: ClusterFlags): Promise<void> {
  const around = surroundings()
  const { logLevel, logFormat } = requireVariables(around, ['logLevel', 'logFormat'])
  const colour = wantsColour(process.stdout, process.env)
  const format = logFormat === 'json' ? 'json' : 'text'
  const prefixes = createPrefixes(nodeNames(flags))
  const logger = createLogger(
    { stream: process.stdout, clock: systemClock },
    { level: logLevel, format, colour, prefix: prefixes.get('cluster') },
  )
  const isRepeat = createRepeatFilter()
  let isStarting = true
  const onLine = (name: string, line: string): void => {
    if (format === 'text' && isStarting && isRepeat(name, line)) return
    const text = format === 'json' ? line : formatAnyLine(line, { colour, prefix: prefixes.get(name) })
    process.stdout.write(`${text}\n`)
  }
  const { nodes, interval, quietPeriod, simulate = false, dataDir, portBase } = flags

  await runUntilStopped(
    {
      logger,
      async start({ fail }) {
        const cluster = await startCluster(
          { clock: systemClock, logger, onLine, onFatal: fail },
          { options: { nodes, interval, quietPeriod, simulate, dataDir, portBase }, surroundings: around },
        )
        isStarting = false
        if (format === 'text') process.stdout.write(banner(cluster, { colour, nodes, dataDir }))
        return cluster
      },
    },
    { deadlineMs: STOP_DEADLINE_MS },
  )
}

/** Whose line it is, in one colour a node. */
function createPrefixes(nodes: readonly string[]): ReadonlyMap<string, FormatOptions['prefix']> {
  const others = ['cluster', 'bootstrap']
  const width = Math.max(...[...others, ...nodes].map((name) => name.length))
  const paint = (name: string, place: number) => {
    const colour = others.includes(name) ? 'white' : (PREFIX_COLOURS[place % PREFIX_COLOURS.length] ?? 'white')
    return [name, { text: name.padEnd(width), colour }] as const
  }
  return new Map([...others.map(paint), ...nodes.map(paint)])
}
