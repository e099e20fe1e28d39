import { Worker } from 'node:worker_threads'
import type { FalseRow } from '../core/row-fault.ts'
import type { RawRow } from '../core/raw-row.ts'
import { type LastingSigners, orderOf } from './judging-order.ts'
import type { RowJudges } from './row-judges.ts'

// The same from src/verify and from dist/verify.
const WORKER = new URL(import.meta.url.endsWith('.ts') ? './judging-worker.ts' : './judging-worker.js', import.meta.url)

interface Task {
  readonly rows: readonly RawRow[]
  readonly answer: PromiseWithResolvers<readonly FalseRow[]>
}

/** Judges rows in threads of their own: recovering signatures is nearly all the work, and it has no other end. */
export class JudgingPool implements RowJudges {
  readonly #workers: readonly Worker[]
  readonly #idle: Worker[]
  readonly #waiting: Task[] = []
  readonly #underWay = new Map<Worker, Task>()
  #failure: Error | undefined

  /** @param options - `threads`: at least 1 */
  constructor({
    threads,
    expected = {},
  }: {
    readonly threads: number
    readonly expected?: LastingSigners | undefined
  }) {
    this.#workers = Array.from({ length: threads }, () => this.#start(expected))
    this.#idle = [...this.#workers]
  }

  /** @throws when a thread ends by itself */
  judge(rows: readonly RawRow[]): Promise<readonly FalseRow[]> {
    const task = { rows, answer: Promise.withResolvers<readonly FalseRow[]>() }
    if (this.#failure === undefined) {
      this.#waiting.push(task)
      this.#assign()
    } else task.answer.reject(this.#failure)
    return task.answer.promise
  }

  async close(): Promise<void> {
    this.#fail(new Error('the threads that judge rows are closed'))
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #start(expected: LastingSigners): Worker {
    const worker = new Worker(WORKER, { workerData: orderOf(expected) })
    worker.on('message', (falseRows: readonly FalseRow[]) => {
      this.#underWay.get(worker)?.answer.resolve(falseRows)
      this.#underWay.delete(worker)
      this.#idle.push(worker)
      this.#assign()
    })
    worker.on('error', (cause) => this.#fail(new Error('a thread that judges rows failed', { cause })))
    worker.on('exit', () => this.#fail(new Error('a thread that judges rows ended')))
    return worker
  }

  #assign(): void {
    while (this.#failure === undefined) {
      const task = this.#waiting[0]
      const worker = task === undefined ? undefined : this.#idle.pop()
      if (task === undefined || worker === undefined) return
      this.#waiting.shift()
      this.#underWay.set(worker, task)
      worker.postMessage(task.rows)
    }
  }

  /** Rows that nobody judged must not pass for true ones. */
  #fail(error: Error): void {
    this.#failure ??= error
    for (const { answer } of [...this.#waiting, ...this.#underWay.values()]) answer.reject(this.#failure)
    this.#waiting.length = 0
    this.#underWay.clear()
  }
}
