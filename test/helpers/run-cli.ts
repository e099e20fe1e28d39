import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))

export interface CliResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliSurroundings {
  /** The working directory. */
  readonly directory: string
  /** GP_* and other variables; those of the test run itself are left out. */
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** Arguments of the interpreter. */
  readonly nodeArguments?: readonly string[]
}

/** Starts `gossip-price` with `args`. */
export function spawnCli(
  args: readonly string[],
  { directory, env = {}, nodeArguments = [] }: Omit<CliSurroundings, 'stdin'>,
): ChildProcessWithoutNullStreams {
  return spawn(process.execPath, [...nodeArguments, MAIN, ...args], {
    cwd: directory,
    env: { PATH: process.env['PATH'], HOME: directory, ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
}

/** Runs `gossip-price` with `args` to its end. */
export async function runCli(args: readonly string[], surroundings: CliSurroundings): Promise<CliResult> {
  const { stdin = '' } = surroundings
  const child = spawnCli(args, surroundings)
  // A command that reads nothing may have ended before this is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  const closed = once(child, 'close') as Promise<[number | null]>
  const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { exitCode, stdout, stderr }
}
