import { parseArgs } from 'node:util'
import { SEED_LIMIT, UsageError, readNumber } from './options.ts'

/** What `--scale` measures. */
export interface ScaleCommandOptions {
  readonly help: boolean
  readonly seed: number
  /** In ascending order. */
  readonly sizes: readonly number[]
  readonly proposers: number
  readonly rounds: number
  readonly latencyMs: number
  readonly json: boolean
}

const MOST_NODES = 1_600
const SIZES = [5, 25, 40, 100, 400, 1_600] as const
const DEFAULTS = { seed: 1, proposers: 20, rounds: 2, latencyMs: 80 } as const

export const SCALE_HELP = `Usage: npm run simulate -- --scale [options]

Runs the real nodes without faults in networks of several sizes, over one table, and counts what a row costs.

Options:
  --sizes N,…     nodes, 1 to ${MOST_NODES}; all may sign (default: ${SIZES.join(',')})
  --proposers P   so many of them propose, all others co-sign alone (default: ${DEFAULTS.proposers})
  --rounds R      rounds that count, after one that does not (default: ${DEFAULTS.rounds})
  --latency MS    between any two nodes one way, in the mean; every pair has its own (default: ${DEFAULTS.latencyMs})
  --seed S        what everything is drawn from, 0 to ${SEED_LIMIT} (default: ${DEFAULTS.seed})
  --json          one JSON document instead of a table
  --help          this
`

/** @throws {UsageError} */
export function readScaleOptions(args: readonly string[]): ScaleCommandOptions {
  const values = parse(args)
  const number = (name: keyof typeof LIMITS, standard: number): number =>
    readNumber(name, values[name], LIMITS[name]) ?? standard
  return {
    help: values.help ?? false,
    seed: number('seed', DEFAULTS.seed),
    sizes: readSizes(values.sizes),
    proposers: number('proposers', DEFAULTS.proposers),
    rounds: number('rounds', DEFAULTS.rounds),
    latencyMs: number('latency', DEFAULTS.latencyMs),
    json: values.json ?? false,
  }
}

const LIMITS = {
  seed: { from: 0, to: SEED_LIMIT },
  proposers: { from: 1, to: MOST_NODES },
  rounds: { from: 1, to: 1_000 },
  latency: { from: 1, to: 5_000 },
} as const

function readSizes(text: string | undefined): readonly number[] {
  if (text === undefined) return SIZES
  const sizes = text.split(',').map((part) => readNumber('sizes', part, { from: 1, to: MOST_NODES }) ?? 0)
  return [...new Set(sizes)].toSorted((a, b) => a - b)
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        scale: { type: 'boolean' },
        sizes: { type: 'string' },
        proposers: { type: 'string' },
        rounds: { type: 'string' },
        latency: { type: 'string' },
        seed: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}
