import { createColors } from 'picocolors'
import { type Hunt, type HuntComponents, type Runner, huntMutant } from './mutant-hunt.ts'
import { type MutantRecord, readRecord, writeRecord } from './mutant-record.ts'
import { plantMutant } from './mutant-tree.ts'
import { MUTANTS, type Mutant } from './mutants.ts'
import { formatViolation } from './report.ts'

export interface MutantsComponents extends Pick<HuntComponents, 'progress' | 'nowMs'> {
  readonly write: (text: string) => void
  readonly colour: boolean
  readonly cores: number
  readonly openThreads: (count: number, options?: { readonly root: string }) => Runner
  readonly runThere: (root: string, args: readonly string[]) => Promise<number>
}

export interface MutantsOptions {
  /** Undefined: all. */
  readonly mutant: string | undefined
  readonly record: boolean
  readonly seed: number | undefined
  readonly seeds: number
  readonly forMs: number
  readonly workers: number | undefined
}

/** A mutant that was not found by then survives. */
const LIMIT = { seeds: 4_000, ms: 600_000 }

/** Takes out one guard after the other, and looks for a seed that notices. @returns the exit code: 1 when one survives */
export async function runMutants(components: MutantsComponents, options: MutantsOptions): Promise<number> {
  const { write, colour, cores, openThreads } = components
  const atOnce = options.workers ?? cores
  const chosen = MUTANTS.filter(({ name }) => options.mutant === undefined || name === options.mutant)
  const sound = openThreads(1)
  const hunts: Hunt[] = []
  try {
    for (const mutant of chosen) {
      const hunt = await huntIn(mutant, { ...components, sound, atOnce, options })
      hunts.push(hunt)
      write(formatHunt(hunt, { colour }))
    }
  } finally {
    await sound.end()
  }
  const survivors = hunts.filter(({ finding }) => finding === undefined)
  const unsound = hunts.flatMap((hunt) => hunt.unsound)
  for (const run of unsound) write(`\nwithout any mutant, too:\n${formatViolation(run, { colour })}`)
  write(
    survivors.length === 0
      ? `all ${hunts.length} found\n`
      : `${survivors.length} of ${hunts.length} survive: ${survivors.map(({ mutant }) => mutant.name).join(', ')}\n`,
  )
  if (options.record) writeRecord(recordOf(hunts))
  return survivors.length + unsound.length === 0 ? 0 : 1
}

/** Runs the command as it is given, in a copy with one guard less. @returns the exit code */
export async function runMutated(
  { runThere }: Pick<MutantsComponents, 'runThere'>,
  { mutant, args }: { readonly mutant: Mutant; readonly args: readonly string[] },
): Promise<number> {
  const tree = plantMutant(mutant)
  try {
    const rest = args.filter((arg, place) => !arg.startsWith('--mutant') && args[place - 1] !== '--mutant')
    return await runThere(tree.root, rest)
  } finally {
    tree.remove()
  }
}

async function huntIn(
  mutant: Mutant,
  {
    atOnce,
    options,
    openThreads,
    ...components
  }: Omit<MutantsComponents, 'write'> & {
    readonly sound: Runner
    readonly atOnce: number
    readonly options: MutantsOptions
  },
): Promise<Hunt> {
  const tree = plantMutant(mutant)
  try {
    const mutated = openThreads(atOnce, tree)
    try {
      return await huntMutant(
        { ...components, mutated },
        {
          mutant,
          atOnce,
          seed: options.seed ?? 1,
          seeds: Number.isFinite(options.seeds) && options.seeds > 1 ? options.seeds : LIMIT.seeds,
          forMs: Math.min(options.forMs, LIMIT.ms),
        },
      )
    } finally {
      await mutated.end()
    }
  } finally {
    tree.remove()
  }
}

function formatHunt({ mutant, finding, seeds, elapsedMs }: Hunt, { colour }: { readonly colour: boolean }): string {
  const paint = createColors(colour)
  const name = mutant.name.padEnd(32)
  const seconds = `${(elapsedMs / 1_000).toFixed(1)} s`.padStart(8)
  if (finding === undefined) return `${name} ${paint.red('survives')} ${seeds} seeds, ${seconds}: ${mutant.breaks}\n`
  const { seed, invariant, options } = finding
  return `${name} seed ${String(seed).padEnd(5)} ${invariant.padEnd(16)} ${seconds}  ${paint.dim(`npm run simulate -- --mutant ${mutant.name} ${options}`)}\n`
}

/** What was found before is kept for those that were not looked for now. */
function recordOf(hunts: readonly Hunt[]): MutantRecord {
  const record = { ...readRecord() }
  for (const { mutant, finding } of hunts) if (finding !== undefined) record[mutant.name] = finding
  const known = MUTANTS.flatMap(({ name }) => (record[name] === undefined ? [] : [[name, record[name]] as const]))
  return Object.fromEntries(known)
}
