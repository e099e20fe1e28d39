import { byId, el, setText } from './element.ts'
import { countdown, timeOfDay } from './format.ts'
import type { PageState } from './page-state.ts'
import { SignerRing } from './signer-ring.ts'

/** What is shown while nothing gathers signatures: the ring that waits for them, and when they come. */
export class NextRound {
  readonly #box = byId('pending-empty', HTMLElement)
  readonly #ring = new SignerRing()
  readonly #words = el('p')

  constructor() {
    this.#box.append(this.#ring.element, this.#words)
  }

  show({ network, nodes }: PageState, wallMs: number): void {
    this.#box.hidden = false
    const constants = network?.constants
    if (constants === undefined || constants === null) return
    const { intervalMs, signerCount, minimumSigners } = constants
    const nextMs = (Math.floor(wallMs / intervalMs) + 1) * intervalMs
    const expected = signerCount > 0 ? signerCount : Math.max(nodes.size, minimumSigners)
    this.#ring.showDots(Array.from({ length: expected }, () => 'missing'))
    this.#ring.showQuiet((nextMs - wallMs) / intervalMs)
    this.#ring.showMiddle(countdown(nextMs - wallMs))
    setText(this.#words, `Nothing waits for signatures. The next prices are fetched at ${timeOfDay(nextMs, wallMs)}.`)
  }

  hide(): void {
    this.#box.hidden = true
  }
}
