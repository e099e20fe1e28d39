import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { Clock } from '../core/clock.ts'
import type { Logger } from '../core/logger.ts'
import { EXIT } from '../node/exit-code.ts'

/** V8 lets its young generation grow to 48 MB; with 6 MB an idle node does as well, and takes some 30 MB less. */
const NODE_FLAGS = ['--max-semi-space-size=2']

/**
 * The program asks for this cache itself, but by then its first module has been stripped of its types; what does that
 * takes 17 MB for good. The same folder as in src/main.ts.
 */
const CACHE_ENV: NodeJS.ProcessEnv = import.meta.filename.endsWith('.ts')
  ? { NODE_COMPILE_CACHE: fileURLToPath(new URL('../../node_modules/.cache/gossip-price', import.meta.url)) }
  : {}

/** A node that lived this long before it ended had started well, milliseconds. */
const STEADY_MS = 30_000
const FIRST_RESTART_MS = 1_000
const LONGEST_RESTART_MS = 30_000

/** Nodes promise to end within 10 s of SIGTERM; what takes longer is killed, milliseconds. */
const STOP_DEADLINE_MS = 12_000

export interface NodeProcessInit {
  readonly name: string
  /** The command line after the interpreter. */
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
}

export interface NodeProcessComponents {
  readonly clock: Clock
  readonly logger: Logger
  /** Every line that the process prints. */
  readonly onLine: (line: string) => void
  /** The process has ended in a way that starting it again cannot mend. */
  readonly onFatal: (error: NodeProcessError) => void
}

/** A node of the cluster is gone, and starting it again cannot help. */
export class NodeProcessError extends Error {
  override readonly name = 'NodeProcessError'
}

/** What a node tells the process that started it, over the IPC channel. */
interface ReadyMessage {
  readonly kind: 'ready'
  /** Where it serves HTTP; undefined when it does not. */
  readonly httpUrl?: string
}

/** A node as a child process. One that dies is started again, later each time. */
export class NodeProcess {
  readonly name: string
  readonly #init: NodeProcessInit
  readonly #components: NodeProcessComponents
  readonly #ready = Promise.withResolvers<ReadyMessage>()
  #child: ChildProcess | undefined
  #wasReady = false
  #cancelRestart: (() => void) | undefined
  #restartMs = FIRST_RESTART_MS
  #stopping = false

  constructor(components: NodeProcessComponents, init: NodeProcessInit) {
    this.#components = components
    this.#init = init
    this.name = init.name
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  /** Resolves when the node has said once that it runs; rejects when it has ended without ever having said so. */
  get ready(): Promise<Pick<ReadyMessage, 'httpUrl'>> {
    return this.#ready.promise
  }

  start(): void {
    const { clock, onLine } = this.#components
    const startedAtMs = clock.now().monoMs
    // A group of its own: Ctrl-C at the terminal reaches only who started the cluster, who then ends things in order.
    const child = spawn(process.execPath, [...NODE_FLAGS, ...this.#init.args], {
      env: { ...CACHE_ENV, ...this.#init.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: true,
    })
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) createInterface({ input: stream satisfies Readable }).on('line', onLine)
    }
    child.on('message', (message) => {
      if ((message as Partial<ReadyMessage>).kind !== 'ready') return
      this.#wasReady = true
      this.#ready.resolve(message as ReadyMessage)
    })
    child.once('error', (error) =>
      this.#ready.reject(new NodeProcessError(`${this.name} cannot be started`, { cause: error })),
    )
    child.once('exit', (code, signal) => this.#ended({ code, signal, livedMs: clock.now().monoMs - startedAtMs }))
  }

  /** Ends the process and waits for it: SIGTERM, and SIGKILL when that takes too long. */
  async stop(): Promise<void> {
    this.#stopping = true
    this.#cancelRestart?.()
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    const cancelKill = this.#components.clock.after(STOP_DEADLINE_MS, () => {
      this.#components.logger.warn(`${this.name} did not end in time and was killed`)
      child.kill('SIGKILL')
    })
    await exited
    cancelKill()
  }

  #ended(end: { readonly code: number | null; readonly signal: string | null; readonly livedMs: number }): void {
    if (this.#stopping) return
    const how = end.signal === null ? `exit code ${end.code}` : end.signal
    // Who never got so far as to run has said why, and would only say it again.
    if (!this.#wasReady) {
      this.#ready.reject(new NodeProcessError(`${this.name} does not start (${how}); its last lines say why`))
      return
    }
    if (end.code === EXIT.hopeless) {
      this.#components.onFatal(new NodeProcessError(`${this.name} cannot go on; its last lines say why`))
      return
    }
    if (end.livedMs >= STEADY_MS) this.#restartMs = FIRST_RESTART_MS
    const delayMs = this.#restartMs
    this.#restartMs = Math.min(2 * delayMs, LONGEST_RESTART_MS)
    this.#components.logger.warn(`${this.name} ended (${how}); it is started again in ${delayMs / 1000} s`)
    this.#cancelRestart = this.#components.clock.after(delayMs, () => this.start())
  }
}
