import process from 'node:process'
import { parseArgs } from 'node:util'
import { systemClock } from '../src/node/system-clock.ts'
import { watchForStop } from '../src/node/until-told-to-stop.ts'
import { wantsColour } from '../src/telemetry/logger.ts'
import { createBenchLogger } from './bench-logger.ts'
import type { Measurement } from './measurement.ts'
import { type Progress, createProgress } from './progress.ts'
import { type SectionResult, describeMachine, formatJson, formatTable } from './report.ts'
import { type Workbench, withWorkbench } from './workbench.ts'

/** What shells report of a process that Ctrl-C ended. */
const INTERRUPTED = 130

/** Nodes take 12 s at most, and Postgres ends quickly, milliseconds. */
const STOP_DEADLINE_MS = 30_000

type Measure = (workbench: Workbench) => Promise<readonly Measurement[]>

interface Section {
  readonly about: string
  readonly load: () => Promise<Measure>
}

/** Loaded when they run, so that help is quick. */
const SECTIONS: Readonly<Record<string, Section>> = {
  join: {
    about: 'time from the start of 5 nodes and a bootstrap node until all see each other',
    load: async () => (await import('./join.ts')).measureJoin,
  },
  quorum: {
    about: 'time from a proposal until all of 5 nodes hold a quorum over it',
    load: async () => (await import('./quorum.ts')).measureQuorum,
  },
  throughput: {
    about: 'statements that 5 nodes and one Postgres commit a second',
    load: async () => (await import('./throughput.ts')).measureThroughput,
  },
  traffic: {
    about: 'messages, bytes and SQL statements for one committed statement',
    load: async () => (await import('./traffic.ts')).measureTraffic,
  },
  idle: {
    about: 'memory and CPU of nodes between two rounds (Linux only)',
    load: async () => (await import('./idle.ts')).measureIdle,
  },
  verify: {
    about: 'signatures, digests and verdicts a second of one core, with noble and native',
    load: async () => (await import('./verify.ts')).measureVerify,
  },
  history: {
    about: 'what it takes to compare a history of a million rows with that of a peer',
    load: async () => (await import('./history.ts')).measureHistory,
  },
  table: {
    about: 'rows a second that verify judges, with 3 and with 5 signatures each',
    load: async () => (await import('./table.ts')).measureTable,
  },
  flood: {
    about: 'memory before and after a million hostile messages, and what becomes of them',
    load: async () => (await import('./flood.ts')).measureFlood,
  },
}

const HELP = `Usage: npm run bench -- [options]

Measures this machine and prints a table, with the targets beside it. Takes about eight minutes, needs no internet, and
means something only while nothing else runs.

Options:
  --only NAME[,NAME]  only these sections
  --json              JSON instead of a table
  --help              this

Sections:
${Object.entries(SECTIONS)
  .map(([name, { about }]) => `  ${name.padEnd(18)}  ${about}`)
  .join('\n')}
`

/** Mistakes in the command line; the message says what to do. */
class UsageError extends Error {
  override readonly name = 'UsageError'
}

interface Options {
  readonly help: boolean
  readonly json: boolean
  readonly names: readonly string[]
}

function readOptions(args: readonly string[]): Options {
  const { help, json, only } = parseOptions(args)
  const names = only === undefined ? Object.keys(SECTIONS) : only.split(',').map((name) => name.trim())
  const unknown = names.filter((name) => !Object.hasOwn(SECTIONS, name))
  if (unknown.length > 0) {
    throw new UsageError(`--only ${unknown.join(',')}: the sections are ${Object.keys(SECTIONS).join(', ')}`)
  }
  return { help, json, names }
}

function parseOptions(args: readonly string[]): { help: boolean; json: boolean; only: string | undefined } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { only: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } },
    })
    return { help: values.help ?? false, json: values.json ?? false, only: values.only }
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

async function run({ json, names }: Options): Promise<void> {
  const machine = describeMachine()
  const progress = createProgress(process.stderr, { silent: json })
  const signal = stopSignal(progress)
  // A promise that libp2p lets fall must not end the bench, and must not go unseen.
  process.on('unhandledRejection', (error) => progress.note(`a fault that nobody handled: ${String(error)}`))

  const results: SectionResult[] = []
  for (const section of names) {
    if (signal.aborted) break
    results.push(await measureSection(section, { progress, signal }))
  }
  if (signal.aborted) process.exit(INTERRUPTED)
  const colour = wantsColour(process.stdout, process.env)
  process.stdout.write(json ? formatJson(machine, results) : formatTable(machine, { results, colour }))
  if (results.some(({ failure }) => failure !== undefined)) process.exitCode = 1
}

async function measureSection(
  section: string,
  parts: { readonly progress: Progress; readonly signal: AbortSignal },
): Promise<SectionResult> {
  try {
    const measure = await SECTIONS[section]?.load()
    const measurements = await withWorkbench(parts, async (workbench) => measure?.(workbench))
    return { section, measurements: measurements ?? [] }
  } catch (error) {
    return { section, measurements: [], failure: error instanceof Error ? error.message : String(error) }
  }
}

/** Aborted by the first Ctrl-C, so that everything is put away; the second ends the process there and then. */
function stopSignal(progress: Progress): AbortSignal {
  const stopping = new AbortController()
  const logger = createBenchLogger(({ message }) => progress.note(message))
  const { reason } = watchForStop({ clock: systemClock, logger }, { deadlineMs: STOP_DEADLINE_MS })
  void reason.then(() => stopping.abort(new Error('stopped')))
  return stopping.signal
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options.help) process.stdout.write(HELP)
  else await run(options)
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`${error.message}\n(--help shows what there is)\n`)
  process.exitCode = 1
}
