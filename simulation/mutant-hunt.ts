import { runCampaign, shrink } from './campaign.ts'
import { type Finding, findingOf } from './mutant-record.ts'
import type { Mutant } from './mutants.ts'
import { scenarioOf } from './options.ts'
import type { Progress } from './progress.ts'
import type { RunSummary } from './run-summary.ts'
import { ALL_FAULTS, type ScenarioOptions } from './scenario.ts'

/** A finding is made smaller for so long at most, milliseconds. */
const SHRINK_MS = 30_000

export interface Runner {
  run(options: ScenarioOptions): Promise<RunSummary>
  end(): Promise<void>
}

export interface HuntComponents {
  readonly progress: Progress
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number
  /** Runs scenarios with the guard. */
  readonly sound: Runner
  /** Runs them without. */
  readonly mutated: Runner
}

export interface HuntOptions {
  readonly mutant: Mutant
  /** The first; all others follow. */
  readonly seed: number
  readonly seeds: number
  readonly forMs: number
  readonly atOnce: number
}

export interface Hunt {
  readonly mutant: Mutant
  /** Undefined when it survives. */
  readonly finding: Finding | undefined
  /** Scenarios that violate something with the guard, too: no mutant is found by these. */
  readonly unsound: readonly RunSummary[]
  readonly seeds: number
  readonly elapsedMs: number
}

/** Runs seed after seed until one shows that the guard is missing, and makes that one smaller. */
export async function huntMutant(components: HuntComponents, options: HuntOptions): Promise<Hunt> {
  const { progress, nowMs, sound, mutated } = components
  const { mutant, atOnce } = options
  const startMs = nowMs()
  const isOver = (): boolean => nowMs() - startMs >= options.forMs
  const unsound: RunSummary[] = []
  let [seeds, from, ended] = [0, options.seed, false]
  let finding: Finding | undefined
  while (finding === undefined && !ended) {
    const left = options.seed + options.seeds - from
    const failed = await runCampaign((index) => mutated.run(anyFault(from + index)), {
      seeds: left,
      atOnce,
      isOver,
      onRun() {
        seeds += 1
        const elapsedMs = nowMs() - startMs
        progress.at(`${mutant.name}, ${seeds} seeds`, {
          part: Math.max(seeds / options.seeds, elapsedMs / options.forMs),
          elapsedMs,
        })
      },
    })
    ended = failed === undefined
    if (failed === undefined) continue
    from = failed.options.seed + 1
    const passed = await sound.run(failed.options)
    if (passed.violation === undefined) finding = await smallest(failed, components)
    else unsound.push(passed)
  }
  progress.clear()
  return { mutant, finding, unsound, seeds, elapsedMs: nowMs() - startMs }
}

async function smallest(failed: RunSummary, { sound, mutated, nowMs }: HuntComponents): Promise<Finding> {
  const startMs = nowMs()
  const run = async (options: ScenarioOptions): Promise<RunSummary> => {
    const summary = await mutated.run(options)
    if (summary.violation === undefined) return summary
    const passed = await sound.run(options)
    return passed.violation === undefined ? summary : { ...summary, violation: undefined }
  }
  const { options, violation, tables } = await shrink(failed, {
    run,
    isOver: () => nowMs() - startMs >= SHRINK_MS,
  })
  if (violation === undefined) throw new RangeError('what was made smaller violates nothing')
  return findingOf(failed.options.seed, { invariant: violation.invariant, options: { ...options, tables } })
}

function anyFault(seed: number): ScenarioOptions {
  return scenarioOf(seed, {
    nodes: undefined,
    rounds: undefined,
    faults: ALL_FAULTS,
    realKeys: false,
    tables: undefined,
  })
}
