import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import type { Binaries } from './binaries.ts'
import type { ServerUser } from './server-user.ts'
import { hasCode, isRunning } from './operating-system.ts'

/** A server as its `postmaster.pid` describes it. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** Whether it accepts connections; false while it starts or ends. */
  readonly ready: boolean
}

/** The server that runs on this data folder, whoever started it; undefined when none does. */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const file = join(data, 'postmaster.pid')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return ''
    throw error
  })
  // https://www.postgresql.org/docs/18/storage-file-layout.html: pid, data, start time, port, sockets, address, memory;
  // the eighth line is the state. A negative pid is a server in single-user mode.
  const lines = text.split('\n')
  const pid = Math.abs(Number.parseInt(lines[0] ?? '', 10))
  if (!(pid > 0) || !isRunning(pid)) return undefined
  if (!(await isPostgres(pid))) {
    await rm(file, { force: true })
    return undefined
  }
  return {
    pid,
    port: Number.parseInt(lines[3] ?? '', 10),
    ready: lines[7]?.trim() === 'ready' && !text.startsWith('-'),
  }
}

/**
 * After a machine or a container was cut off, the id in a left-over file may be that of some other program by now.
 * Postgres would take it for a server and refuse to start. Without /proc the answer is Postgres's: it may be one.
 */
async function isPostgres(pid: number): Promise<boolean> {
  const name = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => undefined)
  return name === undefined || name.trim() === 'postgres'
}

/**
 * Runs the server and, beside it, a watcher that ends it when the last lease on it is gone: a read from the pipe on
 * standard input that never brings anything but the end of the file. SIGINT is Postgres's fast shutdown. The shell
 * stays as the parent of both, so that neither outlives the other and none is left for process 1 to reap; the only
 * thing it prints is the server's process id.
 */
const SERVE_WHILE_LEASED = `
  exec 3<&0 </dev/null
  "$@" >&2 3<&- &
  server=$!
  ( while read -r _ <&3; do :; done; kill -INT $server ) >&2 &
  watcher=$!
  echo $server
  exec >&2 3<&-
  wait $server
  status=$?
  kill $watcher 2>/dev/null
  wait
  exit $status
`

export interface PostmasterOptions {
  readonly data: string
  readonly port: number
  readonly log: string
  /** Reading end of the lease's pipe; still to be closed by who opened it. */
  readonly watcherEnd: number
}

/** A server that this process started. */
export interface ServerProcess {
  /** Process id of the server; undefined until it is known, and for good when there is none. */
  pid(): number | undefined
  /** Whether the server and what belongs to it runs no more, or never did. */
  hasEnded(): boolean
  onEnd(listener: () => void): void
  kill(): void
}

/**
 * Starts a server in a session of its own: a terminal's Ctrl-C reaches those who use it, not the server, which ends
 * after them.
 */
export function spawnPostmaster(
  { binaries, user }: { readonly binaries: Binaries; readonly user: ServerUser },
  { data, port, log, watcherEnd }: PostmasterOptions,
): ServerProcess {
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ])
  const { file, args, options } = user.command('/bin/sh', [
    '-c',
    SERVE_WHILE_LEASED,
    'gossip-price-postgres',
    binaries.postgres,
    '-D',
    data,
    ...settings,
  ])
  const logEnd = openSync(log, 'a', 0o600)
  try {
    return serverProcess(spawn(file, args, { ...options, detached: true, stdio: [watcherEnd, 'pipe', logEnd] }))
  } finally {
    closeSync(logEnd)
  }
}

function serverProcess(shell: ChildProcess): ServerProcess {
  let said = ''
  shell.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString('ascii')))
  // A shell that cannot be spawned has no process id, which hasEnded tells by.
  shell.once('error', () => undefined)
  shell.unref()
  return {
    pid: () => (said.endsWith('\n') ? Number.parseInt(said, 10) : undefined),
    hasEnded: () => shell.pid === undefined || shell.exitCode !== null || shell.signalCode !== null,
    onEnd: (listener) => void shell.once('exit', listener),
    kill() {
      if (shell.pid === undefined) return
      try {
        process.kill(-shell.pid, 'SIGKILL')
      } catch (error) {
        if (!hasCode(error, 'ESRCH')) throw error
      }
    },
  }
}

const SETTINGS = {
  listen_addresses: '127.0.0.1',
  // Paths of sockets may be 107 bytes long, those of data directories any length.
  unix_socket_directories: '',
  password_encryption: 'scram-sha-256',
  // A cluster of 64 nodes, each of which writes on one connection and listens on another, and room for people.
  max_connections: '160',
  shared_buffers: '32MB',
  // Some rows a minute need no helper processes, nor a gigabyte of log to replay.
  io_method: 'sync',
  max_wal_size: '128MB',
  min_wal_size: '32MB',
  log_checkpoints: 'off',
  lc_messages: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
} as const
