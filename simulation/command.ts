import { runCampaign, shrink } from './campaign.ts'
import { HELP, type Options, SEED_LIMIT, UsageError, readOptions, scenarioOf } from './options.ts'
import type { Runner } from './mutant-hunt.ts'
import { runMutants, runMutated } from './mutants-command.ts'
import { MUTANTS } from './mutants.ts'
import type { Progress } from './progress.ts'
import { addUp, formatReport, formatScenario, formatViolation } from './report.ts'
import { type RunSummary, summarize } from './run-summary.ts'
import { runScale } from './scale-command.ts'
import type { ScenarioOptions } from './scenario.ts'

export interface CommandComponents {
  readonly write: (text: string) => void
  readonly complain: (text: string) => void
  readonly progress: Progress
  readonly colour: boolean
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number
  /** A seed when none is given, 32 bits. */
  readonly makeSeed: () => number
  readonly cores: number
  /** Makes threads that run scenarios beside each other, of this project or another copy of it. */
  readonly openThreads: (count: number, options?: { readonly root: string }) => Runner
  /** Runs this command in another copy of the project; its exit code. */
  readonly runThere: (root: string, args: readonly string[]) => Promise<number>
}

/** A violation is made smaller for so long at most, milliseconds. */
const SHRINK_MS = 120_000

/** Runs `npm run simulate -- args`. @returns the exit code */
export async function runCommand(components: CommandComponents, args: readonly string[]): Promise<number> {
  const { write, complain, makeSeed } = components
  if (args.includes('--scale')) return runScale(components, args)
  let options: Options
  try {
    options = readOptions(args)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    complain(`${error.message}\n(--help shows what there is)\n`)
    return 1
  }
  if (options.help) {
    write(HELP)
    return 0
  }
  if (options.mutants) return runMutants(components, options)
  const mutant = MUTANTS.find(({ name }) => name === options.mutant)
  if (mutant !== undefined) return runMutated(components, { mutant, args })
  const seed = options.seed ?? makeSeed()
  return options.seeds === 1 ? runOne(components, { ...options, seed }) : runMany(components, { ...options, seed })
}

type SeededOptions = Options & { readonly seed: number }

/** In this thread, where it can say what happens. */
async function runOne(components: CommandComponents, options: SeededOptions): Promise<number> {
  const { write, progress, colour, nowMs } = components
  const startMs = nowMs()
  const scenario = scenarioOf(options.seed, options)
  const summary = await summarize(scenario, {
    trace: options.trace ? (line) => write(`${line}\n`) : undefined,
    onProgress: (part) => progress.at(`of seed ${options.seed}`, { part, elapsedMs: nowMs() - startMs }),
  })
  progress.clear()
  write(`${formatScenario(summary)}\n`)
  if (summary.violation !== undefined) {
    return tell(components, { failed: summary, run: runHere, isShrunk: !options.trace })
  }
  write(formatReport(addUp([summary]), { colour }))
  return 0
}

function runHere(options: ScenarioOptions): Promise<RunSummary> {
  return summarize(options)
}

async function runMany(components: CommandComponents, options: SeededOptions): Promise<number> {
  const { write, progress, colour, nowMs, openThreads, cores } = components
  const { seed, seeds, forMs } = options
  const startMs = nowMs()
  const atOnce = Math.min(options.workers ?? cores, seeds)
  const threads = openThreads(atOnce)
  const runs: RunSummary[] = []
  try {
    write(`seeds from ${seed}\n`)
    const failed = await runCampaign((index) => threads.run(scenarioOf((seed + index) % (SEED_LIMIT + 1), options)), {
      seeds,
      atOnce,
      isOver: () => nowMs() - startMs >= forMs,
      onRun(summary) {
        runs.push(summary)
        const elapsedMs = nowMs() - startMs
        const part = Math.max(runs.length / seeds, elapsedMs / forMs)
        progress.at(`${runs.length.toLocaleString('en')} seeds`, { part, elapsedMs })
      },
    })
    progress.clear()
    if (failed !== undefined)
      return await tell(components, { failed, run: (smaller) => threads.run(smaller), isShrunk: true })
    write(`${runs.length.toLocaleString('en')} seeds without a violation\n${formatReport(addUp(runs), { colour })}`)
    return 0
  } finally {
    await threads.end()
  }
}

async function tell(
  { write, progress, colour, nowMs }: CommandComponents,
  found: { readonly failed: RunSummary; readonly run: Runner['run']; readonly isShrunk: boolean },
): Promise<number> {
  const { failed, run, isShrunk } = found
  const startMs = nowMs()
  write(formatViolation(failed, { colour }))
  if (!isShrunk) return 1
  const smallest = await shrink(failed, {
    run,
    isOver() {
      const elapsedMs = nowMs() - startMs
      progress.at('making it smaller', { part: Math.min(1, elapsedMs / SHRINK_MS), elapsedMs })
      return elapsedMs >= SHRINK_MS
    },
  })
  progress.clear()
  write(
    smallest === failed
      ? 'nothing smaller shows it\n'
      : `\nthe smallest that shows it:\n${formatViolation(smallest, { colour })}`,
  )
  return 1
}
