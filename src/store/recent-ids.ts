import type { StatementId } from '../core/statement.ts'

/** About half a megabyte. */
const LIMIT = 4_096

/** The last few thousand ids that were added. */
export class RecentIds {
  readonly #ids = new Set<StatementId>()

  add(id: StatementId): void {
    this.#ids.delete(id)
    this.#ids.add(id)
    if (this.#ids.size <= LIMIT) return
    const [oldest] = this.#ids
    if (oldest !== undefined) this.#ids.delete(oldest)
  }

  has(id: StatementId): boolean {
    return this.#ids.has(id)
  }
}
