import type { Counters } from '../../src/core/counters.ts'
import type { Facts, Logger } from '../../src/core/logger.ts'
import { undeclared } from '../../src/telemetry/metric-table.ts'

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly message: string
  readonly facts: Facts
}

/** A logger that keeps its lines. */
export class RecordingLogger implements Logger {
  readonly lines: LogLine[] = []

  debug(message: string, facts: Facts = {}): void {
    this.lines.push({ level: 'debug', message, facts })
  }

  info(message: string, facts: Facts = {}): void {
    this.lines.push({ level: 'info', message, facts })
  }

  warn(message: string, facts: Facts = {}): void {
    this.lines.push({ level: 'warn', message, facts })
  }

  error(message: string, facts: Facts = {}): void {
    this.lines.push({ level: 'error', message, facts })
  }

  child(): Logger {
    return this
  }

  at(level: LogLine['level']): string[] {
    return this.lines.filter((line) => line.level === level).map(({ message }) => message)
  }
}

/** Counters that can be read. They throw at a name or label that is not declared. */
export class RecordingCounters implements Counters {
  readonly #counts = new Map<string, number>()

  add(name: string, labels: Readonly<Record<string, string>> = {}, amount = 1): void {
    const fault = undeclared(name, { kind: 'counter', labels })
    if (fault !== undefined) throw new RangeError(fault)
    const key = keyOf(name, labels)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + amount)
  }

  count(name: string, labels: Readonly<Record<string, string>> = {}): number {
    return this.#counts.get(keyOf(name, labels)) ?? 0
  }
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `${name}${JSON.stringify(sorted)}`
}
