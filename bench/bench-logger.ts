import type { Facts, Logger } from '../src/core/logger.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Facts
}

/** A logger that writes nothing and tells `onLine` of every line. */
export function createBenchLogger(onLine: (line: LogLine) => void): Logger {
  const logger: Logger = {
    debug: (message, facts = {}) => onLine({ level: 'debug', message, facts }),
    info: (message, facts = {}) => onLine({ level: 'info', message, facts }),
    warn: (message, facts = {}) => onLine({ level: 'warn', message, facts }),
    error: (message, facts = {}) => onLine({ level: 'error', message, facts }),
    child: () => logger,
  }
  return logger
}
