import assert from 'node:assert/strict'
import { spawnSync, type SpawnSyncReturns } from 'node:child_process'
import { describe, it } from 'node:test'
import { ROOT, textOf } from '../helpers/documents.ts'

interface Dashboard {
  readonly panels: readonly {
    readonly title: string
    readonly type: string
    readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number }
    readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[]
  }[]
}

const dashboard = JSON.parse(textOf('docker/grafana/dashboards/gossip-price.json')) as Dashboard
const alerts = textOf('docker/alerts.yml')
const known = new Set([...textOf('docs/metrics.md').matchAll(/^\| `([a-z0-9_]+)`/gm)].map(([, name]) => name))

/** The names of metrics in an expression; those of a histogram without what Prometheus adds to them. */
function metricsOf(expression: string): string[] {
  const names = expression.match(/\b(?:gp|libp2p|gossipsub|nodejs|process)_[a-z0-9_]+/g) ?? []
  return names.map((name) => (known.has(name) ? name : name.replace(/_(?:bucket|sum|count)$/, '')))
}

function promtool(...options: string[]): SpawnSyncReturns<string> {
  return spawnSync('promtool', options, { cwd: ROOT, encoding: 'utf8', timeout: 60_000 })
}

const skip = promtool('--version').error === undefined ? false : 'promtool is not installed (Debian package prometheus)'

describe('the alert rules', () => {
  it('are sound, and so is what loads them', { skip }, () => {
    const checked = promtool('check', 'config', 'docker/prometheus.yml')
    assert.equal(checked.status, 0, `${checked.stdout}${checked.stderr}`)
  })

  it('fire when they should and at no other time', { skip }, () => {
    const tested = promtool('test', 'rules', 'docker/alerts.test.yml')
    assert.equal(tested.status, 0, `${tested.stdout}${tested.stderr}`)
  })

  it('are tested each', () => {
    const names = [...alerts.matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name)
    const tested = textOf('docker/alerts.test.yml')
    assert.ok(names.length >= 4)
    for (const name of names) assert.match(tested, new RegExp(`alertname: ${name}\\b`), name)
  })
})

describe('what is watched', () => {
  it('are metrics that a node has', () => {
    const expressions = [...alerts.matchAll(/expr: (.*)/g)].map(([, expression = '']) => expression)
    for (const { targets = [] } of dashboard.panels) expressions.push(...targets.map(({ expr }) => expr))
    const names = expressions.flatMap(metricsOf)
    assert.ok(names.length > 30)
    for (const name of names) assert.ok(known.has(name), name)
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
