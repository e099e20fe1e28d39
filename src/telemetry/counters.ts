import type { Counters } from '../core/counters.ts'
import { undeclared } from './metric-table.ts'

interface Count {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** Counters in memory, which can be read at any time. They throw at a name or label that is not declared. */
export interface MemoryCounters extends Counters {
  /** All that was ever counted, in order of name and labels. */
  snapshot(): readonly Count[]
  /** How often `name` was counted with exactly these labels; 0 when never. */
  value(name: string, labels?: Readonly<Record<string, string>>): number
}

export function createCounters(): MemoryCounters {
  const counts = new Map<string, Count>()
  return {
    add(name, labels = {}, amount = 1) {
      const fault = undeclared(name, { kind: 'counter', labels })
      if (fault !== undefined) throw new RangeError(fault)
      const key = keyOf(name, labels)
      const before = counts.get(key)
      counts.set(key, { name, labels: before?.labels ?? { ...labels }, value: (before?.value ?? 0) + amount })
    },
    snapshot: () => [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, count]) => count),
    value: (name, labels = {}) => counts.get(keyOf(name, labels))?.value ?? 0,
  }
}

function keyOf(name: string, labels: Readonly<Record<string, string>>): string {
  return JSON.stringify([name, Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1))])
}
