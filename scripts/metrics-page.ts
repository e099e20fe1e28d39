import { writeFile } from 'node:fs/promises'
import process from 'node:process'
import { METRICS } from '../src/telemetry/metric-table.ts'
import { startMeasuredHost } from '../test/helpers/all-metrics.ts'

/** The page that documents every metric, made of what is declared and of what libp2p and the process register. */
export async function renderMetricsPage(): Promise<string> {
  const { metrics, host } = await startMeasuredHost()
  try {
    // Some are registered when they are first asked for.
    await metrics.text()
    const found = metrics.registry.getMetricsAsArray() as unknown as readonly Registered[]
    const others = found
      .filter(({ name }) => !Object.hasOwn(METRICS, name))
      .map(({ name, help, type: kind, labelNames: labels = [] }) => ({ name, help, kind, labels }))
    const own = Object.entries(METRICS).map(([name, { kind, help, labels = [] }]) => ({ name, kind, help, labels }))
    const startingWith = (prefix: RegExp): readonly Row[] => others.filter(({ name }) => prefix.test(name))
    const ofProcess = startingWith(/^(?:process|nodejs)_/)
    const gossipsub = startingWith(/^(?:gossipsub|gossisub|gossip)_/)
    const libp2p = others.filter((row) => !ofProcess.includes(row) && !gossipsub.includes(row))
    return [
      HEAD,
      table(own),
      '## gossipsub\n',
      table(gossipsub),
      '## libp2p\n',
      table(libp2p),
      '## The process\n',
      table(ofProcess),
    ].join('\n')
  } finally {
    await host.stop()
  }
}

interface Registered {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly labelNames?: readonly string[]
}

interface Row {
  readonly name: string
  readonly kind: string
  readonly help: string
  readonly labels: readonly string[]
}

const HEAD = `# Metrics

\`GET /metrics\` of a node, in the text format of Prometheus. This page is made by \`npm run docs:metrics\` from
\`src/telemetry/metric-table.ts\` and from what a host registers; a test keeps it current.

A name has 1,000 sets of labels at most; what comes beyond is counted with all labels \`other\`.

## Ours
`

function table(rows: readonly Row[]): string {
  const unique = new Map(rows.map((row) => [row.name, row]))
  const lines = [...unique.values()]
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, kind, help, labels }) => {
      const listed = labels.map((label) => `\`${label}\``).join(', ')
      return `| \`${name}\` | ${kind} | ${listed} | ${help === name ? '' : plain(help)} |`
    })
  return ['| name | kind | labels | what |', '| --- | --- | --- | --- |', ...lines, ''].join('\n')
}

/** libp2p writes underscores for spaces. */
function plain(help: string): string {
  const words = /\s/.test(help) ? help : help.replaceAll('_', ' ')
  return words.replaceAll('|', '/').replaceAll(/\s+/g, ' ').trim()
}

if (import.meta.main) {
  await writeFile(new URL('../docs/metrics.md', import.meta.url), await renderMetricsPage())
  process.stdout.write('docs/metrics.md\n')
}
