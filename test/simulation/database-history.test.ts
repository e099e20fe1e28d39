import type { PriceRow, PriceTable } from '../../src/core/price-table.ts'
import { Database } from '../../simulation/database.ts'
import { describePriceHistory } from '../helpers/price-history-contract.ts'

const WRITER = 0

describePriceHistory('of a simulated database', async () => {
  const database = new Database(() => undefined)
  return { table: tableOf(database), history: database.history }
})

/** What a node does with a database, all of it at once and nothing going wrong. */
function tableOf(database: Database): PriceTable {
  return {
    async write(rows: readonly PriceRow[]) {
      const written = new Set(database.insert(rows, WRITER))
      const holders = database.holders(rows)
      const isLoser = ({ attestation: { id } }: PriceRow): boolean => holders.get(id) !== id
      database.insertEquivocations(rows.filter(isLoser), WRITER)
      return new Map(
        rows.map((row) => {
          const { id } = row.attestation
          return [id, { kind: isLoser(row) ? 'slot-taken' : written.has(id) ? 'written' : 'present' }]
        }),
      )
    },
    present: async (ids) => database.present(ids),
  }
}
