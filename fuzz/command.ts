import { toHex } from '../src/core/hex.ts'
import { type Tally, replay, runCampaign } from './campaign.ts'
import { type Options, UsageError, helpOf, readOptions } from './options.ts'
import type { Progress } from './progress.ts'
import { formatFinding, formatReplay, formatTable } from './report.ts'
import type { Target } from './target.ts'

export interface CommandComponents {
  readonly targets: readonly Target[]
  readonly write: (text: string) => void
  readonly complain: (text: string) => void
  readonly progress: Progress
  readonly colour: boolean
  /** A seed when none is given, 32 bits. */
  readonly makeSeed: () => number
}

/** Runs `npm run fuzz -- args`. @returns the exit code */
export async function runCommand(components: CommandComponents, args: readonly string[]): Promise<number> {
  const { targets, write, complain } = components
  let options: Options
  try {
    options = readOptions(args, targets)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    complain(`${error.message}\n(--help shows what there is)\n`)
    return 1
  }
  if (options.help) {
    write(helpOf(targets))
    return 0
  }
  const seed = options.seed ?? components.makeSeed()
  write(`seed ${seed}\n`)
  const [target] = options.targets
  return options.at === undefined || target === undefined
    ? fuzz(components, { ...options, seed })
    : showAgain(components, { target, seed, index: options.at })
}

async function showAgain(
  { write, colour }: CommandComponents,
  { target, seed, index }: { readonly target: Target; readonly seed: number; readonly index: number },
): Promise<number> {
  const replayed = await replay(target, { seed, index })
  if ('finding' in replayed) {
    write(formatFinding(replayed.finding, { colour, whole: true }))
    return 1
  }
  write(formatReplay({ target: target.name, index, hex: toHex(replayed.input), outcome: replayed.outcome }))
  return 0
}

async function fuzz(
  { write, progress, colour }: CommandComponents,
  { targets, seed, inputs, timeMs }: Options & { readonly seed: number },
): Promise<number> {
  const shares = targets.reduce((sum, { share }) => sum + share, 0)
  const startMs = performance.now()
  const tallies: Tally[] = []
  let [done, sharesDone] = [0, 0]
  for (const target of targets) {
    sharesDone += target.share
    const upTo = Math.round((inputs * sharesDone) / shares)
    const untilMs = (timeMs * sharesDone) / shares
    const before = done
    const tally = await runCampaign(target, {
      seed,
      inputs: upTo - before,
      goesOn(own) {
        const elapsedMs = performance.now() - startMs
        progress.at(target.name, { done: before + own, total: inputs, elapsedMs })
        return elapsedMs < untilMs
      },
    })
    done += tally.inputs
    tallies.push(tally)
    if (tally.finding === undefined) continue
    progress.clear()
    write(formatFinding(tally.finding, { colour }))
    return 1
  }
  progress.clear()
  write(formatTable(tallies, { colour }))
  return 0
}
