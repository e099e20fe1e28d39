import type { Random } from '../src/core/clock.ts'
import { type PriceRow, type PriceTable, TableUnavailableError } from '../src/core/price-table.ts'
import type { TableHandlers } from '../src/node/ports.ts'
import type { Hex } from '../src/core/hex.ts'
import type { DatabaseMarks } from '../src/core/history.ts'
import type { Database, Notice, Outcomes } from './database.ts'
import type { ProcessClock } from './process-clock.ts'
import type { Scheduler } from './scheduler.ts'

/** One way to the database and back, milliseconds. */
const TRIP_MS = { from: 0.5, to: 5 }
/** How long a lost connection goes unnoticed at most: as `ANSWER_TIMEOUT_MS` of the product says. */
const UNNOTICED_MS = 40_000
const LISTENER_RETRY_MS = { from: 500, to: 15_000 }

export interface ConnectionComponents {
  readonly scheduler: Scheduler
  readonly clock: ProcessClock
  readonly random: Random
  readonly database: Database
  readonly isAlive: () => boolean
  /** The number of the node that asks. */
  readonly writer: number
  /** Told of rows when they are sent to be written. */
  readonly onWrite: (rows: readonly PriceRow[]) => void
}

/** The table as a process reaches it: what it asks is done on the other side whether or not it hears of it. */
export function createSimulatedTable(components: ConnectionComponents): PriceTable {
  const { scheduler, random, database, isAlive, writer, onWrite } = components

  /** Runs `work` in the database; what it answers comes back, or the connection is lost on the way there or back. */
  function ask<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!isAlive()) return
      const fail = (afterMs: number): void => {
        scheduler.after(afterMs * 1_000, () => {
          if (isAlive()) reject(new TableUnavailableError('unreachable', 'The simulated database does not answer.'))
        })
      }
      const thereMs = tripMs() + random() * database.slownessMs
      scheduler.after(thereMs * 1_000, () => {
        if (!database.isUp) {
          fail(random() < 0.8 ? tripMs() : random() * UNNOTICED_MS)
          return
        }
        const answer = work()
        if (random() < database.lostAnswers) {
          fail(random() < 0.5 ? tripMs() : random() * UNNOTICED_MS)
          return
        }
        scheduler.after(tripMs() * 1_000, () => {
          if (isAlive()) resolve(answer)
        })
      })
    })
  }

  function tripMs(): number {
    return TRIP_MS.from + random() * (TRIP_MS.to - TRIP_MS.from)
  }

  return {
    async write(rows) {
      const outcomes: Outcomes = new Map()
      if (rows.length === 0) {
        await ask(() => undefined)
        return outcomes
      }
      onWrite(rows)
      const inserted = new Set(await ask(() => database.insert(rows, writer)))
      for (const id of inserted) outcomes.set(id, { kind: 'written' })
      const rest = rows.filter(({ attestation }) => !inserted.has(attestation.id))
      if (rest.length === 0) return outcomes
      const holders = await ask(() => database.holders(rest))
      const losing: PriceRow[] = []
      for (const row of rest) {
        const { id } = row.attestation
        const holder = holders.get(id)
        if (holder === undefined)
          outcomes.set(id, { kind: 'refused', reason: 'the id belongs to a row of another slot' })
        else outcomes.set(id, { kind: holder === id ? 'present' : 'slot-taken' })
        if (holder !== undefined && holder !== id) losing.push(row)
      }
      if (losing.length > 0) await ask(() => database.insertEquivocations(losing, writer))
      return outcomes
    },
    present: (ids) => ask(() => database.present(ids)),
  }
}

/** Hears on a connection of its own which rows come into the table; the connection is lost, and made again. */
export class SimulatedListener implements DatabaseMarks {
  readonly #components: ConnectionComponents
  readonly #handlers: TableHandlers
  readonly #heard = new Set<string>()
  #own: Hex | undefined
  #unlisten: (() => void) | undefined
  #stopped = false

  constructor(components: ConnectionComponents, handlers: TableHandlers) {
    this.#components = components
    this.#handlers = handlers
    this.#connect()
  }

  get own(): Hex | undefined {
    return this.#own
  }

  hasHeard(mark: Hex): boolean {
    return this.#heard.has(mark)
  }

  get isHearing(): boolean {
    return this.#unlisten !== undefined
  }

  /** The connection breaks. */
  lose(): void {
    if (this.#unlisten === undefined) return
    this.#unlisten()
    this.#unlisten = undefined
    this.#handlers.onHearing(false)
    this.#retry()
  }

  stop(): void {
    this.#stopped = true
    this.#unlisten?.()
    this.#unlisten = undefined
  }

  get #isOver(): boolean {
    return this.#stopped || !this.#components.isAlive()
  }

  #hear({ mark, ids }: Notice): void {
    const { clock, random, database } = this.#components
    if (random() < database.lostNotices) return
    clock.after(TRIP_MS.from + random() * TRIP_MS.to + random() * database.slownessMs, () => {
      if (this.#isOver) return
      if (mark !== undefined) this.#heard.add(mark)
      if (ids.length > 0) this.#handlers.onHeard(ids)
    })
  }

  #retry(): void {
    const { clock, random } = this.#components
    clock.after(LISTENER_RETRY_MS.from + random() * (LISTENER_RETRY_MS.to - LISTENER_RETRY_MS.from), () =>
      this.#connect(),
    )
  }

  #connect(): void {
    const { clock, random, database } = this.#components
    clock.after(TRIP_MS.from + random() * TRIP_MS.to, () => {
      if (this.#isOver) return
      if (!database.isUp) {
        this.#retry()
        return
      }
      this.#own = `0x${Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('')}`
      this.#unlisten = database.listen({ onNotice: (notice) => this.#hear(notice), onLost: () => this.lose() })
      database.notify({ ids: [], mark: this.#own })
      this.#handlers.onHearing(true)
    })
  }
}
