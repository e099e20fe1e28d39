import { requireConfig } from '../config.ts'
import { surroundings } from '../config/surroundings.ts'
import { unmeasured } from '../core/measurements.ts'
import { EXIT } from '../node/exit-code.ts'
import { type ResyncReport, resync } from '../node/resync.ts'
import { systemClock } from '../node/system-clock.ts'
import { watchForStop } from '../node/until-told-to-stop.ts'
import { createCounters } from '../telemetry/counters.ts'
import { createLogger, wantsColour } from '../telemetry/logger.ts'
import { CommandError, describeFailure, exitCodeOf } from './failure.ts'
import { reportJson, summary, troubles } from './resync-report.ts'
import { ResyncProgress } from './resync-progress.ts'
import type { ResyncFlags } from './resync.ts'

/** Connections are closed within this time after Ctrl-C, milliseconds. */
const STOP_DEADLINE_MS = 10_000

/** Takes over history, says what came of it, and ends the process. */
export async function resyncHistory(flags: ResyncFlags): Promise<void> {
  const config = requireConfig(surroundings())
  if (flags.from !== undefined && flags.from > systemClock.now().wallMs) throw new CommandError('--from lies ahead')
  const colour = wantsColour(process.stderr, process.env)
  const logger = createLogger(
    { stream: process.stderr, clock: systemClock },
    { level: config.logLevel === 'debug' ? 'debug' : 'warn', format: 'text', colour },
  )
  const progress = new ResyncProgress(
    { stream: process.stderr, clock: systemClock },
    { terminal: process.stderr.isTTY, colour },
  )
  const stopping = new AbortController()
  const stop = new CommandError('stopped')
  const request = watchForStop(
    // What is told of a stop is told below.
    { clock: systemClock, logger: { ...logger, info: () => undefined } },
    { deadlineMs: STOP_DEADLINE_MS, stopWithParent: process.env['npm_lifecycle_event'] !== undefined },
  )
  void request.reason.then((reason) => stopping.abort(reason.kind === 'fatal' ? reason.error : stop))
  const historyMs = flags.from === undefined ? config.historyMs : systemClock.now().wallMs - flags.from
  try {
    progress.step('looking for other nodes')
    const report = await resync(
      {
        ...unmeasured,
        clock: systemClock,
        random: Math.random,
        counters: createCounters(),
        logger,
        onFatal: request.fail,
      },
      config,
      {
        historyMs,
        signal: stopping.signal,
        progress,
        onPeer: (peerId, { asked, all }) => progress.step(`asking ${peerId} (${asked + 1} of ${all})`),
      },
    )
    progress.clear()
    say(report, flags)
  } catch (error) {
    progress.clear()
    const rows = progress.rows.toLocaleString('en')
    const failure =
      error === stop ? new CommandError(`stopped; ${rows} rows came in. Run it again to go on from there`) : error
    process.stderr.write(describeFailure(failure, { stack: config.logLevel === 'debug' }))
    process.exitCode = exitCodeOf(error)
  }
  await logger.flush()
  process.exit()
}

function say(report: ResyncReport, { json }: ResyncFlags): void {
  const faults = troubles(report)
  if (json === true) process.stdout.write(`${JSON.stringify(reportJson(report))}\n`)
  for (const fault of faults) process.stderr.write(`gossip-price: ${fault}\n`)
  if (faults.length > 0) process.exitCode = EXIT.failed
  const sentence = summary(report)
  if (json !== true) process.stdout.write(`${sentence}\n`)
}
