import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'

/** How long letting go may take, milliseconds: all of it, and each step that does not say otherwise. */
export interface ReleaseLimits {
  readonly clock: Clock
  readonly allMs: number
  readonly stepMs: number
}

interface Step {
  readonly what: string
  readonly release: () => unknown
  readonly atMostMs: number | undefined
}

/** What must be let go of, the last taken first. */
export class Releases {
  readonly #limits: ReleaseLimits | undefined
  readonly #steps: Step[] = []
  #running: Promise<void> | undefined

  /** @param limits - without them each step is waited for, however long it takes */
  constructor(limits?: ReleaseLimits) {
    this.#limits = limits
  }

  /** @param options - `atMostMs`: how long this step may take, where there are limits at all */
  add(what: string, release: () => unknown, options: { readonly atMostMs?: number } = {}): void {
    this.#steps.push({ what, release, atMostMs: options.atMostMs })
  }

  /**
   * Runs every step in turn, once. One that fails is reported; one that takes too long is, too, and goes on by itself.
   * Neither holds up the others: every step is begun, even when the time for all is over.
   */
  run({ logger }: { readonly logger: Logger }): Promise<void> {
    this.#running ??= this.#run(logger)
    return this.#running
  }

  async #run(logger: Logger): Promise<void> {
    const startedAtMs = this.#limits?.clock.now().monoMs ?? 0
    for (const step of this.#steps.toReversed()) {
      try {
        await this.#within(step, { logger, startedAtMs })
      } catch (error) {
        logger.error(`stopping the ${step.what} failed`, { error })
      }
    }
  }

  async #within(
    { what, release, atMostMs }: Step,
    { logger, startedAtMs }: { readonly logger: Logger; readonly startedAtMs: number },
  ): Promise<void> {
    const releasing = Promise.resolve(release())
    if (this.#limits === undefined) {
      await releasing
      return
    }
    const { clock, allMs, stepMs } = this.#limits
    const leftMs = startedAtMs + allMs - clock.now().monoMs
    const over = Promise.withResolvers<'over'>()
    const cancel = clock.after(Math.max(0, Math.min(atMostMs ?? stepMs, leftMs)), () => over.resolve('over'))
    try {
      if ((await Promise.race([releasing, over.promise])) !== 'over') return
    } finally {
      cancel()
    }
    logger.warn(`stopping the ${what} takes too long: it is not waited for`)
    releasing.catch((error: unknown) => logger.debug(`stopping the ${what} failed, late`, { error }))
  }
}
