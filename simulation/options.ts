import { parseArgs } from 'node:util'
import { drawWhole, randomStreams } from './random-streams.ts'
import { ALL_FAULTS, FAULTS, type Fault, type ScenarioOptions } from './scenario.ts'
import { MUTANTS } from './mutants.ts'
import { INVARIANTS } from './violation.ts'

/** Mistakes in the command line; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export interface Options {
  readonly help: boolean
  /** 32 bits; undefined: any. */
  readonly seed: number | undefined
  readonly seeds: number
  /** Infinity for as long as it takes. */
  readonly forMs: number
  /** Undefined: by seed. */
  readonly nodes: number | undefined
  readonly rounds: number | undefined
  readonly faults: readonly Fault[]
  readonly tables: 'shared' | 'own' | undefined
  readonly realKeys: boolean
  readonly trace: boolean
  readonly workers: number | undefined
  /** Whether guards are taken out, one after the other. */
  readonly mutants: boolean
  /** The guard that is taken out, or the only one. */
  readonly mutant: string | undefined
  readonly record: boolean
}

export const SEED_LIMIT = 2 ** 32 - 1
const MOST_NODES = 1_600
const SMALL_NODES = { from: 3, to: 9 }
const SMALL_ROUNDS = { from: 10, to: 20 }
const UNITS_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

export const HELP = `Usage: npm run simulate -- [options]

Runs whole networks of the real nodes in one process, on a virtual clock, over a network, disks, feeds and tables that
fail, and checks all the way that nothing is lost or written twice. Everything random comes from the seed. Ends with
status 1 at the first violation, and prints the shortest command that shows it.

Options:
  --seed S        what everything is drawn from, 0 to ${SEED_LIMIT} (default: another one every time)
  --nodes N       signers, dishonest ones included, to ${MOST_NODES} (default: ${SMALL_NODES.from} to ${SMALL_NODES.to}, by seed)
  --rounds R      rounds (default: ${SMALL_ROUNDS.from} to ${SMALL_ROUNDS.to}, by seed); faults stop two rounds before the last
  --faults F,…    these faults only; all or none (default: all)
  --tables T      shared: one Postgres for all; own: one for each (default: by seed)
  --real-keys     signatures by secp256k1 instead of by hashes
  --seeds COUNT   so many seeds, one after the other from S on, on all cores
  --for TIME      end after so long, as 90s, 10m or 2h, whatever is left; without --seeds as many seeds as there is time for
  --workers W     threads (default: one a core)
  --trace         print what happens; of one seed
  --mutant NAME   run nodes that lack one guard, or do not keep to it
  --mutants       take out one guard after the other, and look for a seed that notices; with --mutant that one alone.
                  --seeds and --for are the limits of each; status 1 when nobody notices
  --record        write what found the mutants to simulation/mutant-record.json
  --scale         measure what a row costs in networks of 5 to 1,600 nodes; --scale --help shows how
  --help          this

Faults:
${listed(FAULTS)}

Checked:
${listed(INVARIANTS)}

Mutants:
${listed(Object.fromEntries(MUTANTS.map(({ name, breaks }) => [name, breaks])))}
`

/** @throws {UsageError} */
export function readOptions(args: readonly string[]): Options {
  const values = parse(args)
  const forMs = readTime(values.for)
  const seeds = readNumber('seeds', values.seeds, { from: 1, to: SEED_LIMIT })
  const trace = values.trace ?? false
  if (trace && (seeds !== undefined || forMs !== undefined))
    throw new UsageError('--trace shows one seed: leave out --seeds and --for')
  const { tables, mutants = false, record = false } = values
  if (record && !mutants) throw new UsageError('--record writes what --mutants finds')
  if (tables !== undefined && tables !== 'shared' && tables !== 'own') {
    throw new UsageError(`--tables ${tables}: expected shared or own`)
  }
  return {
    help: values.help ?? false,
    seed: readNumber('seed', values.seed, { from: 0, to: SEED_LIMIT }),
    seeds: seeds ?? (forMs === undefined ? 1 : Number.POSITIVE_INFINITY),
    forMs: forMs ?? Number.POSITIVE_INFINITY,
    nodes: readNumber('nodes', values.nodes, { from: 1, to: MOST_NODES }),
    rounds: readNumber('rounds', values.rounds, { from: 1, to: 1_000_000 }),
    faults: readFaults(values.faults),
    tables,
    realKeys: values['real-keys'] ?? false,
    trace,
    workers: readNumber('workers', values.workers, { from: 1, to: 256 }),
    mutants,
    mutant: readMutant(values.mutant),
    record,
  }
}

