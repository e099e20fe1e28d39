import type { Day } from '../../core/history.ts'
import type { Hex } from '../../core/hex.ts'
import { RecentMap } from '../../core/recent-map.ts'

/** Days remembered; a hundred years have nine times as many. */
const LIMIT = 4_096

/** A day as two nodes have it. */
export interface DayHashes {
  readonly day: Day
  /** Undefined when there is nothing of it here. */
  readonly own: Hex | undefined
  readonly theirs: Hex
}

/**
 * Days that differ and were gone through without a gain: the peer lacks something, or has what does not count here. They
 * are not gone through again while nothing changes.
 */
export class BarrenDays {
  readonly #days = new RecentMap<string, true>({ limit: LIMIT })

  add(hashes: DayHashes): void {
    this.#days.set(keyOf(hashes), true)
  }

  has(hashes: DayHashes): boolean {
    return this.#days.has(keyOf(hashes))
  }
}

function keyOf({ day, own, theirs }: DayHashes): string {
  return `${day} ${own ?? ''} ${theirs}`
}
