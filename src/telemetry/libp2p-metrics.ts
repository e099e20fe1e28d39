import type { ComponentLogger, Metrics } from '@libp2p/interface'
import { prometheusMetrics } from '@libp2p/prometheus-metrics'
import type { Registry } from 'prom-client'

/**
 * What libp2p's option `metrics` asks for: connections, dials, bytes by protocol, on the registry. One for each host;
 * measures of the process are in the registry already.
 */
export function libp2pMetrics(registry: Registry): (components: { readonly logger: ComponentLogger }) => Metrics {
  return prometheusMetrics({ registry, collectDefaultMetrics: false })
}
