import type { RunSummary } from './run-summary.ts'
import type { ScenarioOptions } from './scenario.ts'

export interface CampaignOptions {
  readonly seeds: number
  /** Runs at a time. */
  readonly atOnce: number
  /** Asked before each run: no more are begun when it says so. */
  readonly isOver: () => boolean
  readonly onRun?: (summary: RunSummary) => void
}

/**
 * Runs seed after seed until one fails, all are through or time is up.
 *
 * @param run - of the seed number so many
 * @returns the first that failed, by the number of its seed
 */
export async function runCampaign(
  run: (index: number) => Promise<RunSummary>,
  { seeds, atOnce, isOver, onRun }: CampaignOptions,
): Promise<RunSummary | undefined> {
  let next = 0
  const failed = new Map<number, RunSummary>()
  const runOn = async (): Promise<void> => {
    while (next < seeds && failed.size === 0 && !isOver()) {
      const index = next++
      const summary = await run(index)
      onRun?.(summary)
      if (summary.violation !== undefined) failed.set(index, summary)
    }
  }
  await Promise.all(Array.from({ length: atOnce }, runOn))
  return failed.get(Math.min(...failed.keys()))
}

export interface ShrinkOptions {
  readonly run: (options: ScenarioOptions) => Promise<RunSummary>
  /** Asked before each attempt. */
  readonly isOver: () => boolean
}

/** The smallest scenario found that violates the same invariant: fewer faults, fewer rounds, fewer nodes. */
export async function shrink(failed: RunSummary, { run, isOver }: ShrinkOptions): Promise<RunSummary> {
  const invariant = failed.violation?.invariant
  let best = failed
  const attempt = async (change: Partial<ScenarioOptions>): Promise<boolean> => {
    if (isOver()) return false
    const summary = await run({ ...best.options, ...change, tables: failed.tables })
    if (summary.violation?.invariant !== invariant) return false
    best = summary
    return true
  }

  for (const faults of [[], ...best.options.faults.map((fault) => [fault])]) if (await attempt({ faults })) break
  for (const fault of best.options.faults) {
    if (best.options.faults.length <= 1) break
    await attempt({ faults: best.options.faults.filter((other) => other !== fault) })
  }
  for (const rounds of below(best.options.rounds, FEWEST_ROUNDS)) if (await attempt({ rounds })) break
  for (const nodes of below(best.options.nodes, FEWEST_NODES)) if (await attempt({ nodes })) break
  return best
}

const FEWEST_ROUNDS = 3
const FEWEST_NODES = 2
const STEPS = 10

/** Numbers from `from` up to `limit`, which is not among them; few enough to try each. */
function below(limit: number, from: number): number[] {
  const step = Math.max(1, Math.ceil((limit - from) / STEPS))
  const numbers: number[] = []
  for (let number = from; number < limit; number += step) numbers.push(number)
  return numbers
}
