import { Gauge, Histogram, type Registry } from 'prom-client'

type Labelled = Readonly<Record<string, string | number>>

interface MetricConfig {
  readonly name: string
  readonly help: string
  readonly labelNames?: readonly string[]
  readonly buckets?: readonly number[]
}

/**
 * What gossipsub's option `metricsRegister` asks for, on the registry. Gossipsub hands in the labels, or none at all,
 * before each value.
 */
export interface GossipsubMetrics {
  gauge(config: MetricConfig): GossipsubGauge
  histogram(config: MetricConfig): GossipsubHistogram
  avgMinMax(config: MetricConfig): GossipsubSummary
}

export interface GossipsubGauge {
  inc(labels?: Labelled | number, value?: number): void
  set(labels: Labelled | number, value?: number): void
  // A method, so that what gossipsub hands in may ask for a more particular gauge.
  addCollect(collect: (metric: never) => void): void
}

export interface GossipsubHistogram {
  startTimer(): () => void
  observe(labels: Labelled | number, value?: number): void
  reset(): void
}

export interface GossipsubSummary {
  set(labels: Labelled | readonly number[], values?: readonly number[]): void
}

/** The registry as gossipsub takes it; one for each host. */
export function gossipsubMetrics(registry: Registry): GossipsubMetrics {
  // Gossipsub brings all its gauges up to date from the collector of one; it must run before any other is read, and the
  // registry reads in the order of registration.
  const collectors: (() => void)[] = []
  let isFirst = true
  const collect = (): void => {
    for (const each of collectors) each()
  }
  return { gauge, histogram, avgMinMax }

  function gauge({ name, help, labelNames = [] }: MetricConfig): GossipsubGauge {
    const metric = new Gauge({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      ...(isFirst ? { collect } : {}),
    })
    isFirst = false
    const made: GossipsubGauge = {
      inc: (...given) => {
        const [labels, value] = given.length === 0 ? [{}, 1] : split(given)
        metric.inc(labels, value)
      },
      set: (...given) => {
        const [labels, value] = split(given)
        metric.set(labels, value)
      },
      addCollect: (collector) => void collectors.push(() => collector(made as never)),
    }
    return made
  }

  function histogram({ name, help, labelNames = [], buckets }: MetricConfig): GossipsubHistogram {
    const metric = new Histogram({
      name,
      help,
      labelNames: [...labelNames],
      registers: [registry],
      ...(buckets === undefined ? {} : { buckets: [...buckets] }),
    })
    return {
      startTimer: () => {
        const end = metric.startTimer()
        return () => void end()
      },
      observe: (...given) => {
        const [labels, value] = split(given)
        metric.observe(labels, value)
      },
      reset: () => metric.reset(),
    }
  }

  function avgMinMax({ name, help, labelNames }: MetricConfig): GossipsubSummary {
    const part = (suffix: string): Gauge =>
      new Gauge({ name: `${name}_${suffix}`, help, labelNames: [...(labelNames ?? [])], registers: [registry] })
    const [avg, min, max] = [part('avg'), part('min'), part('max')]
    return {
      set: (...given) => {
        const [labels, values] = splitMany(given)
        if (values.length === 0) return
        avg.set(labels, values.reduce((sum, value) => sum + value, 0) / values.length)
        min.set(
          labels,
          values.reduce((least, value) => Math.min(least, value), Infinity),
        )
        max.set(
          labels,
          values.reduce((most, value) => Math.max(most, value), -Infinity),
        )
      },
    }
  }
}

/** Labels and value, whether the labels were given or not; labels alone stand for one. */
function split([first, second]: readonly unknown[]): [Labelled, number] {
  if (typeof first === 'number') return [{}, first]
  return [(first ?? {}) as Labelled, typeof second === 'number' ? second : 1]
}

function splitMany([first, second]: readonly unknown[]): [Labelled, readonly number[]] {
  if (Array.isArray(first)) return [{}, first as readonly number[]]
  return [(first ?? {}) as Labelled, (second ?? []) as readonly number[]]
}
