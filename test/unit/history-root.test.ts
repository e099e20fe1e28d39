import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { HistoryRange } from '../../src/core/history.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import { historyRange } from '../../src/gossip/sync/history-range.ts'
import { HistoryRoot } from '../../src/node/history-root.ts'
import { RULES, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { HistoryInMemory } from '../helpers/history-in-memory.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, statement } from '../helpers/statements.ts'

const HISTORY_MS = 30 * 86_400_000
const CONSTANTS = {
  ...RULES,
  network: statement().network,
  pairs: ['ETH-USD'],
  source: 'coinbase',
  maxDeviation: 10_000_000n,
  signers: createSignerSet([]),
}

function createRoot({ alone = false } = {}) {
  const clock = new ManualClock()
  const logger = new RecordingLogger()
  const history = new HistoryInMemory()
  const root = new HistoryRoot({ history, clock, logger }, { constants: CONSTANTS, historyMs: HISTORY_MS, alone })
  const range = (): HistoryRange => historyRange(CONSTANTS, { wallMs: clock.now().wallMs, historyMs: HISTORY_MS })
  const write = (observedAt: number): unknown =>
    history.write([{ attestation: attest(statement({ observedAt }), alice), lastSignedAtMs: observedAt }])
  return { clock, logger, history, root, range, write }
}

describe('the root that a node reports', () => {
  it('is that which histories were compared by last', async () => {
    const { clock, history, root, range, write } = createRoot()
    assert.equal(root.known(), undefined)
    const empty = await root.history.root(range())
    assert.equal(root.known(), empty)
    write(OBSERVED_AT)
    await clock.advance(3 * INTERVAL_MS)
    const later = await root.history.root(range())
    assert.notEqual(later, empty)
    assert.equal(root.known(), later)
    assert.equal(later, await history.root(range()))
  })

  it('is none over less of history than is kept, as peers ask for', async () => {
    const { root, range } = createRoot()
    const { fromDay, untilMs } = range()
    await root.history.root({ fromDay: (fromDay + 1) as typeof fromDay, untilMs })
    assert.equal(root.known(), undefined)
    const whole = await root.history.root(range())
    await root.history.root({ fromDay, untilMs: untilMs - 1 })
    assert.equal(root.known(), whole)
  })

  it('is forgotten when nothing has been compared for ten minutes', async () => {
    const { clock, root, range } = createRoot()
    await root.history.root(range())
    await clock.advance(600_000)
    assert.notEqual(root.known(), undefined)
    await clock.advance(1)
    assert.equal(root.known(), undefined)
  })

  it('is asked of no database that others may share, and is read where nobody else can', async (t) => {
    for (const alone of [false, true]) {
      const { clock, history, root } = createRoot({ alone })
      const asked = t.mock.method(history, 'root')
      root.refresh()
      root.refresh()
      await clock.settle()
      assert.equal(asked.mock.callCount(), alone ? 1 : 0)
      assert.equal(root.known() !== undefined, alone)
    }
  })

  it('is unknown, and no mistake of ours, while the table cannot be asked', async () => {
    const { clock, logger, history, root } = createRoot({ alone: true })
    history.isDown = true
    root.refresh()
    await clock.settle()
    assert.equal(root.known(), undefined)
    assert.deepEqual(logger.at('error'), [])
    history.isDown = false
    root.refresh()
    await clock.settle()
    assert.notEqual(root.known(), undefined)
  })
})
