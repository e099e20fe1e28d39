import { EXIT } from '../node/exit-code.ts'
import { systemClock } from '../node/system-clock.ts'
import { type StopRequest, watchForStop } from '../node/until-told-to-stop.ts'
import type { FlushableLogger } from '../telemetry/logger.ts'

/** Something that runs until it is told to stop. */
export interface Running {
  stop(): Promise<void>
}

/**
 * Starts something, waits for a reason to stop, stops it, and ends the process: with 0 when that was asked for, with
 * {@link EXIT.hopeless} when it could not go on.
 *
 * @throws what `start` throws
 */
export async function runUntilStopped(
  { logger, start }: { readonly logger: FlushableLogger; readonly start: (request: StopRequest) => Promise<Running> },
  options: { readonly deadlineMs: number },
): Promise<never> {
  // npm that is killed takes nobody with it; what it started would live on unseen.
  const stopWithParent = process.env['npm_lifecycle_event'] !== undefined
  const request = watchForStop({ clock: systemClock, logger: logger.child('process') }, { ...options, stopWithParent })
  // Who is told to stop while it starts may be slow at that as well: whatever it has begun can be killed at any moment.
  const impatient = request.reason.then(() => systemClock.sleep(options.deadlineMs / 2))
  const starting = start(request).catch((error: unknown) => {
    request.end()
    throw error
  })
  const running = await Promise.race([starting, impatient])
  const reason = await request.reason
  if (running === undefined) logger.warn('told to stop before the start was over: it is not waited for')
  else await running.stop()
  if (reason.kind === 'fatal') logger.error(reason.error.message)
  await logger.flush()
  process.exit(reason.kind === 'fatal' ? EXIT.hopeless : 0)
}
