import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fromHex } from '../../src/core/hex.ts'
import type { HistoryRange } from '../../src/core/history.ts'
import type { HistorySight, SeenLeaf, SightRange } from '../../src/core/history-ledger.ts'
import { DAY_MS, dayAt, startOf } from '../../src/core/history-tree.ts'
import { type PriceRow, TableUnavailableError } from '../../src/core/price-table.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { historyRange } from '../../src/gossip/sync/history-range.ts'
import { HistoryRoot } from '../../src/node/history-root.ts'
import { RULES, attestCheaply as attest } from '../helpers/engine-at-work.ts'
import { HistoryInMemory } from '../helpers/history-in-memory.ts'
import { ManualClock } from '../helpers/manual-clock.ts'
import { RecordingLogger } from '../helpers/recorders.ts'
import { INTERVAL_MS, OBSERVED_AT, alice, bob, statement } from '../helpers/statements.ts'

const HISTORY_MS = 30 * DAY_MS
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
  const watchers = { observedAt: () => undefined, onNewest: () => undefined, random: () => 0, see: undefined }
  const root = new HistoryRoot(
    { history, clock, logger, ...watchers },
    { constants: CONSTANTS, historyMs: HISTORY_MS, alone },
  )
  const range = (): HistoryRange => historyRange(CONSTANTS, { wallMs: clock.now().wallMs, historyMs: HISTORY_MS })
  const write = (observedAt: number): unknown => history.write([rowAt(observedAt)])
  return { clock, logger, history, root, range, write }
}

function rowAt(observedAt: number, proposer = alice): PriceRow {
  const { address } = proposer
  return { attestation: attest(statement({ observedAt, proposer: address }), proposer), lastSignedAtMs: observedAt }
}

/** A node on a table that others write to as well. */
function createSharing({ historyMs = HISTORY_MS } = {}) {
  const clock = new ManualClock({ wallMs: startOf(dayAt(OBSERVED_AT)) + 22 * 3_600_000 })
  const logger = new RecordingLogger()
  const history = new HistoryInMemory()
  const sights: SightRange[] = []
  const newest: number[] = []
  /** What the engine holds. */
  const held = new Map<StatementId, number>()
  const waiting: { until: Promise<void> | undefined } = { until: undefined }
  const root = new HistoryRoot(
    {
      history,
      async see(range) {
        sights.push(range)
        const sight = await seeIn(history, range)
        await waiting.until
        return sight
      },
      observedAt: (id) => held.get(id),
      onNewest: (observedAtMs) => newest.push(observedAtMs),
      clock,
      random: () => 0,
      logger,
    },
    { constants: CONSTANTS, historyMs, alone: false },
  )
  const table = root.keepUpWith(history)
  const range = (): HistoryRange => historyRange(CONSTANTS, { wallMs: clock.now().wallMs, historyMs })
  return {
    clock,
    logger,
    history,
    root,
    table,
    sights,
    newest,
    waiting,
    /** Another node writes a row, whose statement this one holds. */
    hear: async (row: PriceRow): Promise<void> => {
      const { id, statement: observed } = row.attestation
      held.set(id, observed.observedAt)
      await history.write([row])
      root.heard([id])
    },
    start: async (): Promise<void> => {
      root.setHearing(true)
      await table.write([])
      await clock.settle()
    },
    /** A status is sent. */
    report: async (): Promise<void> => {
      root.refresh()
      await clock.settle()
    },
    /** What is said is what is there. */
    isTrue: async (): Promise<boolean> => root.known() === (await history.root(range())),
  }
}

