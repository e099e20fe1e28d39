import { HistoryInMemory } from '../helpers/history-in-memory.ts'
import { describePriceHistory } from '../helpers/price-history-contract.ts'

describePriceHistory('in memory', async () => {
  const table = new HistoryInMemory()
  return { table, history: table }
})
