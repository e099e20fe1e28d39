import assert from 'node:assert/strict'
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { METRICS } from '../../src/telemetry/metric-table.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { Document, ROOT, textOf, unquoted } from '../helpers/documents.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { temporaryDirectory } from '../helpers/temporary-directory.ts'

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly type: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly fieldConfig?: { readonly defaults: { readonly unit?: string } }
    readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
  }[]
}

const dashboard = JSON.parse(textOf('docker/grafana/dashboards/gossip-price.json')) as Dashboard
const expressionsShown = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
const rules = textOf('docker/alerts.yml')
  .split(/^ +- alert: /m)
  .slice(1)
  .map((text) => ({ name: text.split('\n')[0] ?? '', text, expression: expressionOf(text) }))
const known = new Set([...textOf('docs/metrics.md').matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, name]) => name))

/** It stands on one line, or is folded. */
function expressionOf(rule: string): string {
  const [, folded, line] = /^ +expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/m.exec(rule) ?? []
  return folded ?? line ?? assert.fail(`no expression in ${rule}`)
}

/** The names of metrics in an expression; those of a histogram without what Prometheus adds to them. */
function metricsOf(expression: string): string[] {
  const names = expression.match(/\b(?:gp|libp2p|gossipsub|nodejs|process)_[a-z0-9_]+/g) ?? []
  return names.map((name) => (known.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')))
}

function promtool(options: readonly string[], input = ''): SpawnSyncReturns<string> {
  return spawnSync('promtool', options, { cwd: ROOT, encoding: 'utf8', timeout: 60_000, input })
}

const skip =
  promtool(['--version']).error === undefined ? false : 'promtool is not installed (Debian package prometheus)'

describe('the alert rules', () => {
  it('are sound, and so is what loads them', { skip }, () => {
    const checked = promtool(['check', 'config', 'docker/prometheus.yml'])
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`)
  })

  it('fire when they should and at no other time', { skip }, () => {
    const tested = promtool(['test', 'rules', 'docker/alerts.test.yml'])
    assert.equal(tested.status, 0, `${tested.stdout}${tested.stderr}`)
  })

  it('are tested each', () => {
    const tested = textOf('docker/alerts.test.yml')
    for (const { name } of rules) {
      assert.match(tested, new RegExp(`alertname: ${name}\\b.*exp_alerts: \\[\\]`), `${name} is silent`)
      assert.match(tested, new RegExp(`alertname: ${name}\\n +exp_alerts:\\n +- exp_labels`), `${name} fires`)
    }
  })

  it('say how bad it is, what it is, and where docs/operations.md says what to do', () => {
    for (const { name, text } of rules) {
      assert.match(text, /^ +labels: \{ severity: (?:critical|warning) \}$/m, name)
      assert.match(text, /^ +summary: .+$/m, name)
      assert.match(text, /^ +description: .+$/m, name)
      assert.match(text, /^ +runbook: docs\/operations\.md#alerts$/m, name)
    }
    const told = new Document('docs/operations.md').table('<!-- alerts -->')
    assert.deepEqual(
      told.map(([name]) => unquoted(name)),
      rules.map(({ name }) => name),
    )
    for (const [name = '', when = '', remedy = ''] of told) assert.ok(when.length > 10 && remedy.length > 10, name)
  })

  it('know no length of a round but the one that the node tells', () => {
    for (const { name, expression } of rules) assert.doesNotMatch(expression, /\b(?:600|1200|20m)\b/, name)
  })
})

describe('our metrics', () => {
  it('are named and described as promtool wants them', { skip }, async () => {
    const metrics = createMetrics({ logger: new RecordingLogger() }, { strict: true, processMetrics: false })
    for (const [name, { kind, labels = [] }] of Object.entries(METRICS)) {
      const values = Object.fromEntries(labels.map((label) => [label, 'any']))
      if (kind === 'counter') metrics.counters.add(name, values)
      else if (kind === 'gauge') metrics.gauges.set(name, 1, values)
      else metrics.histograms.observe(name, 1, values)
    }
    const checked = promtool(['check', 'metrics'], await metrics.text())
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`)
  })
})

describe('what is watched', () => {
  it('are metrics that a node has', () => {
    const names = [...rules.map(({ expression }) => expression), ...expressionsShown].flatMap(metricsOf)
    assert.ok(names.length > 30)
    for (const name of names) assert.ok(known.has(name), name)
  })

  it('is asked for in expressions that Prometheus understands', { skip }, async (t) => {
    const file = join(await temporaryDirectory(t), 'shown.yml')
    const recorded = expressionsShown.map((expr, index) => ({ record: `shown_${index}`, expr }))
    // What is JSON is YAML.
    await writeFile(file, JSON.stringify({ groups: [{ name: 'shown', rules: recorded }] }))
    const checked = promtool(['check', 'rules', file])
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`)
  })

  it('has a title and a unit', () => {
    const { panels } = dashboard
    assert.equal(new Set(panels.map(({ title }) => title)).size, panels.length)
    for (const { title, type, fieldConfig } of panels) {
      assert.notEqual(title, '')
      assert.ok(type === 'row' || fieldConfig?.defaults.unit !== undefined, title)
    }
  })

  it('are the nodes of docker-compose.yaml, at the port of their API', () => {
    const compose = textOf('docker-compose.yaml')
    const nodes = [...compose.matchAll(/^ {2}(bootstrap|node\d+):$/gm)].map(([, name]) => `${name}:8080`)
    const targets = [...textOf('docker/prometheus.yml').matchAll(/'([a-z0-9]+:\d+)'/g)].map(([, target = '']) => target)
    // Services and volumes have the same names.
    assert.deepEqual(targets.toSorted(), [...new Set(nodes)].toSorted())
  })

  it('comes from the data source that is provisioned', () => {
    assert.match(textOf('docker/grafana/provisioning/datasources/prometheus.yml'), /uid: prometheus$/m)
    for (const { targets = [] } of dashboard.panels) {
      for (const { datasource } of targets) assert.equal(datasource.uid, 'prometheus')
    }
  })

  it('is laid out without one panel over another', () => {
    const { panels } = dashboard
    for (const [index, a] of panels.entries()) {
      assert.ok(a.gridPos.x + a.gridPos.w <= 24, a.title)
      for (const b of panels.slice(index + 1)) {
        const [p, q] = [a.gridPos, b.gridPos]
        const apart = p.x + p.w <= q.x || q.x + q.w <= p.x || p.y + p.h <= q.y || q.y + q.h <= p.y
        assert.ok(apart, `${a.title} and ${b.title}`)
      }
    }
  })
})
