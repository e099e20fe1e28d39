import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Day } from '../../src/core/history.ts'
import { unmeasured } from '../../src/core/measurements.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { NodeDirectory } from '../../src/gossip/node-directory.ts'
import { decodeAnswer } from '../../src/gossip/sync/answer-reader.ts'
import type { Exchange } from '../../src/gossip/sync/exchange.ts'
import { JOIN_JITTER_MS } from '../../src/gossip/sync/syncer.ts'
import { encodeQuestion } from '../../src/gossip/sync/question-wire.ts'
import { openSync } from '../../src/node/open-sync.ts'
import { Releases } from '../../src/node/releases.ts'
import { createKeyedHashCurve } from '../helpers/keyed-hash-curve.ts'
import { digest } from '../helpers/statements.ts'
import { CONSTANTS, createSyncAtWork } from '../helpers/sync-at-work.ts'

const DAYS = encodeQuestion({ kind: 'days', range: { fromDay: 0 as Day, untilMs: 1 } }, CONSTANTS)

/** A node as it is put together, which has a peer; what it answers, and what it asks. */
async function nodeOf({ open, historyMs }: { readonly open: boolean; readonly historyMs: number }) {
  const { engine, clock, counters, logger, standing, inbox, exchange, table } = createSyncAtWork()
  const constants = open ? { ...CONSTANTS, signers: createSignerSet([]) } : CONSTANTS
  const serving: Parameters<Exchange['serve']>[0][] = []
  const releases = new Releases({ clock, allMs: 1_000, stepMs: 1_000 })
  const syncer = openSync(
    { ...unmeasured, clock, random: () => 0, counters, logger, onFatal: (error) => assert.fail(error) },
    {
      ports: {
        curve: createKeyedHashCurve(),
        nextTurn: () => Promise.resolve(),
        table: { table, history: table },
      },
      exchange: Object.assign(exchange, {
        serve: (answer: Parameters<Exchange['serve']>[0]) => serving.push(answer),
      }),
      pool: engine.pool,
      standing,
      directory: new NodeDirectory({ clock }, { open }),
      digest,
      receive: (data, peerId) => inbox.receive(data, peerId),
      constants,
      options: { syncIntervalMs: 20_000, historyMs },
      releases,
    },
  )
  const bytes = await serving[0]?.(DAYS, 'peer')
  exchange.connectLiar('peer', () => undefined)
  syncer.start()
  await clock.advance(JOIN_JITTER_MS)
  await syncer.stop()
  const [first] = exchange.asked
  return {
    answered: bytes && decodeAnswer(bytes).answer?.kind,
    asksForHistory: first?.question.kind === 'summary' && first.question.range !== undefined,
    said: logger.at('info').filter((line) => line.includes('GP_HISTORY')).length,
  }
}

describe('a node with a history', () => {
  it('tells of it and asks for it', async () => {
    assert.deepEqual(await nodeOf({ open: false, historyMs: Infinity }), {
      answered: 'days',
      asksForHistory: true,
      said: 0,
    })
  })

  it('does neither when it is told not to', async () => {
    assert.deepEqual(await nodeOf({ open: false, historyMs: 0 }), {
      answered: 'refused',
      asksForHistory: false,
      said: 0,
    })
  })

  it('does neither in an open network, and says so to who has set how far back', async () => {
    const silent = { answered: 'refused', asksForHistory: false, said: 0 }
    assert.deepEqual(await nodeOf({ open: true, historyMs: Infinity }), silent)
    assert.deepEqual(await nodeOf({ open: true, historyMs: 86_400_000 }), { ...silent, said: 1 })
  })
})
