import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HistorySyncResult } from '../../src/gossip/sync/history-session.ts'
import { collectHistory } from '../../src/node/collect-history.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

type Outcome = HistorySyncResult['outcome']

function result(outcome: Outcome, written = 0): HistorySyncResult {
  const reason = outcome === 'stopped' ? 'timeout' : undefined
  return { outcome, reason, written, present: 0, disputed: 0, refused: 0, leftOut: 0 }
}

interface Stage {
  readonly peers: string[]
  /** What each peer gives, one after another; the last of it again and again. */
  readonly results: Readonly<Record<string, readonly HistorySyncResult[]>>
  readonly liars?: ReadonlySet<string>
}

/** Collects on a clock that goes on by itself. */
async function collect(stage: Stage, signal = new AbortController().signal) {
  const clock = new ManualClock()
  const startedAtMs = clock.now().monoMs
  const asked: string[] = []
  const over = { yet: false }
  const collecting = collectHistory(
    {
      exchange: { peers: () => stage.peers },
      clock,
      async take(peerId) {
        const results = stage.results[peerId] ?? []
        const time = asked.filter((each) => each === peerId).length
        asked.push(peerId)
        const given = results[Math.min(time, results.length - 1)]
        assert.ok(given)
        return given
      },
      hasLied: (peerId) => stage.liars?.has(peerId) === true,
    },
    { signal },
  ).finally(() => {
    over.yet = true
  })
  collecting.catch(() => undefined)
  for (let steps = 0; !over.yet && steps < 1_000; steps++) await clock.advance(250)
  return { found: await collecting, asked, tookMs: clock.now().monoMs - startedAtMs }
}

describe('taking over history from peers', () => {
  it('asks each peer once that can be asked to the end', async () => {
    const { found, asked } = await collect({
      peers: ['a', 'b', 'c'],
      results: { a: [result('complete', 7)], b: [result('same')], c: [result('shared')] },
    })
    assert.deepEqual(asked, ['a', 'b', 'c'])
    assert.deepEqual(
      [...found.values()].map(({ outcome }) => outcome),
      ['complete', 'same', 'shared'],
    )
  })

  it('asks peers that come while others are asked', async () => {
    const peers = ['a']
    const results = { a: [result('same')], b: [result('complete', 1)] }
    setImmediate(() => peers.push('b'))
    assert.deepEqual((await collect({ peers, results })).asked, ['a', 'b'])
  })

  it('asks who could not go on again, after the others, and gives up when nothing comes of it', async () => {
    const { found, asked } = await collect({
      peers: ['a', 'b'],
      results: { a: [result('stopped')], b: [result('same')] },
    })
    assert.deepEqual(asked, ['a', 'b', 'a', 'a'])
    assert.equal(found.get('a')?.outcome, 'stopped')
  })

  it('goes on as long as rows come, and counts them all', async () => {
    const pieces = Array.from({ length: 9 }, () => result('stopped', 10))
    const { found, asked } = await collect({ peers: ['a'], results: { a: [...pieces, result('complete', 5)] } })
    assert.equal(asked.length, 10)
    assert.deepEqual(found.get('a'), result('complete', 95))
  })

  it('does not ask who lied again', async () => {
    const { asked } = await collect({
      peers: ['a', 'b'],
      results: { a: [result('stopped', 3)], b: [result('same')] },
      liars: new Set(['a']),
    })
    assert.deepEqual(asked, ['a', 'b'])
  })

  it('waits half a minute for the first peer, and then no more', async () => {
    const { found, tookMs } = await collect({ peers: [], results: {} })
    assert.equal(found.size, 0)
    assert.equal(tookMs, 30_000)
  })

  it('ends when it is told to', async () => {
    const stopping = new AbortController()
    const stop = new Error('stop')
    setImmediate(() => stopping.abort(stop))
    await assert.rejects(collect({ peers: [], results: {} }, stopping.signal), stop)
  })
})
