import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, readdir } from 'node:fs/promises'
import process from 'node:process'
import { createInterface } from 'node:readline'
import type { TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defer } from './defer.ts'
import { PATIENCE_MS, until } from './until.ts'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
const LINES_SHOWN = 40

/** `gossip-price` as a process of its own, as a person starts it. */
export interface Command {
  readonly pid: number
  /** All lines that it has printed. */
  readonly lines: readonly string[]
  /** The first `count` lines that match, printed before or after this call; fails when the process ends without them. */
  printed(pattern: RegExp, count?: number): Promise<readonly RegExpExecArray[]>
  send(signal: NodeJS.Signals): void
  /** Resolves when it has ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>
  /** Processes that it started, and those that they started. */
  descendants(): Promise<readonly Descendant[]>
}

export interface Descendant {
  readonly pid: number
  readonly parent: number
  /** When it started, in the system's own count: with {@link pid} it names one process for ever. */
  readonly startedAt: string
  /** The command line, joined by spaces. */
  readonly args: string
}

export interface CommandSurroundings {
  /** The working directory. */
  readonly directory: string
  /** GP_* and other variables; those of the test run itself are left out. */
  readonly env?: Readonly<Record<string, string>>
  /** A command that takes another one and becomes it, such as one that enters a network namespace. */
  readonly through?: readonly string[]
  /** Arguments of the interpreter. */
  readonly nodeArguments?: readonly string[]
  /** Told of every line that it prints. */
  readonly onLine?: (line: string) => void
}

/** Starts `gossip-price` with `args`; it and all that it started are gone after the test. */
export function startCommand(
  t: TestContext,
  args: readonly string[],
  { directory, env = {}, through = [], nodeArguments = [], onLine }: CommandSurroundings,
): Command {
  const [file = process.execPath, ...rest] = [...through, process.execPath, ...nodeArguments, MAIN, ...args]
  const child = spawn(file, rest, {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const lines: string[] = []
  const watchers = new Set<() => void>()
  const look = (): void => watchers.forEach((watcher) => watcher())
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      lines.push(line)
      onLine?.(line)
      look()
    })
  }
  let hasEnded = false
  const ended = once(child, 'close').then(() => {
    hasEnded = true
    look()
    return child.exitCode ?? child.signalCode
  })
  const known: Descendant[] = []
  const descendants = async (): Promise<readonly Descendant[]> => {
    const found = await descendantsOf(child.pid ?? 0)
    known.push(...found)
    return found
  }
  defer(t, async () => {
    await descendants()
    await end(child, known)
  })

  return {
    pid: child.pid ?? 0,
    lines,
    printed(pattern, count = 1) {
      const { promise, resolve, reject } = Promise.withResolvers<readonly RegExpExecArray[]>()
      const fail = (why: string): void => {
        const shown = lines.slice(-LINES_SHOWN).join('\n')
        reject(new Error(`${why} before it printed ${pattern} ${count} times; its last lines:\n${shown}`))
      }
      const watcher = (): void => {
        const matches = lines.map((line) => pattern.exec(line)).filter((match) => match !== null)
        if (matches.length >= count) resolve(matches.slice(0, count))
        else if (hasEnded) fail('the process ended')
      }
      const timer = setTimeout(() => fail(`${PATIENCE_MS / 1_000} s went by`), PATIENCE_MS)
      watchers.add(watcher)
      watcher()
      return promise.finally(() => {
        clearTimeout(timer)
        watchers.delete(watcher)
      })
    },
    send: (signal) => void child.kill(signal),
    ended,
    descendants,
  }
}

/** Resolves when none of these processes is left. */
export async function allGone(processes: readonly Descendant[]): Promise<void> {
  let left = processes
  const look = async (): Promise<boolean> => {
    left = await stillThere(left)
    return left.length === 0
  }
  try {
    await until(look, 'all processes are gone', { timeoutMs: 30_000 })
  } catch (cause) {
    throw new Error(`still there: ${left.map(({ pid, args }) => `${pid} ${args}`).join('\n')}`, { cause })
  }
}

async function stillThere(processes: readonly Descendant[]): Promise<readonly Descendant[]> {
  const startedAt = new Map((await processTable()).map((each) => [each.pid, each.startedAt]))
  return processes.filter((each) => startedAt.get(each.pid) === each.startedAt)
}

/** What a failed test leaves, it may leave in any state: no time for manners. */
async function end(child: ChildProcess, descendants: readonly Descendant[]): Promise<void> {
  const closed = child.exitCode === null && child.signalCode === null ? once(child, 'close') : undefined
  child.kill('SIGKILL')
  for (const left of await stillThere(descendants)) killIfThere(left)
  await closed
  await allGone(descendants)
}

function killIfThere({ pid }: Descendant): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function descendantsOf(ancestor: number): Promise<readonly Descendant[]> {
  const children = Map.groupBy(await processTable(), ({ parent }) => parent)
  const found: Descendant[] = []
  for (let generation = [ancestor]; generation.length > 0;) {
    const next = generation.flatMap((pid) => children.get(pid) ?? [])
    found.push(...next)
    generation = next.map(({ pid }) => pid)
  }
  return found
}

/** Whether processes can be looked for here. */
export const SEES_PROCESSES = process.platform === 'linux'

/** Field 22 of them all. */
const STARTTIME_AFTER_NAME = 19

/** All processes but those that have ended and wait to be looked after. */
async function processTable(): Promise<readonly Descendant[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const table = await Promise.all(
    pids.map(async (name) => {
      const read = (file: string): Promise<string> => readFile(`/proc/${name}/${file}`, 'utf8').catch(() => '')
      const [stat, commandLine] = await Promise.all([read('stat'), read('cmdline')])
      // https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: pid, name in parentheses, state, parent, …
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      const [state = '', parent] = fields
      const startedAt = fields[STARTTIME_AFTER_NAME] ?? ''
      const args = commandLine.replaceAll('\0', ' ').trim()
      return state === '' || state === 'Z' ? [] : [{ pid: Number(name), parent: Number(parent), startedAt, args }]
    }),
  )
  return table.flat()
}
