import { allNear } from './nearest.ts'
import type { Files, Parsed } from './parse.ts'
import { type ConfigProblem, createProblem } from './problem.ts'
import type { Secrecy } from './redact.ts'
import { VARIABLES, VARIABLE_NAMES, type Values, type Variable, type VariableKey } from './variables.ts'

/** The environment, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface Surroundings {
  readonly env: Environment
  readonly files: Files
}

/** What could be read; it lacks the variables that have problems. */
export interface Reading<Key extends VariableKey> {
  readonly values: Partial<Pick<Values, Key>>
  readonly problems: readonly ConfigProblem[]
}

/** Reads the variables of `keys`, each by itself. Never throws. */
export function readVariables<Key extends VariableKey>(
  { env, files }: Surroundings,
  keys: readonly Key[],
): Reading<Key> {
  const values: Partial<Record<VariableKey, unknown>> = {}
  const problems: ConfigProblem[] = []
  for (const key of keys) {
    const variable: Variable<unknown> = VARIABLES[key]
    const text = env[variable.name]?.trim()
    const parsed = readVariable(variable, { text, files })
    if ('value' in parsed) values[key] = parsed.value
    else {
      for (const { item, expected, suggestion } of parsed.faults) {
        const problem = { variable: variable.name, value: item ?? text, expected, suggestion }
        problems.push(createProblem(problem, variable.secrecy))
      }
    }
  }
  return { values: values as Partial<Pick<Values, Key>>, problems }
}

function readVariable<T>(
  variable: Variable<T>,
  { text, files }: { readonly text: string | undefined; readonly files: Files },
): Parsed<T> {
  if (text !== undefined && text !== '') return variable.parse(text, files)
  if (text === '' && variable.empty !== undefined) return { value: variable.empty }
  return typeof variable.default === 'string' ? variable.parse(variable.default, files) : variable.default
}

/** A problem for every variable that begins like ours and is none of them. */
export function unknownVariables(env: Environment): readonly ConfigProblem[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('GP_') && !VARIABLE_NAMES.includes(name))
    .toSorted()
    .map((name) => {
      const near = allNear(name, VARIABLE_NAMES)
      const expected = 'the name of a known variable (.env.example has them all)'
      return createProblem({ variable: name, value: env[name], expected, suggestion: near[0] }, secrecyOf(near))
    })
}

/** The strictest secrecy of the variables that may have been meant; of one that nothing is like, all is secret. */
function secrecyOf(names: readonly string[]): Secrecy | undefined {
  const meant = Object.values<Variable<unknown>>(VARIABLES).filter(({ name }) => names.includes(name))
  if (meant.length === 0 || meant.some(({ secrecy }) => secrecy === 'whole')) return 'whole'
  return meant.find(({ secrecy }) => secrecy !== undefined)?.secrecy
}
