import type { Verdict } from '../src/core/verdict.ts'

/** What is said of messages that nobody has looked at, or not to the end. */
const UNREAD: ReadonlySet<string> = new Set(['flood', 'budget'])

/** What became of messages, and how long it took. */
export class FloodTally {
  readonly #hostile = new Map<string, number>()
  #judged = 0
  #received = 0
  #tookMs = 0
  #honest = 0
  #honestTaken = 0

  addHonest(verdict: Verdict): void {
    this.#honest += 1
    if (verdict.kind === 'accept' || (verdict.kind === 'ignore' && verdict.code === 'known')) this.#honestTaken += 1
  }

  /** @param options - `tookMs`: from the first of them until the last verdict, milliseconds */
  addHostile(verdicts: readonly Verdict[], { tookMs }: { readonly tookMs: number }): void {
    this.#tookMs += tookMs
    for (const verdict of verdicts) {
      const code = verdict.kind === 'accept' ? 'new' : verdict.code
      this.#hostile.set(code, (this.#hostile.get(code) ?? 0) + 1)
      if (!UNREAD.has(code)) this.#judged += 1
    }
    this.#received += verdicts.length
  }

  /** How many were looked at. */
  get judged(): number {
    return this.#judged
  }

  /** How many were taken in while nothing else was done. */
  get ratePerSecond(): number {
    return (1_000 * this.#received) / this.#tookMs
  }

  /** The part of what honest nodes sent that was new or known. */
  get honestTakenPercent(): number {
    return (100 * this.#honestTaken) / this.#honest
  }

  /** How often each verdict was given, the most frequent first. */
  get codes(): string {
    return [...this.#hostile]
      .toSorted(([, a], [, b]) => b - a)
      .map(([code, count]) => `${code} ${count.toLocaleString('en')}`)
      .join(', ')
  }
}
