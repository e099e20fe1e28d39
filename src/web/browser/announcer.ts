const PAUSE_MS = 4_000

/** Says things to those who listen to the page: politely, one at a time, and of many only the newest. */
export class Announcer {
  readonly #element: HTMLElement
  #next: string | undefined
  #isPausing = false

  constructor({ element }: { readonly element: HTMLElement }) {
    this.#element = element
  }

  /** For what happens by itself. */
  say(sentence: string): void {
    this.#next = sentence
    if (!this.#isPausing) this.#speak()
  }

  /** For the answer to something the listener has just done. */
  answer(sentence: string): void {
    this.#element.textContent = sentence
  }

  #speak(): void {
    this.#isPausing = this.#next !== undefined
    if (this.#next === undefined) return
    this.#element.textContent = this.#next
    this.#next = undefined
    setTimeout(() => this.#speak(), PAUSE_MS)
  }
}