/** The scenario of one seed; what the command line leaves open is drawn. */
export function scenarioOf(
  seed: number,
  { nodes, rounds, faults, realKeys, tables }: Pick<Options, 'nodes' | 'rounds' | 'faults' | 'realKeys' | 'tables'>,
): ScenarioOptions {
  const random = randomStreams(seed)('size')
  const [drawnNodes, drawnRounds] = [
    drawWhole(random, SMALL_NODES.from, SMALL_NODES.to),
    drawWhole(random, SMALL_ROUNDS.from, SMALL_ROUNDS.to),
  ]
  return { seed, nodes: nodes ?? drawnNodes, rounds: rounds ?? drawnRounds, faults, realKeys, tables }
}

/** The command that runs a scenario. */
export function commandOf({ seed, nodes, rounds, faults, realKeys, tables }: ScenarioOptions): string {
  const named = faults.length === 0 ? 'none' : faults.length === ALL_FAULTS.length ? 'all' : faults.join(',')
  const rest = `${tables === undefined ? '' : ` --tables ${tables}`}${realKeys === true ? ' --real-keys' : ''}`
  return `npm run simulate -- --nodes ${nodes} --rounds ${rounds} --seed ${seed} --faults ${named}${rest}`
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string' },
        seeds: { type: 'string' },
        for: { type: 'string' },
        nodes: { type: 'string' },
        rounds: { type: 'string' },
        faults: { type: 'string' },
        tables: { type: 'string' },
        'real-keys': { type: 'boolean' },
        trace: { type: 'boolean' },
        workers: { type: 'string' },
        mutant: { type: 'string' },
        mutants: { type: 'boolean' },
        record: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    })
    return values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

/** @throws {UsageError} */
export function readNumber(
  name: string,
  text: string | undefined,
  range: { readonly from: number; readonly to: number },
): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.from && value <= range.to) return value
  throw new UsageError(`--${name} ${text}: expected a whole number from ${range.from} to ${range.to}`)
}

function readTime(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, number = '', unit = ''] = /^(\d{1,6})([smh])$/.exec(text) ?? []
  const ms = Number(number) * (UNITS_MS[unit] ?? Number.NaN)
  if (ms > 0) return ms
  throw new UsageError(`--for ${text}: expected a time, as 90s, 10m or 2h`)
}

function readFaults(text = 'all'): readonly Fault[] {
  if (text === 'all') return ALL_FAULTS
  if (text === 'none' || text === '') return []
  const names = text.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !Object.hasOwn(FAULTS, name))
  if (unknown.length > 0) {
    throw new UsageError(`--faults ${unknown.join(',')}: the faults are ${ALL_FAULTS.join(', ')}; or all, or none`)
  }
  return ALL_FAULTS.filter((fault) => names.includes(fault))
}

function readMutant(text: string | undefined): string | undefined {
  if (text === undefined || MUTANTS.some(({ name }) => name === text)) return text
  throw new UsageError(`--mutant ${text}: the mutants are ${MUTANTS.map(({ name }) => name).join(', ')}`)
}

function listed(texts: Readonly<Record<string, string>>): string {
  return Object.entries(texts)
    .map(([name, about]) => `  ${name.padEnd(16)}  ${about}`)
    .join('\n')
}
