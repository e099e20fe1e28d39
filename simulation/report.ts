import { createColors } from 'picocolors'
import { commandOf } from './options.ts'
import type { RunSummary } from './run-summary.ts'
import { INVARIANTS } from './violation.ts'

export interface ReportOptions {
  readonly colour: boolean
}

/** What one run, or all of many, came to, for people. */
export function formatReport(runs: Totals, { colour }: ReportOptions): string {
  const paint = createColors(colour)
  const { rows, statements, elapsedMs } = runs
  const each = (amount: number): string => (rows === 0 ? '–' : (amount / rows).toFixed(amount / rows < 10 ? 2 : 0))
  const writes = statements.insert + statements['find-holders'] + statements['insert-equivocations']
  const lines: readonly (readonly [string, string])[] = [
    [
      'rows',
      `${count(rows)} committed of ${count(runs.quorums)} statements at quorum, ${count(runs.disputes)} lost their slot`,
    ],
    [
      'messages',
      `${count(runs.messages)}, ${each(runs.messages)} a row; ${each(runs.bytes)} bytes a row; ${count(runs.questions)} questions of the sync`,
    ],
    ['SQL', `${each(writes)} write and ${each(statements['find-present'])} read statements a row`],
    [
      'faults',
      `${count(runs.crashes)} restarts, ${count(runs.refusals)} refusals, ${count(runs.equivocations)} equivocations seen, ${count(runs.honestExpelled)} honest peers hung up on`,
    ],
    ['time', `${(elapsedMs / 1_000).toFixed(1)} s for ${count(runs.steps)} events`],
  ]
  return `${lines.map(([name, text]) => `${paint.bold(name.padEnd(9))} ${text}`).join('\n')}\n`
}

/** What a scenario is, in a line. */
export function formatScenario(run: RunSummary): string {
  const { options, dishonest, isDisputable } = run
  const f = `f = ${dishonest}${isDisputable && dishonest > 0 ? ', enough to dispute slots' : ''}`
  return (
    `seed ${options.seed}: ${options.nodes} nodes, ${options.rounds} rounds of ${run.intervalMs / 1_000} s, quorum ` +
    `${run.minimumSigners} to ${run.maximumSigners}, quiet period ${run.quietPeriodMs / 1_000} s, ${run.pairs} pairs, ` +
    `${run.tables === 'shared' ? 'one table' : 'a table each'}, ${f}`
  )
}

/** A violation, with all that it takes to see it again. */
export function formatViolation(run: RunSummary, { colour }: ReportOptions): string {
  const paint = createColors(colour)
  const { violation } = run
  if (violation === undefined) return ''
  return `${[
    paint.red(`violation of ${violation.invariant}: ${INVARIANTS[violation.invariant]}`),
    formatScenario(run),
    violation.message,
    ...(violation.cause === undefined ? [] : [violation.cause]),
    `again     ${paint.bold(commandOf(run.options))}`,
    `          (with --trace it tells what happened)`,
  ].join('\n')}\n`
}

/** The sum of runs. */
export type Totals = Pick<
  RunSummary,
  'messages' | 'bytes' | 'questions' | 'crashes' | 'steps' | 'elapsedMs' | 'statements'
> &
  RunSummary['tally']

export function addUp(runs: readonly RunSummary[]): Totals {
  const sum = (amountOf: (run: RunSummary) => number): number => runs.reduce((total, run) => total + amountOf(run), 0)
  const ofStatement = (name: keyof RunSummary['statements']): number => sum(({ statements }) => statements[name])
  const ofTally = (name: keyof RunSummary['tally']): number => sum(({ tally }) => tally[name])
  return {
    messages: sum(({ messages }) => messages),
    bytes: sum(({ bytes }) => bytes),
    questions: sum(({ questions }) => questions),
    crashes: sum(({ crashes }) => crashes),
    steps: sum(({ steps }) => steps),
    elapsedMs: sum(({ elapsedMs }) => elapsedMs),
    statements: {
      insert: ofStatement('insert'),
      'find-holders': ofStatement('find-holders'),
      'insert-equivocations': ofStatement('insert-equivocations'),
      'find-present': ofStatement('find-present'),
    },
    quorums: ofTally('quorums'),
    rows: ofTally('rows'),
    disputes: ofTally('disputes'),
    refusals: ofTally('refusals'),
    equivocations: ofTally('equivocations'),
    honestExpelled: ofTally('honestExpelled'),
  }
}

function count(number: number): string {
  return number.toLocaleString('en')
}
