import { type Secrecy, redact } from './redact.ts'

const LONGEST_SHOWN = 120

/** One thing that is wrong with the configuration. No field holds a secret. */
export interface ConfigProblem {
  readonly variable: string
  /** What it holds, secrets redacted; undefined when it is unset. */
  readonly value: string | undefined
  /** What it should hold instead, as it follows the word "expected". */
  readonly expected: string
  /** What was probably meant. */
  readonly suggestion?: string | undefined
}

/**
 * A problem without secrets: in what the variable holds by its own `secrecy`, and in the other texts, which may quote
 * what it holds, wherever something looks like one.
 */
export function createProblem(problem: ConfigProblem, secrecy?: Secrecy): ConfigProblem {
  const { variable, value, expected, suggestion } = problem
  return {
    variable,
    value: value === undefined ? undefined : redact(value, secrecy),
    expected: redact(expected, undefined),
    suggestion: suggestion === undefined ? undefined : redact(suggestion, undefined),
  }
}

/** A problem in one line: variable, what it holds, what is expected, what was probably meant. */
export function formatProblem({ variable, value, expected, suggestion }: ConfigProblem): string {
  const held = value === undefined ? `${variable} is unset` : `${variable}=${quote(value)}`
  const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`
  return oneLine(`${held}: expected ${expected}${hint}`)
}

function quote(value: string): string {
  return JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value)
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
}

/** The configuration cannot be used; the message has one line for every problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'bad-configuration'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(formatProblem).join('\n'))
    this.problems = problems
  }
}
