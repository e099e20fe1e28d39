import type { Day, HistoryDay } from './history.ts'
import { type DayStretch, dayAt } from './history-tree.ts'

/** What is known of the days of a history: their hashes, and which of them must be read anew. No leaves. */
export class HistoryDays {
  readonly #days = new Map<Day, HistoryDay>()
  /** All days of this stretch are known; one that is not in the map has no leaves. */
  #known: DayStretch | undefined
  /** Days that may have changed since they were read, whether they are known or being read. */
  readonly #touched = new Set<Day>()
  #forgotten = 0

  /** Takes note that something changed between two times, milliseconds since the Unix epoch; the latter is not in it. */
  touch(fromMs: number, untilMs: number): void {
    // Beyond all clocks; days would not even be told apart.
    if (!Number.isSafeInteger(untilMs)) return
    for (let day = dayAt(fromMs); day <= dayAt(untilMs - 1); day = dayAfter(day)) this.#touched.add(day)
  }

  /** Everything may have changed. */
  forget(): void {
    this.#forgotten += 1
    this.#known = undefined
    this.#days.clear()
    this.#touched.clear()
  }

  /** What must be read before {@link within} can tell of `wanted`, ascending; what is known stays one stretch. */
  unknown(wanted: DayStretch): readonly DayStretch[] {
    if (wanted.from >= wanted.until) return []
    const known = this.#known
    if (known === undefined) return [wanted]
    const inside = Array.from(this.#touched)
      .filter((day) => day >= Math.max(wanted.from, known.from) && day < Math.min(wanted.until, known.until))
      .toSorted((a, b) => a - b)
    const stretches = [
      { from: wanted.from, until: known.from },
      ...inside.map((day) => ({ from: day, until: dayAfter(day) })),
      { from: known.until, until: wanted.until },
    ]
    return joined(stretches.filter(({ from, until }) => from < until))
  }

  /**
   * Reads one of the {@link unknown} stretches. What changes meanwhile is unknown again after.
   *
   * @throws what `read` throws; nothing is known more or less then
   */
  async read(stretch: DayStretch, read: () => Promise<readonly HistoryDay[]>): Promise<void> {
    const touched = this.#touched
    const before = Array.from(touched).filter((day) => isIn(stretch, day))
    for (const day of before) touched.delete(day)
    const forgotten = this.#forgotten
    let days: readonly HistoryDay[]
    try {
      days = await read()
    } catch (error) {
      for (const day of before) touched.add(day)
      throw error
    }
    // What was forgotten meanwhile was read too early to be sure of.
    if (this.#forgotten !== forgotten) return
    for (const day of this.#days.keys()) if (isIn(stretch, day)) this.#days.delete(day)
    for (const day of days) this.#days.set(day.day, day)
    this.#known = this.#known === undefined ? stretch : joined([this.#known, stretch])[0]
  }

  /** The days of a stretch that have leaves, ascending. */
  within(stretch: DayStretch): readonly HistoryDay[] {
    return Array.from(this.#days.values())
      .filter(({ day }) => isIn(stretch, day))
      .toSorted((a, b) => a.day - b.day)
  }
}

function isIn({ from, until }: DayStretch, day: Day): boolean {
  return day >= from && day < until
}

function dayAfter(day: Day): Day {
  return (day + 1) as Day
}

/** Those that meet become one. */
function joined(stretches: readonly DayStretch[]): readonly DayStretch[] {
  const result: DayStretch[] = []
  for (const stretch of stretches.toSorted((a, b) => a.from - b.from)) {
    const last = result.at(-1)
    if (last === undefined || last.until < stretch.from) result.push(stretch)
    else result[result.length - 1] = { from: last.from, until: last.until > stretch.until ? last.until : stretch.until }
  }
  return result
}
