import { TableUnavailableError } from '../../src/core/price-table.ts'
import type { RawRow, RowChanges, RowClash, RowLook, RowTable, WatchedRows } from '../../src/core/raw-row.ts'

/** Tables in memory, some rows a block. */
export class RowsInMemory implements WatchedRows {
  readonly #blocks: Record<RowTable, RawRow[][]> = { prices: [], equivocations: [] }
  /** What was asked, as `changes`, `read prices 0-2`, `clashes`. */
  readonly asked: string[] = []
  /** While it is set, the database is away. */
  away = false
  failure: TableUnavailableError | undefined
  clashing: readonly RowClash[] = []
  /** What was announced with looks. */
  readonly announced: string[] = []
  #version = 0
  readonly #versions = new WeakMap<RawRow, number>()

  /** Adds a block of rows; each is given its place. */
  add(...rows: readonly RawRow[]): readonly RawRow[] {
    const table = rows[0]?.table ?? 'prices'
    const block = this.#blocks[table].length
    const placed = rows.map((row, item) => Object.assign({}, row, { place: `(${block},${item + 1})` }))
    this.#blocks[table].push(placed)
    for (const row of placed) this.#versions.set(row, ++this.#version)
    return placed
  }

  /** Adds a row to the last block. */
  fill(row: RawRow): void {
    this.#blocks[row.table].at(-1)?.push(row)
    this.#versions.set(row, ++this.#version)
  }

  /** Changes a row where it lies. */
  change(row: RawRow, changes: Partial<RawRow>): void {
    const changed = { ...row, ...changes }
    this.#versions.set(changed, ++this.#version)
    for (const block of this.#blocks[row.table]) {
      const item = block.indexOf(row)
      if (item >= 0) block[item] = changed
    }
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

  async changes({ since, from, limit, announce }: RowLook): Promise<RowChanges> {
    this.#note('changes')
    if (announce !== undefined) this.announced.push(announce)
    const sinceVersion = since === undefined ? Number.POSITIVE_INFINITY : Number(since)
    const version = (row: RawRow): number => this.#versions.get(row) ?? 0
    const rows = (['prices', 'equivocations'] as const).flatMap((table) =>
      this.#blocks[table]
        .slice(from[table])
        .flat()
        .filter((row) => version(row) > sinceVersion)
        .toSorted((a, b) => version(b) - version(a))
        .slice(0, limit),
    )
    const { prices, equivocations } = this.#blocks
    return { mark: `${this.#version}`, blocks: { prices: prices.length, equivocations: equivocations.length }, rows }
  }

  #note(what: string): void {
    if (this.failure !== undefined) throw this.failure
    if (this.away) throw new TableUnavailableError('unreachable', 'away')
    this.asked.push(what)
  }
}
