import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { HistoryDays } from '../../src/core/history-days.ts'
import type { Day, HistoryDay } from '../../src/core/history.ts'
import { DAY_MS, type DayStretch, rootOf } from '../../src/core/history-tree.ts'

const DAYS = 24
const day = fc.integer({ min: 0, max: DAYS - 1 })
const stretch = fc
  .tuple(day, fc.integer({ min: 0, max: DAYS }))
  .map(([from, until]): DayStretch => ({ from: from as Day, until: until as Day }))

type Step =
  /** A row is added to a day, and the days are told of it. */
  | { readonly kind: 'add'; readonly day: number }
  | { readonly kind: 'forget' }
  /** `during`: a row that comes while the days are read; `fails`: the table does not answer. */
  | { readonly kind: 'ask'; readonly wanted: DayStretch; readonly during: number | undefined; readonly fails: boolean }

const step: fc.Arbitrary<Step> = fc.oneof(
  { arbitrary: day.map((number): Step => ({ kind: 'add', day: number })), weight: 4 },
  { arbitrary: fc.constant<Step>({ kind: 'forget' }), weight: 1 },
  {
    arbitrary: fc.record({
      kind: fc.constant('ask' as const),
      wanted: stretch,
      during: fc.option(day, { nil: undefined }),
      fails: fc.boolean(),
    }),
    weight: 4,
  },
)

/** A table that counts rows. */
class Table {
  readonly #rows = new Map<number, number>()

  add(number: number): void {
    this.#rows.set(number, (this.#rows.get(number) ?? 0) + 1)
  }

  read({ from, until }: DayStretch): HistoryDay[] {
    return Array.from(this.#rows, ([number, leaves]) => ({
      day: number as Day,
      hash: `0x${leaves.toString(16).padStart(64, '0')}` as const,
      leaves,
    }))
      .filter((each) => each.day >= from && each.day < until)
      .toSorted((a, b) => a.day - b.day)
  }
}

describe('days of a history, whatever comes when', () => {
  it('are those of the table, when they were read without a fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const [table, days] = [new Table(), new HistoryDays()]
        const add = (number: number): void => {
          table.add(number)
          days.touch(number * DAY_MS, number * DAY_MS + 1)
        }
        for (const each of steps) {
          if (each.kind === 'add') add(each.day)
          else if (each.kind === 'forget') days.forget()
          else await ask(each)
        }
        for (const wanted of [{ from: 0 as Day, until: DAYS as Day }]) {
          for (const unknown of days.unknown(wanted)) await days.read(unknown, async () => table.read(unknown))
          assert.deepEqual(days.within(wanted), table.read(wanted))
          assert.equal(rootOf(days.within(wanted)), rootOf(table.read(wanted)))
          assert.deepEqual(days.unknown(wanted), [])
        }

        async function ask({ wanted, during, fails }: Extract<Step, { readonly kind: 'ask' }>): Promise<void> {
          for (const unknown of days.unknown(wanted)) {
            const reading = days.read(unknown, async () => {
              const read = table.read(unknown)
              if (during !== undefined) add(during)
              if (fails) throw new Error('away')
              return read
            })
            await reading.catch(() => undefined)
          }
          if (during === undefined && !fails && wanted.from < wanted.until) {
            assert.deepEqual(days.within(wanted), table.read(wanted))
          }
        }
      }),
    )
  })
})
