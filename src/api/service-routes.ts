import { DEAR } from './limits.ts'
import { Problem } from './problem.ts'
import { plainText, type Route } from './route.ts'

/** Why a node cannot do its work now, a sentence each; none when it can. */
export type Readiness = () => readonly string[]

/** All metrics, for Prometheus. */
export interface MetricsText {
  text(): Promise<string>
  readonly contentType: string
}

/** For those who watch the process: health and metrics. */
export function serviceRoutes({
  readiness,
  metrics,
}: {
  readonly readiness: Readiness
  readonly metrics: MetricsText | undefined
}): readonly Route[] {
  return [
    {
      path: '/livez',
      summary: 'Whether the process runs',
      answers: { type: 'text/plain' },
      handle: () => plainText(['live']),
    },
    {
      path: '/readyz',
      summary: 'Whether the node can do its work now: `ready`, or status 503 and one reason a line',
      answers: { type: 'text/plain' },
      handle() {
        const reasons = readiness()
        return reasons.length === 0 ? plainText(['ready']) : plainText(reasons, 503)
      },
    },
    {
      path: '/metrics',
      summary: 'Metrics in the text format of Prometheus',
      answers: { type: 'text/plain' },
      problems: [404],
      cost: DEAR,
      async handle() {
        if (metrics === undefined) throw new Problem(404, { detail: 'This node keeps no metrics.' })
        return { type: metrics.contentType, body: await metrics.text() }
      },
    },
  ]
}
