import type { Clock, Random } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import { TableUnavailableError } from '../core/price-table.ts'

const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 15_000
const REMINDER_MS = 60_000

export interface TableOutageComponents {
  readonly clock: Clock
  readonly random: Random
  readonly counters: Counters
  readonly logger: Logger
}

/**
 * The time during which the table cannot be asked: how long to wait before each new attempt, and a word to the
 * operator when it begins, when its reason changes, once a minute, and when it ends.
 */
export class TableOutage {
  readonly #components: TableOutageComponents
  #reason: string | undefined
  #sinceMs = 0
  #warnedAtMs = 0
  #ceilingMs = FIRST_RETRY_MS

  constructor(components: TableOutageComponents) {
    this.#components = components
  }

  /** Why the table cannot be asked, in words for an operator; undefined while it can. */
  get reason(): string | undefined {
    return this.#reason
  }

  /**
   * An attempt failed.
   *
   * @returns milliseconds to wait before the next: twice as long each time, half of it drawn at random, so that nodes
   *   which lost one database do not come back to it together
   */
  extend(error: unknown, { waiting }: { readonly waiting: number }): number {
    const { clock, random, counters } = this.#components
    const nowMs = clock.now().monoMs
    counters.add('gp_table_failures_total', { code: error instanceof TableUnavailableError ? error.code : 'other' })
    if (this.#reason === undefined) this.#sinceMs = nowMs
    this.#report(error, { nowMs, waiting })
    const delayMs = (this.#ceilingMs / 2) * (1 + random())
    this.#ceilingMs = Math.min(this.#ceilingMs * 2, LONGEST_RETRY_MS)
    return delayMs
  }

  /** An attempt succeeded. */
  end({ waiting }: { readonly waiting: number }): void {
    if (this.#reason === undefined) return
    const { clock, logger } = this.#components
    const seconds = Math.round((clock.now().monoMs - this.#sinceMs) / 1_000)
    this.#reason = undefined
    this.#ceilingMs = FIRST_RETRY_MS
    logger.info('the table takes rows again', { seconds, waiting })
  }

  #report(error: unknown, { nowMs, waiting }: { readonly nowMs: number; readonly waiting: number }): void {
    const { logger } = this.#components
    const reason = error instanceof Error ? error.message : String(error)
    const isNews = reason !== this.#reason || nowMs - this.#warnedAtMs >= REMINDER_MS
    this.#reason = reason
    if (!isNews) return
    this.#warnedAtMs = nowMs
    if (error instanceof TableUnavailableError) {
      logger.warn(`${reason} Rows wait until then.`, { code: error.code, waiting })
    } else {
      logger.error('writing to the table fails in an unknown way; please report this', { error, waiting })
    }
  }
}
