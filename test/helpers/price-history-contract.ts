import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { Day, HistoryRange, PriceHistory } from '../../src/core/history.ts'
import { DAY_MS, dayAt, rootOf } from '../../src/core/history-tree.ts'
import type { PriceRow, PriceTable } from '../../src/core/price-table.ts'
import { type StatementId, roundAt } from '../../src/core/statement.ts'
import { historyVectors, vectorRows } from './history-vectors.ts'
import { priceRow } from './price-rows.ts'
import { alice, bob, carol, dave, INTERVAL_MS, OBSERVED_AT, price } from './statements.ts'

/** An empty table of the test network, and the history of what is written to it. */
export interface HistoryAtWork {
  readonly table: PriceTable
  readonly history: PriceHistory
}

/** @param options - `intervalMs`: of the network, 10 minutes unless it is given */
export type CreateHistory = (t: TestContext, options?: { readonly intervalMs: number }) => Promise<HistoryAtWork>

const ALL: HistoryRange = { fromDay: 0 as Day, untilMs: OBSERVED_AT + 10 * DAY_MS }
const FIRST_DAY = dayAt(OBSERVED_AT)
const EMPTY = rootOf([])

/** What every history does, whatever keeps it. */
export function describePriceHistory(name: string, create: CreateHistory): void {
  describe(`a history ${name}`, { timeout: 300_000 }, () => {
    it('has the days and roots of the vectors', async (t) => {
      const { table, history } = await create(t)
      await table.write(vectorRows())
      for (const { what, range, days, root } of historyVectors.ranges) {
        assert.deepEqual(await history.days(range), days, what)
        assert.equal(await history.root(range), root, what)
      }
    })

    it('of nothing has the root of no days', async (t) => {
      const { history } = await create(t)
      assert.equal(await history.root(ALL), EMPTY)
      assert.deepEqual(await history.days(ALL), [])
      assert.deepEqual(await history.leaves(FIRST_DAY, ALL, { limit: 10 }), [])
      assert.deepEqual(await history.attestations([idOf(priceRow())]), [])
    })

    it('is another one with every row, and the same in whatever order they came', async (t) => {
      const [one, other] = [await create(t), await create(t)]
      const rows = manyRows(6)
      const roots = new Set([await one.history.root(ALL)])
      for (const row of rows) {
        await one.table.write([row])
        roots.add(await one.history.root(ALL))
      }
      assert.equal(roots.size, 7)
      await other.table.write(rows.toReversed())
      assert.equal(await other.history.root(ALL), await one.history.root(ALL))
    })

    it('does not depend on which signatures a database holds', async (t) => {
      const [one, other] = [await create(t), await create(t)]
      await one.table.write([priceRow({}, [alice, bob, carol])])
      await other.table.write([priceRow({}, [alice, bob, dave])])
      assert.equal(await one.history.root(ALL), await other.history.root(ALL))
    })

    it('does not depend on which statement of a disputed slot came first, of two or three', async (t) => {
      const slot = rivals(3)
      for (const rows of [slot.slice(0, 2), slot]) {
        const [one, other] = [await create(t), await create(t)]
        for (const row of rows) await one.table.write([row])
        for (const row of rows.toReversed()) await other.table.write([row])
        assert.equal(await one.history.root(ALL), await other.history.root(ALL))
        const leaves = await one.history.leaves(FIRST_DAY, ALL, { limit: 10 })
        assert.deepEqual(
          leaves,
          rows.map((row) => ({ id: idOf(row), disputed: true })).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        )
      }
    })

    it('changes when a slot becomes disputed after somebody asked', async (t) => {
      const { table, history } = await create(t)
      const [first, second] = rivals(2)
      assert.ok(first !== undefined && second !== undefined)
      await table.write([first])
      const before = await history.root(ALL)
      assert.deepEqual(await history.leaves(FIRST_DAY, ALL, { limit: 10 }), [{ id: idOf(first), disputed: false }])
      await table.write([second])
      assert.notEqual(await history.root(ALL), before)
    })

    it('holds the statements of a slot as disputed on both sides of midnight', async (t) => {
      const intervalMs = 11 * 3_600_000
      const { table, history } = await create(t, { intervalMs })
      const [evening, morning] = [OBSERVED_AT + DAY_MS - 1, OBSERVED_AT + DAY_MS]
      const round = roundAt(morning, intervalMs)
      assert.equal(roundAt(evening, intervalMs), round)
      await table.write([priceRow({ round, observedAt: evening })])
      const before = await history.days(ALL)
      await table.write([priceRow({ round, observedAt: morning })])
      const days = await history.days(ALL)
      assert.equal(days.length, 2)
      assert.notEqual(days[0]?.hash, before[0]?.hash)
      for (const { day } of days) assert.equal((await history.leaves(day, ALL, { limit: 10 }))[0]?.disputed, true)
    })

    it('begins with the first moment of a day, and ends before the moment that is not in it', async (t) => {
      const { table, history } = await create(t)
      const times = [OBSERVED_AT - 1, OBSERVED_AT, OBSERVED_AT + INTERVAL_MS - 1, OBSERVED_AT + INTERVAL_MS]
      const rows = times.map((observedAt) => priceRow({ observedAt }))
      await table.write(rows)
      const range = { fromDay: FIRST_DAY, untilMs: OBSERVED_AT + INTERVAL_MS }
      const inside = rows.slice(1, 3).map(idOf).toSorted()
      const leaves = await history.leaves(FIRST_DAY, range, { limit: 10 })
      assert.deepEqual(
        leaves.map(({ id }) => id),
        inside,
      )
      assert.deepEqual(
        (await history.days(range)).map(({ day, leaves: count }) => [day, count]),
        [[FIRST_DAY, 2]],
      )
      assert.deepEqual(await history.leaves((FIRST_DAY - 1) as Day, range, { limit: 10 }), [])
      assert.equal(await history.root({ ...range, untilMs: OBSERVED_AT }), EMPTY)
      assert.equal(await history.root({ ...range, untilMs: OBSERVED_AT - 3 * DAY_MS }), EMPTY)
    })

    it('sees a row that comes into a stretch whose root is known, within a day or as a whole', async (t) => {
      const { table, history } = await create(t)
      const [early, late] = [priceRow(), priceRow({ observedAt: OBSERVED_AT + INTERVAL_MS })]
      const cut = { fromDay: FIRST_DAY, untilMs: OBSERVED_AT + 3 * INTERVAL_MS }
      const whole = { fromDay: FIRST_DAY, untilMs: OBSERVED_AT + DAY_MS }
      await table.write([early])
      const before = [await history.root(cut), await history.root(whole)]
      assert.equal(before[0], before[1])
      await table.write([late])
      const after = [await history.root(cut), await history.root(whole)]
      assert.equal(after[0], after[1])
      assert.notEqual(after[0], before[0])
    })

    it('gives the leaves of a day page by page', async (t) => {
      const { table, history } = await create(t)
      const rows = manyRows(7)
      await table.write(rows)
      const found: StatementId[] = []
      for (let after: StatementId | undefined; ; after = found.at(-1)) {
        const page = await history.leaves(FIRST_DAY, ALL, { after, limit: 3 })
        found.push(...page.map(({ id }) => id))
        if (page.length < 3) break
      }
      assert.deepEqual(found, rows.map(idOf).toSorted())
    })

    it('gives statements with their signatures, disputed ones too, and leaves out what it does not have', async (t) => {
      const { table, history } = await create(t)
      const rows = [...rivals(3), ...manyRows(2).slice(1)]
      await table.write(rows)
      const ids = [...rows.map(idOf), idOf(priceRow({ pair: 'BTC-USD' }))]
      const found = await history.attestations(ids)
      assert.deepEqual(
        found.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
        rows.map(({ attestation }) => attestation).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
      )
      assert.deepEqual(await history.attestations([]), [])
    })
  })
}

export function idOf({ attestation }: PriceRow): StatementId {
  return attestation.id
}

/** Rows of one day, each of a slot of its own. */
export function manyRows(count: number): readonly PriceRow[] {
  return Array.from({ length: count }, (_, index) => priceRow({ observedAt: OBSERVED_AT + index * INTERVAL_MS }))
}

/** Rows of one slot. */
export function rivals(count: number): readonly PriceRow[] {
  return Array.from({ length: count }, (_, index) => priceRow({ price: price(`300${index}`) }))
}
