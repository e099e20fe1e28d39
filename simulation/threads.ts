import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { RunSummary } from './run-summary.ts'
import type { ScenarioOptions } from './scenario.ts'

/** Nearly all that a run makes is garbage at once: room for it spares most of the collecting. */
const YOUNG_GENERATION_MB = 96

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Threads that run scenarios, each one at a time. */
export class Threads {
  readonly #idle: Worker[]
  readonly #all: readonly Worker[]

  /** @param options - `root`: of the project whose nodes are run. @default this one */
  constructor({ count, root = ROOT }: { readonly count: number; readonly root?: string | undefined }) {
    this.#all = Array.from(
      { length: count },
      () =>
        new Worker(join(root, 'simulation', 'thread.ts'), {
          resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
        }),
    )
    this.#idle = [...this.#all]
  }

  /** @throws {RangeError} when every thread is at work */
  async run(options: ScenarioOptions): Promise<RunSummary> {
    const thread = this.#idle.pop()
    if (thread === undefined) throw new RangeError('every thread is at work')
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
    thread.postMessage(options)
    const [summary] = (await once(thread, 'message')) as [RunSummary]
    this.#idle.push(thread)
    return summary
  }

  async end(): Promise<void> {
    await Promise.all(this.#all.map((thread) => thread.terminate()))
  }
}
