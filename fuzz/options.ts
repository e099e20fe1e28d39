import { parseArgs } from 'node:util'
import type { Target } from './target.ts'

/** Mistakes in the command line; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Options {
  readonly help: boolean
  /** 32 bits; undefined: any. */
  readonly seed: number | undefined
  readonly inputs: number
  readonly targets: readonly Target[]
  /** The one input to show; there is one target then, and a seed. */
  readonly at: number | undefined
  readonly timeMs: number
}

const DEFAULT_INPUTS = 1_000_000
const SEED_LIMIT = 2 ** 32 - 1

export function helpOf(targets: readonly Target[]): string {
  return `Usage: npm run fuzz -- [options]

Feeds every decoder valid inputs, spoilt in every way, and noise. Ends by itself: with a table, or with status 1 at the
first input that makes a decoder throw, break a rule, take too long or keep memory.

Options:
  --inputs N      how many inputs, of all targets together (default ${DEFAULT_INPUTS.toLocaleString('en')})
  --seed S        what the inputs are made from, 0 to ${SEED_LIMIT} (default: another one every time)
  --target NAME   only this target
  --at I          only input number I; needs --seed and --target
  --time SECONDS  end after so long, whatever is left
  --help          this

Targets:
${targets.map(({ name, about }) => `  ${name.padEnd(14)}  ${about}`).join('\n')}
`
}

/** @throws {UsageError} */
export function readOptions(args: readonly string[], targets: readonly Target[]): Options {
  const values = parse(args)
  const chosen = values.target === undefined ? targets : targets.filter(({ name }) => name === values.target)
  if (chosen.length === 0) {
    throw new UsageError(`--target ${values.target}: the targets are ${targets.map(({ name }) => name).join(', ')}`)
  }
  const seed = readNumber('seed', values.seed, { from: 0, to: SEED_LIMIT })
  const at = readNumber('at', values.at, { from: 0, to: SEED_LIMIT })
  if (at !== undefined && (seed === undefined || values.target === undefined)) {
    throw new UsageError('--at needs --seed and --target: an input is one of a target, made from a seed')
  }
  return {
    help: values.help ?? false,
    seed,
    at,
    targets: chosen,
    inputs: readNumber('inputs', values.inputs, { from: 1, to: SEED_LIMIT }) ?? DEFAULT_INPUTS,
    timeMs: 1_000 * (readNumber('time', values.time, { from: 0.001, to: 604_800 }) ?? Number.POSITIVE_INFINITY),
  }
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        inputs: { type: 'string' },
        seed: { type: 'string' },
        target: { type: 'string' },
        at: { type: 'string' },
        time: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function readNumber(
  name: string,
  text: string | undefined,
  range: { readonly from: number; readonly to: number },
): number | undefined {
  if (text === undefined) return undefined
  const isWhole = Number.isInteger(range.from)
  const value = (isWhole ? /^\d{1,12}$/ : /^\d{1,12}(?:\.\d{1,3})?$/).test(text) ? Number(text) : Number.NaN
  if (value >= range.from && value <= range.to) return value
  throw new UsageError(
    `--${name} ${text}: expected a ${isWhole ? 'whole ' : ''}number from ${range.from} to ${range.to}`,
  )
}
