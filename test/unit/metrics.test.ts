import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { createCounters } from '../../src/telemetry/counters.ts'
import { METRICS } from '../../src/telemetry/metric-table.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { ROOT, textOf } from '../helpers/documents.ts'
import { RecordingCounters, RecordingLogger } from '../helpers/recorders.ts'

const strict = (): ReturnType<typeof createMetrics> =>
  createMetrics({ logger: new RecordingLogger() }, { strict: true, processMetrics: false })

/** The lines of one metric, without its help. */
async function linesOf(metrics: ReturnType<typeof createMetrics>, name: string): Promise<string[]> {
  const text = await metrics.text()
  return text.split('\n').filter((line) => line.startsWith(name) && !line.startsWith('#'))
}

describe('the metrics', () => {
  it('are counted with their labels, in the format of Prometheus', async () => {
    const metrics = strict()
    metrics.counters.add('gp_rows_total', { outcome: 'written' })
    metrics.counters.add('gp_rows_total', { outcome: 'written' }, 2)
    metrics.counters.add('gp_rows_total', { outcome: 'present' })
    assert.deepEqual(await linesOf(metrics, 'gp_rows_total'), [
      'gp_rows_total{outcome="written"} 3',
      'gp_rows_total{outcome="present"} 1',
    ])
    assert.match(metrics.contentType, /^text\/plain; version=0\.0\.4/)
  })

  it('of which nothing is known yet show nothing, but counters without labels begin at 0', async () => {
    const metrics = strict()
    assert.deepEqual(await linesOf(metrics, 'gp_equivocations_total'), ['gp_equivocations_total 0'])
    assert.deepEqual(await linesOf(metrics, 'gp_clock_offset_seconds'), [])
    assert.deepEqual(await linesOf(metrics, 'gp_last_quorum_timestamp_seconds'), [])
  })

  it('that are gauges are set, or read when somebody looks', async () => {
    const metrics = strict()
    metrics.gauges.set('gp_peers', 3)
    assert.deepEqual(await linesOf(metrics, 'gp_peers'), ['gp_peers 3'])
    let topics = ['a', 'b']
    const end = metrics.gauges.watch('gp_mesh_peers', () => topics.map((topic) => ({ value: 2, labels: { topic } })))
    assert.deepEqual(await linesOf(metrics, 'gp_mesh_peers'), [
      'gp_mesh_peers{topic="a"} 2',
      'gp_mesh_peers{topic="b"} 2',
    ])
    topics = ['b']
    assert.deepEqual(await linesOf(metrics, 'gp_mesh_peers'), ['gp_mesh_peers{topic="b"} 2'])
    end()
    assert.deepEqual(await linesOf(metrics, 'gp_mesh_peers'), [])
  })

  it('that cannot be read now are left out, and hold up no other', async () => {
    const logger = new RecordingLogger()
    const metrics = createMetrics({ logger }, { strict: true, processMetrics: false })
    metrics.gauges.watch('gp_clock_offset_seconds', () => undefined)
    metrics.gauges.watch('gp_peers', () => {
      throw new Error('no')
    })
    metrics.gauges.set('gp_signers', 4)
    assert.deepEqual(await linesOf(metrics, 'gp_clock_offset_seconds'), [])
    assert.deepEqual(await linesOf(metrics, 'gp_peers'), [])
    assert.deepEqual(await linesOf(metrics, 'gp_signers'), ['gp_signers 4'])
    assert.equal(logger.at('error').length, 3, 'once each time that somebody looks')
  })

  it('that are histograms have the buckets that are declared', async () => {
    const metrics = strict()
    metrics.histograms.observe('gp_quorum_seconds', 4, { pair: 'ETH-USD' })
    const lines = await linesOf(metrics, 'gp_quorum_seconds')
    assert.ok(lines.includes('gp_quorum_seconds_bucket{le="5",pair="ETH-USD"} 1'))
    assert.ok(lines.includes('gp_quorum_seconds_bucket{le="2",pair="ETH-USD"} 0'))
    assert.equal(lines.length, (METRICS['gp_quorum_seconds']?.buckets?.length ?? 0) + 3)
  })

  it('do not grow without end, whatever labels strangers bring', async () => {
    const metrics = strict()
    for (let number = 0; number < 1_500; number++) {
      metrics.counters.add('gp_late_signatures_total', { signer: `0x${number}` })
    }
    const lines = await linesOf(metrics, 'gp_late_signatures_total')
    assert.equal(lines.length, 1_001)
    assert.equal(lines.at(-1), 'gp_late_signatures_total{signer="other"} 500')
  })

  it('measure the process too', async () => {
    const text = await createMetrics({ logger: new RecordingLogger() }).text()
    assert.match(text, /^nodejs_eventloop_lag_p99_seconds /m)
    assert.match(text, /^process_resident_memory_bytes /m)
  })
})

describe('a metric that is not declared', () => {
  const WRONG: readonly (readonly [name: string, labels: Readonly<Record<string, string>>])[] = [
    ['gp_nothing_total', {}],
    ['gp_rows_total', {}],
    ['gp_rows_total', { outcome: 'written', more: 'x' }],
    ['gp_rows_total', { code: 'written' }],
    ['gp_peers', {}],
    ['__proto__', {}],
  ]

  it('is an error in tests, whichever counters they use', () => {
    for (const [name, labels] of WRONG) {
      assert.throws(() => strict().counters.add(name, labels), RangeError)
      assert.throws(() => createCounters().add(name, labels), RangeError)
      assert.throws(() => new RecordingCounters().add(name, labels), RangeError)
    }
    assert.throws(() => strict().gauges.set('gp_rows_total', 1), RangeError)
    assert.throws(() => strict().gauges.watch('gp_rows_total', () => 1), RangeError)
    assert.throws(() => strict().histograms.observe('gp_peers', 1), RangeError)
  })

  it('is a line in the log of a node, once, and ends nothing', () => {
    const logger = new RecordingLogger()
    const metrics = createMetrics({ logger }, { processMetrics: false })
    metrics.counters.add('gp_nothing_total')
    metrics.counters.add('gp_nothing_total')
    assert.deepEqual(logger.at('error'), ['metric gp_nothing_total is not declared: please report this'])
  })
})

describe('the table of metrics', () => {
  it('declares every name that the code counts', () => {
    const files = readdirSync(`${ROOT}src`, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.ts'),
    )
    for (const file of files) {
      for (const [, name = ''] of textOf(`src/${file}`).matchAll(/'(gp_[a-z0-9_]+)'/g)) {
        assert.ok(Object.hasOwn(METRICS, name), `src/${file} counts ${name}`)
      }
    }
  })

  it('names things as Prometheus does', () => {
    for (const [name, { kind, help, labels = [], buckets = [] }] of Object.entries(METRICS)) {
      assert.match(name, /^gp_[a-z][a-z0-9_]*[a-z0-9]$/)
      assert.equal(name.endsWith('_total'), kind === 'counter', name)
      assert.match(help, /^[A-Z0-9].*[^.]$/, name)
      assert.equal(new Set(labels).size, labels.length)
      assert.equal(buckets.length > 0, kind === 'histogram', name)
      assert.deepEqual(
        buckets,
        buckets.toSorted((a, b) => a - b),
      )
    }
  })
})
