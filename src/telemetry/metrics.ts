import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { Gauges, Histograms, Labels, Reading } from '../core/measurements.ts'
import { METRICS, undeclared, type DeclaredMetric } from './metric-table.ts'

/** All that a node counts and measures, for Prometheus. */
export interface Metrics {
  readonly counters: Counters
  readonly gauges: Gauges
  readonly histograms: Histograms
  /** Where libp2p and gossipsub put what is theirs. */
  readonly registry: Registry
  /** Everything in the text format of Prometheus. */
  text(): Promise<string>
  /** The content type of {@link Metrics.text}. */
  readonly contentType: string
}

export interface MetricsOptions {
  /** Throws at what is not declared, instead of logging it. @default false */
  readonly strict?: boolean
  /** Whether to measure the process too: memory, CPU, event-loop lag, garbage collection. @default true */
  readonly processMetrics?: boolean
}

// A label may hold what strangers made up, as a signer in an open network: they must not fill the memory.
const SERIES_LIMIT = 1_000
const OTHER = 'other'

export function createMetrics({ logger }: { readonly logger: Logger }, options: MetricsOptions = {}): Metrics {
  const { strict = false, processMetrics = true } = options
  const registry = new Registry()
  const counters = new Map<string, Counter>()
  const gauges = new Map<string, Gauge>()
  const histograms = new Map<string, Histogram>()
  const series = new Map<string, Set<string>>()
  const reported = new Set<string>()
  const watched = new Map<string, () => number | readonly Reading[] | undefined>()

  for (const [name, { kind, help, labels = [], buckets = [] }] of Object.entries(METRICS)) {
    const common = { name, help, labelNames: [...labels], registers: [registry] }
    if (kind === 'counter') counters.set(name, new Counter(common))
    else if (kind === 'histogram') histograms.set(name, new Histogram({ ...common, buckets: [...buckets] }))
    else {
      gauges.set(name, new Gauge({ ...common, collect: () => collect(name) }))
      forget(name)
    }
  }
  if (processMetrics) collectDefaultMetrics({ register: registry })

  /** The labels to count with; undefined when there is nothing to count. */
  function admit(name: string, kind: DeclaredMetric['kind'], labels: Labels): Labels | undefined {
    const fault = undeclared(name, { kind, labels })
    if (fault !== undefined) {
      if (strict) throw new RangeError(fault)
      if (!reported.has(fault) && reported.size < SERIES_LIMIT) logger.error(`${fault}: please report this`)
      reported.add(fault)
      return undefined
    }
    const known = series.get(name) ?? new Set()
    series.set(name, known)
    const key = JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)))
    if (known.has(key)) return labels
    if (known.size < SERIES_LIMIT) {
      known.add(key)
      return labels
    }
    return Object.fromEntries(Object.keys(labels).map((label) => [label, OTHER]))
  }

  function set(name: string, value: number, labels: Labels = {}): void {
    const admitted = admit(name, 'gauge', labels)
    if (admitted !== undefined) gauges.get(name)?.set(admitted, value)
  }

  function collect(name: string): void {
    const read = watched.get(name)
    if (read === undefined) return
    forget(name)
    try {
      const found = read()
      if (typeof found === 'number') set(name, found)
      else for (const { value, labels } of found ?? []) set(name, value, labels)
    } catch (error) {
      logger.error(`metric ${name} could not be read: please report this`, { error })
    }
  }

  function forget(name: string): void {
    gauges.get(name)?.reset()
    // A gauge without labels is back at 0 after that, which would be a reading.
    gauges.get(name)?.remove({})
    series.delete(name)
  }

  return {
    registry,
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counters: {
      add(name, labels = {}, amount = 1) {
        const admitted = admit(name, 'counter', labels)
        if (admitted !== undefined) counters.get(name)?.inc(admitted, amount)
      },
    },
    gauges: {
      set,
      watch(name, read) {
        const fault = gauges.has(name) ? undefined : `metric ${name} is not declared as a gauge`
        if (fault !== undefined) throw new RangeError(fault)
        watched.set(name, read)
        return () => {
          if (watched.get(name) !== read) return
          watched.delete(name)
          forget(name)
        }
      },
    },
    histograms: {
      observe(name, value, labels = {}) {
        const admitted = admit(name, 'histogram', labels)
        if (admitted !== undefined) histograms.get(name)?.observe(admitted, value)
      },
    },
  }
}
