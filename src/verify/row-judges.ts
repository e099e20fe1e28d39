import { availableParallelism } from 'node:os'
import { judgeRow, type ExpectedSigners } from '../core/judge-row.ts'
import type { LoadedSecp256k1 } from '../core/load-secp256k1.ts'
import { nameOf, type FalseRow } from '../core/row-fault.ts'
import type { RawRow } from '../core/raw-row.ts'
import { createDigest } from '../core/typed-data.ts'

/** Whoever judges rows, in this thread or in others. */
export interface RowJudges {
  /** The false ones among `rows`, in their order. */
  judge(rows: readonly RawRow[]): Promise<readonly FalseRow[]>
  /** Idempotent. */
  close(): Promise<void>
}

/** Judges rows, and hands out the false ones. */
export function createRowFilter(
  { curve }: Pick<LoadedSecp256k1, 'curve'>,
  { expected }: { readonly expected?: ExpectedSigners | undefined } = {},
): (rows: readonly RawRow[]) => readonly FalseRow[] {
  const rules = { curve, digest: createDigest(), expected }
  return (rows) =>
    rows.flatMap((row) => {
      const faults = judgeRow(row, rules)
      return faults.length === 0 ? [] : [{ row: nameOf(row), faults }]
    })
}

/** Below this a thread takes longer to start than to judge all that there is. */
const BLOCKS_A_THREAD = 128
const MOST_THREADS = 16

/** How many threads are of use for tables of so many blocks, on this machine. */
export function threadsFor(blocks: number): number {
  return Math.max(1, Math.min(availableParallelism(), MOST_THREADS, Math.ceil(blocks / BLOCKS_A_THREAD)))
}
