import { TableUnavailableError } from '../../src/core/price-table.ts'
import type { RawRow, RowClash, RowSource, RowTable } from '../../src/core/raw-row.ts'

/** Tables in memory, some rows a block. */
export class RowsInMemory implements RowSource {
  readonly #blocks: Record<RowTable, RawRow[][]> = { prices: [], equivocations: [] }
  /** What was asked, as `blocks prices`, `read prices 0-2`, `clashes`. */
  readonly asked: string[] = []
  /** While it is set, the database is away. */
  away = false
  failure: TableUnavailableError | undefined
  clashing: readonly RowClash[] = []

  /** Adds a block of rows; each is given its place. */
  add(...rows: readonly RawRow[]): readonly RawRow[] {
    const table = rows[0]?.table ?? 'prices'
    const block = this.#blocks[table].length
    const placed = rows.map((row, item) => Object.assign({}, row, { place: `(${block},${item + 1})` }))
    this.#blocks[table].push(placed)
    return placed
  }

  /** Adds a row to the last block. */
  fill(row: RawRow): void {
    this.#blocks[row.table].at(-1)?.push(row)
  }

  clear(): void {
    this.#blocks.prices = []
  }

  async blocks(table: RowTable): Promise<number> {
    this.#note(`blocks ${table}`)
    return this.#blocks[table].length
  }

  async read(table: RowTable, { from, to }: { from: number; to: number }): Promise<readonly RawRow[]> {
    this.#note(`read ${table} ${from}-${to}`)
    return this.#blocks[table].slice(from, to).flat()
  }

  async clashes(): Promise<readonly RowClash[]> {
    this.#note('clashes')
    return this.clashing
  }

  #note(what: string): void {
    if (this.failure !== undefined) throw this.failure
    if (this.away) throw new TableUnavailableError('unreachable', 'away')
    this.asked.push(what)
  }
}
