import type { Logger } from '../core/logger.ts'

/** What must be let go of, the last taken first. */
export class Releases {
  readonly #steps: { readonly what: string; readonly release: () => unknown }[] = []
  #running: Promise<void> | undefined

  add(what: string, release: () => unknown): void {
    this.#steps.push({ what, release })
  }

  /** Runs every step in turn, once; one that fails is reported and holds up no other. */
  run({ logger }: { readonly logger: Logger }): Promise<void> {
    this.#running ??= this.#run(logger)
    return this.#running
  }

  async #run(logger: Logger): Promise<void> {
    for (const { what, release } of this.#steps.toReversed()) {
      try {
        await release()
      } catch (error) {
        logger.error(`stopping the ${what} failed`, { error })
      }
    }
  }
}
