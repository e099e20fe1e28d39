import type { Clock } from '../../core/clock.ts'
import type { Counters } from '../../core/counters.ts'
import type { DatabaseMarks, PriceHistory } from '../../core/history.ts'
import type { Logger } from '../../core/logger.ts'
import type { PriceTable } from '../../core/price-table.ts'
import type { Asker } from './asker.ts'
import type { BarrenDays } from './barren-days.ts'
import type { HistoryJudgeComponents } from './history-row.ts'
import type { SyncProgress } from './progress.ts'

/** What it takes to take over the history of a peer. */
export interface HistorySyncComponents extends HistoryJudgeComponents {
  readonly asker: Asker
  readonly history: PriceHistory
  readonly table: Pick<PriceTable, 'write'>
  readonly marks?: DatabaseMarks | undefined
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
  readonly progress?: SyncProgress | undefined
  /** What earlier sessions went through in vain. */
  readonly barren?: BarrenDays | undefined
}