describe('the root that a node reports of a table that others write to', () => {
  it('is looked at once, and is that of the table whatever is written and heard from then on, past midnight', async () => {
    const { clock, root, table, sights, hear, start, report, isTrue } = createSharing()
    await start()
    assert.ok(await isTrue())
    const empty = root.known()
    for (let round = 0; round < 30; round++) {
      const { wallMs } = clock.now()
      await table.write([rowAt(wallMs - 1_000)])
      await hear(rowAt(wallMs - 2_000, bob))
      await clock.advance(INTERVAL_MS)
      await report()
      assert.ok(await isTrue(), `round ${round}`)
    }
    assert.notEqual(root.known(), empty)
    assert.equal(sights.length, 1)
  })

  it('is unknown until the table has answered and is listened to', async () => {
    const { root, table, clock, sights, report } = createSharing()
    await report()
    root.setHearing(true)
    await report()
    assert.deepEqual([root.known(), sights.length], [undefined, 0])
    await table.write([])
    await clock.settle()
    assert.notEqual(root.known(), undefined)
  })

  it('counts what came while the table was looked at', async () => {
    const { root, clock, waiting, table, sights, hear, isTrue } = createSharing()
    const answer = Promise.withResolvers<void>()
    waiting.until = answer.promise
    root.setHearing(true)
    await table.write([])
    await clock.settle()
    await hear(rowAt(OBSERVED_AT + DAY_MS / 4))
    await table.write([rowAt(OBSERVED_AT + DAY_MS / 3)])
    answer.resolve()
    await clock.settle()
    assert.ok(await isTrue())
    assert.equal(sights.length, 1)
  })

  it('is looked at again when what came meanwhile cannot be added to what was seen', async () => {
    const rows = {
      old: [rowAt(OBSERVED_AT - 3 * DAY_MS)],
      disputed: [rowAt(OBSERVED_AT + DAY_MS / 4), rowAt(OBSERVED_AT + DAY_MS / 4 + 1)],
    }
    for (const [what, written] of Object.entries(rows)) {
      const { root, clock, waiting, table, sights, report, isTrue } = createSharing()
      const answer = Promise.withResolvers<void>()
      waiting.until = answer.promise
      root.setHearing(true)
      await table.write([])
      await clock.settle()
      await table.write(written)
      answer.resolve()
      await clock.settle()
      assert.equal(await isTrue(), false, what)
      await clock.advance(10_000)
      await report()
      assert.ok(await isTrue(), what)
      assert.equal(sights.length, 2, what)
    }
  })

  it('is looked at again for what nobody here knows: unknown rows, old days, disputes, lost answers, lost notices', async () => {
    const cases: Record<string, (at: ReturnType<typeof createSharing>) => unknown> = {
      async unknown({ history, root }) {
        const row = rowAt(OBSERVED_AT + DAY_MS / 4)
        await history.write([row])
        root.heard([row.attestation.id])
      },
      old: ({ table }) => table.write([rowAt(OBSERVED_AT - 3 * DAY_MS)]),
      dispute: ({ table }) => table.write([rowAt(OBSERVED_AT), rowAt(OBSERVED_AT + 1)]),
      async 'dispute that others found'({ hear, history, root }) {
        await hear(rowAt(OBSERVED_AT))
        const rival = rowAt(OBSERVED_AT + 1)
        await history.write([rival])
        root.heardDisputes([rival.attestation.id])
      },
      async 'lost answer'({ table, history, root }) {
        const row = rowAt(OBSERVED_AT + DAY_MS / 4)
        const lost = root.keepUpWith({
          present: (ids) => history.present(ids),
          async write(rows) {
            await history.write(rows)
            throw new TableUnavailableError('unreachable', 'no answer')
          },
        })
        await assert.rejects(lost.write([row]))
        await table.write([])
      },
      async 'lost notice'({ history, root }) {
        root.setHearing(false)
        await history.write([rowAt(OBSERVED_AT + DAY_MS / 4)])
        root.setHearing(true)
      },
    }
    for (const [what, happen] of Object.entries(cases)) {
      const at = createSharing()
      await at.start()
      await at.clock.advance(60_000)
      await happen(at)
      await at.clock.settle()
      await at.report()
      assert.ok(await at.isTrue(), what)
      assert.equal(at.sights.length, 2, what)
    }
  })

  it('is looked at again after 36 rounds in any case, as for a row that is taken away without a word', async () => {
    const { clock, sights, history, root, start, report, isTrue } = createSharing()
    await history.write([rowAt(OBSERVED_AT - DAY_MS)])
    await start()
    const before = root.known()
    history.remove(rowAt(OBSERVED_AT - DAY_MS).attestation.id)
    await clock.advance(36 * INTERVAL_MS - 1)
    await report()
    assert.equal(sights.length, 1)
    await clock.advance(1)
    await report()
    assert.equal(sights.length, 2)
    assert.ok(await isTrue())
    assert.notEqual(root.known(), before)
  })

  it('is not looked at more often than every ten seconds, however much there is to doubt', async () => {
    const { clock, sights, root, start, report } = createSharing()
    await start()
    for (let second = 0; second < 60; second++) {
      root.heard([rowAt(OBSERVED_AT).attestation.id])
      await clock.advance(1_000)
      await report()
    }
    assert.equal(sights.length, 7)
  })

  it('is looked at every minute by who hears nothing', async () => {
    const { clock, history, sights, table, report, isTrue } = createSharing()
    await table.write([])
    await clock.advance(20_000)
    await report()
    assert.equal(sights.length, 1)
    await history.write([rowAt(OBSERVED_AT)])
    await clock.advance(60_000)
    await report()
    assert.ok(await isTrue())
    assert.equal(sights.length, 2)
  })

  it('is kept for ten minutes while the table cannot be asked, and then unknown', async () => {
    const { clock, history, root, start, report, logger } = createSharing()
    await start()
    const before = root.known()
    root.setHearing(false)
    history.isDown = true
    await clock.advance(600_000)
    await report()
    assert.equal(root.known(), before)
    await clock.advance(1)
    assert.equal(root.known(), undefined)
    assert.deepEqual(logger.at('error'), [])
  })

  it('comes with when the newest row was observed', async () => {
    const { history, newest, start } = createSharing()
    await history.write([rowAt(OBSERVED_AT - DAY_MS), rowAt(OBSERVED_AT)])
    await start()
    assert.deepEqual(newest, [OBSERVED_AT])
  })
})

/** What a database answers. */
async function seeIn(history: HistoryInMemory, { fromDay, leavesFrom, untilMs }: SightRange): Promise<HistorySight> {
  const leaves: SeenLeaf[] = []
  const all: HistoryRange = { fromDay, untilMs }
  for (const { day } of await history.days(all)) {
    for (const { id, disputed } of await history.leaves(day, all, { limit: 1_000 })) {
      const [found] = await history.attestations([id])
      const observedAtMs = found?.statement.observedAt ?? assert.fail('a leaf is a row')
      leaves.push({ leaf: Uint8Array.of(...fromHex(id), disputed ? 1 : 0), observedAtMs })
    }
  }
  return {
    days: (await history.days(all)).filter(({ day }) => day < leavesFrom),
    leaves: leaves.filter(({ observedAtMs }) => observedAtMs >= startOf(leavesFrom)),
    newestMs: leaves.length === 0 ? undefined : Math.max(...leaves.map(({ observedAtMs }) => observedAtMs)),
    reads: 1,
  }
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

  it('is asked of no table that others may share and that cannot be looked at, and is read where nobody else can', async (t) => {
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
