/** The events that came last, each as the text that every stream sends of it. */
export class EventRing {
  readonly #boot: string
  readonly #limit: number
  /** Text of event n at n modulo the limit. */
  readonly #texts: string[] = []
  #last = 0
  /** What came before it is not kept. */
  #from = 1

  /** @param options - `boot`: names this run of the node; letters and digits */
  constructor({ boot, limit }: { readonly boot: string; readonly limit: number }) {
    this.#boot = boot
    this.#limit = limit
  }

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.#last
  }

  /** The number of the oldest event that is kept. */
  get oldest(): number {
    return Math.max(this.#from, this.#last - this.#limit + 1)
  }

  push(event: string, data: unknown): void {
    this.#last += 1
    this.#texts[this.#last % this.#limit] =
      `${this.idLine(this.#last)}event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
  }

  /** Something happened that is not told: nobody can go on from before it. */
  skip(): void {
    this.#last += 1
    this.#from = this.#last + 1
  }

  /** The text of event `number`; undefined when it is not kept, or has not happened. */
  textOf(number: number): string | undefined {
    return number >= this.oldest && number <= this.#last ? this.#texts[number % this.#limit] : undefined
  }

  idLine(number: number): string {
    return `id: ${this.#boot}-${number}\n`
  }

  /** The number of the event that comes after the one of `id`; undefined when some in between are lost. */
  after(id: string): number | undefined {
    const [, boot, digits] = /^([0-9A-Za-z]{1,64})-(\d{1,15})$/.exec(id) ?? []
    const next = Number(digits) + 1
    return boot === this.#boot && next >= this.oldest && next <= this.#last + 1 ? next : undefined
  }
}
