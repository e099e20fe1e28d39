import { UsageError } from './options.ts'
import type { Progress } from './progress.ts'
import { type ScaleFigures, figuresOf } from './scale-figures.ts'
import { type ScaleCommandOptions, SCALE_HELP, readScaleOptions } from './scale-options.ts'
import { formatScale, formatSetting } from './scale-report.ts'
import { type ScaleMeasurement, measureScale } from './scale.ts'
import { Violation } from './violation.ts'

export interface ScaleComponents {
  readonly write: (text: string) => void
  readonly complain: (text: string) => void
  readonly progress: Progress
  readonly colour: boolean
  /** Monotonic, milliseconds. */
  readonly nowMs: () => number
}

/** Runs `npm run simulate -- --scale`. @returns the exit code: 1 when not every statement became a row */
export async function runScale(components: ScaleComponents, args: readonly string[]): Promise<number> {
  const { write, complain, colour } = components
  try {
    const options = readScaleOptions(args)
    if (options.help) {
      write(SCALE_HELP)
      return 0
    }
    if (!options.json) write(`${formatSetting(options)}\n`)
    const all = await measureAll(components, options)
    write(options.json ? `${JSON.stringify({ options, sizes: all }, undefined, 2)}\n` : formatScale(all, { colour }))
    return 0
  } catch (error) {
    if (error instanceof UsageError) complain(`${error.message}\n(--scale --help shows what there is)\n`)
    else if (error instanceof Violation) complain(`${error.message}\n`)
    else throw error
    return 1
  }
}

async function measureAll(
  { progress, nowMs }: ScaleComponents,
  options: ScaleCommandOptions,
): Promise<readonly ScaleFigures[]> {
  const startMs = nowMs()
  const { sizes, seed, proposers, rounds, latencyMs } = options
  const allNodes = sizes.reduce((sum, nodes) => sum + nodes, 0)
  let nodesBefore = 0
  const figures: ScaleFigures[] = []
  for (const nodes of sizes) {
    const measured = await measureScale(
      { seed, nodes, proposers, rounds, latencyMs },
      {
        onProgress: (part) =>
          progress.at(`of all sizes, at ${nodes.toLocaleString('en')} nodes`, {
            part: (nodesBefore + part * nodes) / allNodes,
            elapsedMs: nowMs() - startMs,
          }),
      },
    )
    nodesBefore += nodes
    progress.clear()
    assertSound(measured)
    figures.push(figuresOf(measured))
  }
  return figures
}

/** @throws {Violation} */
function assertSound({ nodes, rows, statements, hungUp, quorum }: ScaleMeasurement): void {
  if (rows !== statements) {
    throw new Violation('nothing-lost', `${nodes} nodes made ${statements} statements, and ${rows} are in the table`)
  }
  if (quorum.everywhere.length !== statements) {
    const missing = statements - quorum.everywhere.length
    throw new Violation('nothing-lost', `${missing} statements were not known at quorum to all of ${nodes} nodes`)
  }
  if (hungUp > 0) throw new Violation('no-mistake', `${nodes} honest nodes hung up on each other ${hungUp} times`)
}
