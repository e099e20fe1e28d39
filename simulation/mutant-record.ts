import { readFileSync, writeFileSync } from 'node:fs'
import { MUTANTS } from './mutants.ts'
import { commandOf, readOptions, scenarioOf } from './options.ts'
import type { ScenarioOptions } from './scenario.ts'
import type { Invariant } from './violation.ts'

/** How a mutant was found. */
export interface Finding {
  /** The first seed that found it. */
  readonly seed: number
  /** What it violated. */
  readonly invariant: Invariant
  /** The smallest scenario that shows it, as options of the command. */
  readonly options: string
}

export type MutantRecord = Readonly<Record<string, Finding>>

const FILE = new URL('mutant-record.json', import.meta.url)
const COMMAND = 'npm run simulate -- '

export function readRecord(): MutantRecord {
  return JSON.parse(readFileSync(FILE, 'utf8')) as MutantRecord
}

export function writeRecord(record: MutantRecord): void {
  writeFileSync(FILE, `${JSON.stringify(record, null, 2)}\n`)
}

export function findingOf(
  seed: number,
  found: { readonly invariant: Invariant; readonly options: ScenarioOptions },
): Finding {
  return { seed, invariant: found.invariant, options: commandOf(found.options).slice(COMMAND.length) }
}

/** The scenario in which a mutant was found. */
export function scenarioOfFinding({ options }: Finding): ScenarioOptions {
  const read = readOptions(options.split(' '))
  return scenarioOf(read.seed ?? 0, read)
}

/** The rows of the table in the decision record. */
export function formatRecord(record: MutantRecord): string {
  return MUTANTS.map(({ name, breaks, file }) => {
    const { seed = '–', invariant = '–', options = '' } = record[name] ?? {}
    return `| ${name} | ${breaks} | ${file.split('/').at(-1)} | ${seed} | ${invariant} | \`${options}\` |`
  }).join('\n')
}
