import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { PriceTable, WriteOutcome } from '../../src/core/price-table.ts'
import type { StatementId } from '../../src/core/statement.ts'
import { RowNews } from '../../src/node/row-news.ts'
import { priceRow } from '../helpers/price-rows.ts'
import { round } from '../helpers/statements.ts'

const rows = [0, 1, 2, 3].map((index) => priceRow({ round: round(index) }))
const ids = rows.map(({ attestation }) => attestation.id)

/** A table that answers so of each row, in their order. */
function tableThatAnswers(...outcomes: readonly WriteOutcome[]): PriceTable {
  return {
    write: async (asked) =>
      new Map(asked.map(({ attestation }, index) => [attestation.id, outcomes[index] ?? { kind: 'written' }])),
    present: async (asked) => new Set(asked),
  }
}

function createNews() {
  const news = new RowNews()
  const told: StatementId[][] = []
  const unwatch = news.watch((some) => told.push([...some]))
  return { news, told, unwatch }
}

describe('news of rows', () => {
  it('tell what is in the table, whoever wrote it, and nothing that is not', async () => {
    const { news, told } = createNews()
    const refused = { kind: 'refused', reason: 'no' } as const
    const table = news.keepUpWith(
      tableThatAnswers({ kind: 'written' }, { kind: 'present' }, { kind: 'slot-taken' }, refused),
    )
    const outcomes = await table.write(rows)
    assert.equal(outcomes.size, 4)
    assert.deepEqual(told, [ids.slice(0, 2)])
  })

  it('tell what others have written while the database could not be reached, once it is asked again', async () => {
    const { news, told } = createNews()
    const table = news.keepUpWith({ ...tableThatAnswers(), present: async () => new Set(ids.slice(0, 3)) })
    assert.deepEqual(await table.present(ids), new Set(ids.slice(0, 3)))
    assert.deepEqual(told, [ids.slice(0, 3)])
  })

  it('tell of each row once, however it is come to know of', async () => {
    const { news, told } = createNews()
    news.tell(ids.slice(0, 2))
    await news.keepUpWith(tableThatAnswers()).write(rows.slice(0, 3))
    news.tell(ids)
    news.tell(ids)
    assert.deepEqual(told, [ids.slice(0, 2), ids.slice(2, 3), ids.slice(3)])
  })

  it('reach nobody who has left', () => {
    const { news, told, unwatch } = createNews()
    unwatch()
    news.tell(ids)
    assert.deepEqual(told, [])
  })
})
