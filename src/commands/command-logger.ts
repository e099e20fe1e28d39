import { systemClock } from '../node/system-clock.ts'
import { type FlushableLogger, createLogger, wantsColour } from '../telemetry/logger.ts'

/** The log of a command that a person waits for: what is wrong, on standard error. */
export function createCommandLogger(): FlushableLogger {
  return createLogger(
    { stream: process.stderr, clock: systemClock },
    { level: 'warn', format: 'text', colour: wantsColour(process.stderr, process.env) },
  )
}
