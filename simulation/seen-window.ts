/** What gossipsub remembers a message for, microseconds. */
const SEEN_US = 120_000_000

/** Ids of messages that were seen in the last two minutes. */
export class SeenWindow {
  /** The oldest first. */
  readonly #until = new Map<string, number>()

  has(id: string, nowUs: number): boolean {
    const untilUs = this.#until.get(id)
    return untilUs !== undefined && untilUs > nowUs
  }

  add(id: string, nowUs: number): void {
    for (const [oldest, untilUs] of this.#until) {
      if (untilUs > nowUs) break
      this.#until.delete(oldest)
    }
    this.#until.delete(id)
    this.#until.set(id, nowUs + SEEN_US)
  }

  delete(id: string): void {
    this.#until.delete(id)
  }
}
