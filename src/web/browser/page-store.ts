import { EMPTY_STATE, type PageState } from './page-state.ts'

/** Holds what the page shows, and draws it once a frame however often it changes. */
export class PageStore {
  #state: PageState = EMPTY_STATE
  #isScheduled = false
  readonly #draw: () => void

  /** @param listeners - `draw` is called before the next frame after a change */
  constructor({ draw }: { readonly draw: () => void }) {
    this.#draw = draw
  }

  get state(): PageState {
    return this.#state
  }

  change(next: PageState): void {
    if (next === this.#state) return
    this.#state = next
    this.schedule()
  }

  /** Draws although nothing has changed but the time. */
  schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    requestAnimationFrame(() => {
      this.#isScheduled = false
      this.#draw()
    })
  }
}
