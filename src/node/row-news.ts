import type { PriceTable } from '../core/price-table.ts'
import { RecentMap } from '../core/recent-map.ts'
import type { StatementId } from '../core/statement.ts'

/** Rows that were told of, remembered: about half a megabyte. */
const TOLD_LIMIT = 4_096

type RowListener = (ids: readonly StatementId[]) => void

/** Tells which rows are in the table now, each once, whoever wrote them and however this node came to know. */
export class RowNews {
  readonly #told = new RecentMap<StatementId, true>({ limit: TOLD_LIMIT })
  readonly #listeners = new Set<RowListener>()

  /** Has `listener` told from now on; it must not throw. The returned function ends it. */
  watch(listener: RowListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  tell(ids: readonly StatementId[]): void {
    const news = ids.filter((id) => !this.#told.has(id))
    for (const id of news) this.#told.set(id, true)
    if (news.length > 0) for (const listener of this.#listeners) listener(news)
  }

  /** The table, with all that it answers to be in it told: rows of this node, and those taken over from peers. */
  keepUpWith(table: PriceTable): PriceTable {
    return {
      present: async (ids) => {
        const present = await table.present(ids)
        this.tell([...present])
        return present
      },
      write: async (rows) => {
        const outcomes = await table.write(rows)
        this.tell([...outcomes].flatMap(([id, { kind }]) => (kind === 'written' || kind === 'present' ? [id] : [])))
        return outcomes
      },
    }
  }
}
