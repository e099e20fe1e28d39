import type { Writable } from 'node:stream'
import { pino } from 'pino'
import type { Clock } from '../core/clock.ts'
import type { Facts, Logger } from '../core/logger.ts'
import { redactUrls } from '../core/redact.ts'
import { visibleJson } from '../core/visible-json.ts'
import { plainFacts } from './log-facts.ts'
import { type FormatOptions, type LogLevel, type LogRecord, formatLine, parseRecord } from './log-format.ts'
import { type LogStream, createLogStream } from './log-stream.ts'

export type LogFormat = 'auto' | 'text' | 'json'

const FLUSH_DEADLINE_MS = 2_000

export interface LoggerOptions {
  /** The least important lines to write. */
  readonly level: LogLevel
  /** `text` for people, `json` for machines; `auto`: text on a terminal and json otherwise. */
  readonly format: LogFormat
  /** Whether text may have colours; see {@link wantsColour}. @default false */
  readonly colour?: boolean
  /** Put before each line of text: whose line it is. */
  readonly prefix?: FormatOptions['prefix']
}

/** A logger that can be waited for. */
export interface FlushableLogger extends Logger {
  /** Resolves when all lines so far have left the process, or after two seconds: the last thing before an exit. */
  flush(): Promise<void>
}

/**
 * The log of a process: one line a record, without secrets, in JSON or for people. It never throws and never waits for
 * its reader. Stacks of errors are written at level debug only.
 */
export function createLogger(
  { stream, clock }: { readonly stream: Writable; readonly clock: Clock },
  options: LoggerOptions,
): FlushableLogger {
  const asText = options.format === 'text' || (options.format === 'auto' && isTerminal(stream))
  const colour = options.colour ?? false
  const render = (line: string): string => {
    const record = asText ? parseRecord(line) : undefined
    return record === undefined ? visibleJson(line) : `${formatLine(record, { colour, prefix: options.prefix })}\n`
  }
  const timeOf = (): string => new Date(clock.now().wallMs).toISOString()
  const out = createLogStream(stream, { onDropped: (lines) => render(droppedLine(lines, timeOf())) })
  const root = pino(
    {
      level: options.level,
      base: null,
      timestamp: () => `,"time":"${timeOf()}"`,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line: string) => out.write(render(line)) },
  )
  const wrap = (to: pino.Logger): Logger => {
    const log =
      (level: LogLevel) =>
      (message: string, facts: Facts = {}) => {
        if (to.isLevelEnabled(level)) to[level](safeFacts(facts, options.level === 'debug'), redactUrls(message))
      }
    return {
      debug: log('debug'),
      info: log('info'),
      warn: log('warn'),
      error: log('error'),
      child: (part) => wrap(root.child({ part })),
    }
  }
  return { ...wrap(root), flush: () => flushInTime(out, clock) }
}

/** Whether lines for people should have colours: on a terminal, unless the person has asked for none or for them. */
export function wantsColour(stream: Writable, env: Readonly<Record<string, string | undefined>>): boolean {
  // https://no-color.org: set to anything but the empty text.
  if (env['NO_COLOR'] !== undefined && env['NO_COLOR'] !== '') return false
  // https://force-color.org, and 0 as many programs understand it.
  const forced = env['FORCE_COLOR'] ?? ''
  if (forced !== '') return forced !== '0' && forced !== 'false'
  return isTerminal(stream) && env['TERM'] !== 'dumb'
}

async function flushInTime(out: LogStream, clock: Clock): Promise<void> {
  const { promise: tooLate, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(FLUSH_DEADLINE_MS, resolve)
  await Promise.race([out.flush(), tooLate])
  cancel()
}

/** A fact that cannot even be looked at must not take its sentence with it. */
function safeFacts(facts: Facts, stacks: boolean): Facts {
  try {
    return plainFacts(facts, { stacks })
  } catch (error) {
    return { facts: `not printable: ${String(error)}` }
  }
}

function isTerminal(stream: Writable): boolean {
  return 'isTTY' in stream && stream.isTTY === true
}

function droppedLine(lines: number, time: string): string {
  const msg = `${lines} log lines were dropped: whoever reads this log is too slow`
  const record: LogRecord = { level: 'warn', time, part: 'log', msg }
  return `${JSON.stringify(record)}\n`
}
