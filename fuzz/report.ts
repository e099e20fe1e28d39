import { inspect } from 'node:util'
import { createColors } from 'picocolors'
import { type Finding, INPUTS_PER_DECODER, type Tally } from './campaign.ts'

/** Outcomes of a target that are shown; the rest are counted together. */
const SHOWN_OUTCOMES = 8
const LINE_WIDTH = 110
const LONGEST_HEX = 2_000

/** What became of all inputs, for people. */
export function formatTable(tallies: readonly Tally[], { colour }: { readonly colour: boolean }): string {
  const paint = createColors(colour)
  const lines = tallies.flatMap((tally) => [
    `${paint.bold(tally.target.padEnd(16))} ${count(tally.inputs).padStart(9)} inputs ${rate(tally).padStart(11)}`,
    ...wrapped(outcomes(tally)).map((line) => `  ${paint.dim(line)}`),
  ])
  const inputs = tallies.reduce((sum, tally) => sum + tally.inputs, 0)
  const elapsedMs = tallies.reduce((sum, tally) => sum + tally.elapsedMs, 0)
  const total = `${'total'.padEnd(16)} ${count(inputs).padStart(9)} inputs ${rate({ inputs, elapsedMs }).padStart(11)}`
  return `${[...lines, paint.bold(total)].join('\n')}\n`
}

/** A finding, with all that it takes to see it again. */
export function formatFinding(
  finding: Finding,
  { colour, whole = false }: { readonly colour: boolean; readonly whole?: boolean },
): string {
  const paint = createColors(colour)
  const { target, seed, index, hex, error, kind } = finding
  const hidden = whole ? 0 : hex.length - LONGEST_HEX
  const input = hidden > 0 ? `${hex.slice(0, LONGEST_HEX)}… and ${count(hidden / 2)} bytes more (--at shows them)` : hex
  return `${[
    paint.red(`finding: ${target} ${WORDS[kind]}`),
    `seed    ${seed}`,
    `index   ${index}`,
    `input   ${input}`,
    `error   ${wordsOf(error)}`,
    ...causeOf(error),
    `again   ${paint.bold(commandOf(finding))}`,
  ].join('\n')}\n`
}

const WORDS: Readonly<Record<Finding['kind'], string>> = {
  error: 'does what it must not',
  slow: 'takes too long',
  memory: 'keeps what it should forget',
}

/** The shortest command that shows a finding again. */
function commandOf({ target, seed, index, kind }: Finding): string {
  const which = kind === 'memory' ? `--inputs ${index + 1}` : `--at ${index}`
  return `npm run fuzz -- --seed ${seed} --target ${target} ${which}`
}

/** What was replayed and has done no harm. */
export function formatReplay(replayed: {
  readonly target: string
  readonly index: number
  readonly hex: string
  readonly outcome: string
}): string {
  const { target, index, hex, outcome } = replayed
  const from = index - (index % INPUTS_PER_DECODER)
  return [`input   ${hex}`, `outcome ${outcome} (${target}, after inputs ${from} to ${index})`, ''].join('\n')
}

function causeOf(error: unknown): readonly string[] {
  return error instanceof Error && error.cause !== undefined ? [`cause   ${wordsOf(error.cause)}`] : []
}

/** Thrown things need not be errors. */
function wordsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error)
}

function outcomes({ outcomes: counts }: Tally): readonly string[] {
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a)
  const rest = sorted.slice(SHOWN_OUTCOMES).reduce((sum, [, times]) => sum + times, 0)
  const shown = sorted.slice(0, SHOWN_OUTCOMES).map(([outcome, times]) => `${outcome} ${count(times)}`)
  return rest === 0 ? shown : [...shown, `${sorted.length - SHOWN_OUTCOMES} others ${count(rest)}`]
}

function wrapped(words: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const word of words) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < LINE_WIDTH) lines[lines.length - 1] = `${last} · ${word}`
    else lines.push(word)
  }
  return lines
}

function rate({ inputs, elapsedMs }: Pick<Tally, 'inputs' | 'elapsedMs'>): string {
  return elapsedMs === 0 ? '–' : `${count((1_000 * inputs) / elapsedMs)}/s`
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en')
}
