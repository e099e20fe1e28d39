import { parentPort } from 'node:worker_threads'
import { summarize } from './run-summary.ts'
import type { ScenarioOptions } from './scenario.ts'

/** What a thread of `Threads` does: one scenario after the other. */
async function run(options: ScenarioOptions): Promise<void> {
  const summary = await summarize(options)
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  parentPort?.postMessage(summary)
}

parentPort?.on('message', (options: ScenarioOptions) => void run(options))
