import { requireConfig } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { systemClock } from '../node/system-clock.ts'
import { createLogger, wantsColour } from '../telemetry/logger.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { removeHttpNote, writeHttpNote } from './http-note.ts'
import { runUntilStopped } from './run-until-stopped.ts'

/** Who sends SIGTERM waits about this long before it sends SIGKILL, milliseconds. */
const STOP_DEADLINE_MS = 10_000

/** Runs a node until a signal, or something that it cannot go on after. Then the process ends. */
export async function runNode(): Promise<void> {
  const config = requireConfig(surroundings())
  const logger = createLogger(
    { stream: process.stdout, clock: systemClock },
    { level: config.logLevel, format: config.logFormat, colour: wantsColour(process.stdout, process.env) },
  )
  // A promise that libp2p lets fall must not end a node, and must not go unseen.
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', (error) =>
    logger.error('a fault that nobody handled; please report this', { error }),
  )
  await runUntilStopped(
    {
      logger,
      async start({ fail }) {
        // Loaded when the configuration is known to be good: libp2p takes its time, and mistakes should show at once.
        const { startNode } = await import('../node/start-node.ts')
        const metrics = createMetrics({ logger: logger.child('metrics') })
        const { counters, gauges, histograms } = metrics
        const node = await startNode(
          { clock: systemClock, random: Math.random, counters, gauges, histograms, metrics, logger, onFatal: fail },
          config,
        )
        process.send?.({ kind: 'ready', httpUrl: node.httpUrl })
        // Commands find a node without its word, too, when they are told where it is.
        const onFailure = (error: unknown): void => logger.warn('http.json cannot be kept in GP_DATADIR', { error })
        if (node.httpUrl !== undefined) await writeHttpNote(config.dataDir, node.httpUrl).catch(onFailure)
        return {
          async stop() {
            await node.stop()
            if (node.httpUrl !== undefined) await removeHttpNote(config.dataDir).catch(onFailure)
          },
        }
      },
    },
    { deadlineMs: STOP_DEADLINE_MS },
  )
}
