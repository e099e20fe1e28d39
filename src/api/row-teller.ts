import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import type { CommittedPrice, PriceReader } from '../core/price-reader.ts'
import { TableUnavailableError } from '../core/price-table.ts'
import type { StatementId } from '../core/statement.ts'

/** Rows of a round come together: they are read at once, milliseconds. */
const GATHER_MS = 50
const BATCH = 100
/** More than this are not told one by one: whoever looks on is better served by a page. */
const WAITING_LIMIT = 300
/** How often it is said that there is more than is told, milliseconds. */
const FLOOD_MS = 5_000
const RETRY_MS = 2_000

export interface RowTellerComponents {
  readonly prices: Pick<PriceReader, 'pricesOf'>
  readonly clock: Clock
  readonly logger: Logger
  /** Whether anybody listens, or may yet go on where he was. */
  readonly isFollowed: () => boolean
  readonly tell: (prices: readonly CommittedPrice[]) => void
  /** Told when rows are in the table that are not told one by one. */
  readonly onMissed: () => void
}

/**
 * Tells rows as the table has them: another node may have written one with other signatures than are held here. They
 * are read for those who listen, several with one statement, and not at all when nobody does.
 */
export class RowTeller {
  readonly #components: RowTellerComponents
  readonly #waiting = new Set<StatementId>()
  #isFlooded = false
  #isReading = false
  #isClosed = false
  #cancel: (() => void) | undefined

  constructor(components: RowTellerComponents) {
    this.#components = components
  }

  /** @param ids - of rows that are in the table now */
  take(ids: readonly StatementId[]): void {
    if (this.#isClosed) return
    if (!this.#components.isFollowed()) {
      this.#leaveOut()
      return
    }
    if (!this.#isFlooded) {
      for (const id of ids) this.#waiting.add(id)
      if (this.#waiting.size > WAITING_LIMIT) this.#beginFlood()
    }
    this.#arm(this.#isFlooded ? FLOOD_MS : GATHER_MS)
  }

  close(): void {
    this.#isClosed = true
    this.#cancel?.()
  }

  #beginFlood(): void {
    this.#isFlooded = true
    this.#waiting.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #arm(delayMs: number): void {
    if (this.#isReading || this.#cancel !== undefined) return
    this.#cancel = this.#components.clock.after(delayMs, () => {
      this.#cancel = undefined
      if (this.#isFlooded) this.#endFlood()
      else if (this.#components.isFollowed()) void this.#read()
      else this.#leaveOut()
    })
  }

  #leaveOut(): void {
    this.#waiting.clear()
    this.#components.onMissed()
  }

  #endFlood(): void {
    this.#isFlooded = false
    this.#components.onMissed()
  }

  async #read(): Promise<void> {
    const { prices, logger, tell, onMissed } = this.#components
    const batch = [...this.#waiting].slice(0, BATCH)
    if (batch.length === 0) return
    this.#isReading = true
    let delayMs = GATHER_MS
    try {
      const found = await prices.pricesOf(batch)
      for (const id of batch) this.#waiting.delete(id)
      if (!this.#isClosed) tell(found)
    } catch (error) {
      delayMs = RETRY_MS
      if (!(error instanceof TableUnavailableError)) {
        for (const id of batch) this.#waiting.delete(id)
        logger.error('rows could not be told: please report this', { error })
        if (!this.#isClosed) onMissed()
      }
    }
    this.#isReading = false
    if (this.#isClosed) return
    if (this.#isFlooded) this.#arm(FLOOD_MS)
    else if (this.#waiting.size > 0) this.#arm(delayMs)
  }
}
