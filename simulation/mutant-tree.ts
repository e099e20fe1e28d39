import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Mutant } from './mutants.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
/** What a simulation is made of. */
const PARTS = ['package.json', 'src', 'simulation', 'test/helpers'] as const

/** A copy of the project with one guard less. */
export interface MutantTree {
  readonly root: string
  /** Removes the copy. */
  remove(): void
}

/** @throws {RangeError} when the text to be replaced is not there, or not just once */
export function plantMutant(mutant: Mutant): MutantTree {
  const mutated = mutate(readFileSync(join(ROOT, mutant.file), 'utf8'), mutant)
  const root = mkdtempSync(join(tmpdir(), 'gossip-price-mutant-'))
  for (const part of PARTS) cpSync(join(ROOT, part), join(root, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'), 'dir')
  writeFileSync(join(root, mutant.file), mutated)
  return { root, remove: () => rmSync(root, { recursive: true, force: true }) }
}

function mutate(text: string, { name, file, search, replacement }: Mutant): string {
  const [before, after, ...more] = text.split(search)
  if (before === undefined || after === undefined || more.length > 0) {
    throw new RangeError(
      `the mutant ${name} does not fit: its text is in ${file} ${text.split(search).length - 1} times`,
    )
  }
  return `${before}${replacement}${after}`
}
