interface SilenceWatchComponents {
  /** Whether the node answers a question now. */
  readonly isAnswering: () => Promise<boolean>
  /** Milliseconds that only grow. */
  readonly now: () => number
}

interface SilenceWatchOptions {
  /** How long a node may say nothing before it is asked. */
  readonly silentMs: number
}

/**
 * Notices that a node has fallen silent though its connection has not ended, as when it hangs or a cable was pulled: the
 * browser would take the stream for open for as long as nothing is sent.
 */
export class SilenceWatch {
  readonly #components: SilenceWatchComponents
  readonly #options: SilenceWatchOptions
  #heardAtMs: number
  #isAsking = false

  constructor(components: SilenceWatchComponents, options: SilenceWatchOptions) {
    this.#components = components
    this.#options = options
    this.#heardAtMs = components.now()
  }

  /** The node has said something. */
  heard(): void {
    this.#heardAtMs = this.#components.now()
  }

  /** To be called again and again. @returns whether the node says nothing, and does not answer either */
  async look(): Promise<boolean> {
    const { isAnswering, now } = this.#components
    if (this.#isAsking || now() - this.#heardAtMs < this.#options.silentMs) return false
    this.#isAsking = true
    const askedAtMs = now()
    const answers = await isAnswering()
    this.#isAsking = false
    const wasHeard = this.#heardAtMs > askedAtMs
    // Either way it is asked again only after another silence.
    this.heard()
    return !answers && !wasHeard
  }
}
