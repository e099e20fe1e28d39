import type { PriceRow, PriceTable, WriteOutcome } from '../../src/core/price-table.ts'
import type { Attestation, StatementId } from '../../src/core/statement.ts'
import { createTableWriter, type TableWriter } from '../../src/store/table-writer.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'

export const idsOf = (of: readonly PriceRow[]): StatementId[] => of.map(({ attestation }) => attestation.id)

/** A table that answers as it is told, and remembers what it was asked. */
export class ScriptedTable implements PriceTable {
  readonly writes: (readonly StatementId[])[] = []
  readonly reads: (readonly StatementId[])[] = []
  /** What is in it before anything is written. */
  readonly rows = new Set<StatementId>()
  /** Thrown by every write while it is set. */
  fault: Error | undefined
  readonly outcomes = new Map<StatementId, WriteOutcome>()
  /** Waited for by every write. */
  gate: Promise<void> = Promise.resolve()

  get asked(): number {
    return this.writes.length + this.reads.length
  }

  async write(rows: readonly PriceRow[]): Promise<ReadonlyMap<StatementId, WriteOutcome>> {
    this.writes.push(idsOf(rows))
    await this.gate
    if (this.fault !== undefined) throw this.fault
    return new Map(idsOf(rows).map((id) => [id, this.outcomes.get(id) ?? { kind: 'written' }]))
  }

  async present(ids: readonly StatementId[]): Promise<ReadonlySet<StatementId>> {
    this.reads.push(ids)
    await this.gate
    if (this.fault !== undefined) throw this.fault
    return new Set(ids.filter((id) => this.rows.has(id)))
  }
}

/** A writer, and all that it is made of. */
export interface WriterAtWork {
  readonly table: ScriptedTable
  readonly clock: ManualClock
  readonly logger: RecordingLogger
  readonly counters: RecordingCounters
  readonly outcomes: [StatementId, WriteOutcome][]
  readonly fatal: Error[]
  readonly writer: TableWriter
}

export interface WriterAtWorkOptions {
  readonly batchSize?: number
  readonly turnDelayMs?: (attestation: Attestation) => number
  readonly random?: () => number
}

export function createWriterAtWork(options: WriterAtWorkOptions = {}): WriterAtWork {
  const { random = () => 1, ...rest } = options
  const outcomes: [StatementId, WriteOutcome][] = []
  const fatal: Error[] = []
  const parts = {
    table: new ScriptedTable(),
    clock: new ManualClock(),
    logger: new RecordingLogger(),
    counters: new RecordingCounters(),
  }
  const writer = createTableWriter(
    {
      ...parts,
      random,
      onOutcome: (id, outcome) => outcomes.push([id, outcome]),
      onFatal: (error) => fatal.push(error),
    },
    rest,
  )
  return { ...parts, writer, outcomes, fatal }
}
