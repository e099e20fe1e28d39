import type { Environment } from './read-variables.ts'
import { redact } from './redact.ts'
import { VARIABLES, type Variable } from './variables.ts'

const ALL: readonly Variable<unknown>[] = Object.values<Variable<unknown>>(VARIABLES)

/** Variables that only Docker Compose reads. */
const COMPOSE_VARIABLES = [
  {
    name: 'POSTGRES_PASSWORD',
    value: 'prices',
    description: 'password of the Postgres that docker compose starts',
  },
  {
    name: 'COMPOSE_PROFILES',
    value: 'simulate',
    description:
      'with simulate, docker compose serves made-up prices to its nodes, for machines without a connection; ' +
      'with monitoring it runs Prometheus and Grafana, too; separated by a comma, both',
  },
  { name: 'DASHBOARD_PORT', value: '8080', description: 'port of this machine for the HTTP API of node1' },
  { name: 'POSTGRES_PORT', value: '5431', description: 'likewise for Postgres' },
  { name: 'PROMETHEUS_PORT', value: '9090', description: 'likewise for Prometheus' },
  { name: 'GRAFANA_PORT', value: '3000', description: 'likewise for Grafana' },
  { name: 'GRAFANA_PASSWORD', value: 'prices', description: 'password of admin in Grafana' },
]

/** What a variable is set to, without secrets; undefined where its default holds. */
function shownValue(variable: Variable<unknown>, env: Environment): string | undefined {
  const text = env[variable.name]?.trim()
  const isSet = text !== undefined && (text !== '' || variable.empty !== undefined)
  return isSet ? redact(text, variable.secrecy).replace(/\s+/g, ' ') : undefined
}

/**
 * The effective configuration by the names of variables, without secrets: its value, as text, null where there is none
 * until the node makes one; and whether that is the default.
 */
export function configFacts(
  env: Environment,
): Readonly<Record<string, { readonly value: string | null; readonly isDefault: boolean }>> {
  return Object.fromEntries(
    ALL.map((variable) => {
      const value = shownValue(variable, env)
      const byDefault = typeof variable.default === 'string' ? variable.default : null
      return [variable.name, { value: value ?? byDefault, isDefault: value === undefined }]
    }),
  )
}

/** Every variable: its name, its default in words, and what it means. */
export function variableFacts(): readonly {
  readonly name: string
  readonly default: string
  readonly description: string
}[] {
  return ALL.map(({ name, default: byDefault, description }) => ({
    name,
    default: typeof byDefault === 'string' ? byDefault : byDefault.words,
    description,
  }))
}

/** The effective configuration, in the form of a `.env` file, without secrets. What is not set is marked as default. */
export function renderConfig(env: Environment): string {
  const lines = ALL.map((variable) => {
    const value = shownValue(variable, env)
    if (value !== undefined) return { text: `${variable.name}=${value}`, note: '' }
    return typeof variable.default === 'string'
      ? { text: `${variable.name}=${variable.default}`, note: '# default' }
      : { text: `# ${variable.name}=`, note: `# default: ${variable.default.words}` }
  })
  const width = Math.max(...lines.filter(({ note }) => note !== '').map(({ text }) => text.length))
  return lines.map(({ text, note }) => (note === '' ? text : `${text.padEnd(width)}  ${note}`)).join('\n') + '\n'
}

/** The file `.env.example`: every variable with its meaning, and its default as an assignment that is commented out. */
export function renderEnvExample(): string {
  const head = [
    '# Copy this file to .env and change what you need. docker compose reads it, and so do all commands, in the',
    '# directory that they are started in; what is set in the environment wins.',
  ]
  const ours = ALL.map((variable) => {
    const words = typeof variable.default === 'string' ? '' : `\n# Default: ${variable.default.words}.`
    const value = typeof variable.default === 'string' ? variable.default : ''
    return `${comment(sentence(variable.description))}${words}\n# ${variable.name}=${value}`
  })
  const compose = COMPOSE_VARIABLES.map(
    ({ name, value, description }) => `${comment(sentence(description))}\n# ${name}=${value}`,
  )
  return `${[head.join('\n'), ...ours, '# Only docker compose reads what follows.', ...compose].join('\n\n')}\n`
}

/** The table of variables for the README, in Markdown. */
export function renderVariablesTable(): string {
  const rows = ALL.map((variable) => {
    const { name, description } = variable
    const shown = typeof variable.default === 'string' ? `\`${variable.default}\`` : variable.default.words
    return `| \`${name}\` | ${shown} | ${description.replaceAll('|', '\\|')} |`
  })
  return ['| variable | default | meaning |', '| --- | --- | --- |', ...rows].join('\n') + '\n'
}

const COMMENT_WIDTH = 118

function comment(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < COMMENT_WIDTH) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines.map((line) => `# ${line}`).join('\n')
}

function sentence(description: string): string {
  return `${description.charAt(0).toUpperCase()}${description.slice(1)}.`
}
