import type { RowRange, RowSource, RowTable } from '../core/raw-row.ts'
import { type FalseRow, describeClash } from '../core/row-fault.ts'
import type { RowJudges } from './row-judges.ts'

/** How far a verification is. */
export interface VerificationProgress {
  /** Rows that were judged. */
  readonly rows: number
  readonly falseRows: number
  /** Blocks of the disk, of both tables; what there is to do is known from the start. */
  readonly blocks: number
  readonly blocksInAll: number
}

/** What became of a verification. */
export interface VerificationResult {
  readonly rows: Readonly<Record<RowTable, number>>
  readonly falseRows: number
  /** That so many rows clash with others that further ones may; each of those is as good as found. */
  readonly clashesCut: boolean
}

export interface VerificationComponents {
  readonly source: RowSource
  readonly judges: RowJudges
  /** Told of every false row, in the order in which they lie; a row that clashes with others, once more at the end. */
  readonly onFalse: (found: FalseRow) => void
  readonly onProgress?: (progress: VerificationProgress) => void
}

export interface VerificationOptions {
  readonly range?: RowRange
  /** Pages that are read ahead of the judges. */
  readonly ahead: number
}

/** Half a megabyte and what lies beside it: some hundreds of rows. */
const BLOCKS_A_PAGE = 64
const MOST_CLASHES = 10_000
const TABLES = ['prices', 'equivocations'] as const satisfies readonly RowTable[]

/**
 * Judges every row of both tables, in constant memory. What is added meanwhile is judged as far as it lies beyond
 * what was there.
 *
 * @throws {TableUnavailableError}
 */
export async function verifyTables(
  { source, judges, onFalse, onProgress }: VerificationComponents,
  { range = {}, ahead }: VerificationOptions,
): Promise<VerificationResult> {
  const rows = { prices: 0, equivocations: 0 }
  const sizes = { prices: await source.blocks('prices'), equivocations: await source.blocks('equivocations') }
  let falseRows = 0
  let blocks = 0
  const report = (found: readonly FalseRow[]): void => {
    falseRows += found.length
    found.forEach(onFalse)
  }
  const blocksInAll = (): number => sizes.prices + sizes.equivocations

  for (const table of TABLES) {
    // In the order of the pages, whichever thread is the first to be through.
    const pages: Promise<() => void>[] = []
    const settle = async (most: number): Promise<void> => {
      while (pages.length > most) (await pages.shift())?.()
    }
    // The first pages may have taken their time.
    sizes[table] = await source.blocks(table)
    for (let from = 0; from < sizes[table]; from += BLOCKS_A_PAGE) {
      const to = from + BLOCKS_A_PAGE
      const page = await source.read(table, { from, to }, range)
      const judged = judges.judge(page).then((found) => () => {
        rows[table] += page.length
        blocks += Math.min(to, sizes[table]) - from
        report(found)
        onProgress?.({ rows: rows.prices + rows.equivocations, falseRows, blocks, blocksInAll: blocksInAll() })
      })
      // Awaited in its turn; until then a failure must not end the process.
      judged.catch(() => undefined)
      pages.push(judged)
      await settle(ahead)
      if (to >= sizes[table]) sizes[table] = await source.blocks(table)
    }
    await settle(0)
  }
  const clashes = await source.clashes(MOST_CLASHES, range)
  report(clashes.map(describeClash))
  return { rows, falseRows, clashesCut: clashes.length >= MOST_CLASHES }
}
