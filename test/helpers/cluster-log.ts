import { type LogRecord, parseRecord } from '../../src/telemetry/log-format.ts'

const PATIENCE_MS = 240_000
const LINES_SHOWN = 30

/** A line of one node's log. */
export interface NodeRecord extends LogRecord {
  readonly node: string
}

/** Where a statement stands among those of its network and pair. */
interface Place {
  readonly round: number
  readonly proposer: string
}

/** What all nodes of a cluster have said, over all their lives, and a way to wait for what they will say. */
export class ClusterLog {
  readonly records: NodeRecord[] = []
  /** Lines that are no records: what a process says that ends by a mistake of its own. */
  readonly strays: string[] = []
  /** Statements that some node saw at quorum. */
  readonly atQuorum = new Set<string>()
  /** Those of them whose sets some node has closed: they wait for Postgres, on a disk. */
  readonly closed = new Set<string>()
  /** Statements that some node found in the table or brought there. */
  readonly committed = new Set<string>()
  /** Which statements each address made, by round; and which each node co-signed. */
  readonly #places = new Map<string, Place>()
  readonly #coSigned: { readonly node: string; readonly id: string }[] = []
  readonly #watchers = new Set<() => void>()

  take(node: string, line: string): void {
    const record = parseRecord(line)
    if (record === undefined) this.strays.push(`${node}: ${line}`)
    else this.#note({ ...record, node })
    for (const watcher of this.#watchers) watcher()
  }

  /** Records of errors. */
  errors(): NodeRecord[] {
    return this.records.filter(({ level }) => level === 'error')
  }

  /** Number of rounds of which a row is committed. */
  rounds(): number {
    return this.#roundsOf(this.committed)
  }

  /** Records of `node`, from the `from`th of all on, whose message matches. */
  said(node: string, pattern: RegExp, from = 0): NodeRecord[] {
    return this.records.slice(from).filter((record) => record.node === node && pattern.test(record.msg))
  }

  /** Resolves when `condition` holds; it is looked at with every line. Fails after some minutes, with the last lines. */
  async until(condition: () => boolean, what: string): Promise<void> {
    if (condition()) return
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const watcher = (): void => {
      if (condition()) resolve()
    }
    const timer = setTimeout(() => reject(new Error(`waited in vain until ${what}:\n${this.#tail()}`)), PATIENCE_MS)
    this.#watchers.add(watcher)
    try {
      await promise
    } finally {
      clearTimeout(timer)
      this.#watchers.delete(watcher)
    }
  }

  /** Resolves when rows of so many more rounds are committed. */
  async roundsPass(count: number): Promise<void> {
    const known = this.rounds()
    await this.until(() => this.rounds() >= known + count, `${count} more rounds have rows`)
  }

  /** Resolves when sets of so many more rounds are closed, and with them all that have reached quorum. */
  async moreRoundsClose(count: number): Promise<void> {
    const known = this.#roundsOf(this.closed)
    const allAreClosed = (): boolean => [...this.atQuorum].every((id) => this.closed.has(id))
    await this.until(
      () => this.#roundsOf(this.closed) >= known + count && allAreClosed(),
      `sets of ${count} more rounds are closed`,
    )
  }

  /** Resolves when so many more lines have been written. */
  async linesPass(count: number): Promise<void> {
    const known = this.records.length
    await this.until(() => this.records.length >= known + count, `${count} more lines are written`)
  }

  /** Who signed two statements of one slot, by what the nodes said when they signed; each as a sentence. */
  doubleSigned(): string[] {
    const signed = new Map<string, Set<string>>()
    const note = (signer: string, { round, proposer }: Place, id: string): void => {
      const key = `${signer} signed in round ${round} of ${proposer}`
      signed.set(key, (signed.get(key) ?? new Set()).add(id))
    }
    for (const [id, place] of this.#places) note('the proposer', place, id)
    for (const { node, id } of this.#coSigned) {
      const place = this.#places.get(id)
      if (place !== undefined) note(node, place, id)
    }
    return [...signed].filter(([, ids]) => ids.size > 1).map(([key, ids]) => `${key}: ${[...ids].join(', ')}`)
  }

  #roundsOf(ids: ReadonlySet<string>): number {
    return new Set([...ids].flatMap((id) => this.#places.get(id)?.round ?? [])).size
  }

  #note(record: NodeRecord): void {
    this.records.push(record)
    const { msg, node, id } = record
    if (typeof id !== 'string') return
    if (msg.startsWith('proposed ')) this.#places.set(id, { round: Number(record['round']), proposer: node })
    else if (msg.startsWith('co-signed ')) this.#coSigned.push({ node, id })
    else if (msg.startsWith('quorum: ')) this.atQuorum.add(id)
    else if (msg.startsWith('closed: ')) this.closed.add(id)
    else if (msg.startsWith('committed ')) this.committed.add(id)
  }

  #tail(): string {
    const shown = this.records
      .slice(-LINES_SHOWN)
      .map(({ node, level, time, msg }) => `${node} ${time} ${level} ${msg}`)
    return [...this.strays.slice(-LINES_SHOWN), ...shown].join('\n')
  }
}
