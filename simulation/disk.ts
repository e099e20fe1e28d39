import { type SignOnceMemory, type Slot } from '../src/core/sign-once.ts'
import type { Outbox } from '../src/core/outbox.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import { type Attestation, type Round, type StatementId, slotOf } from '../src/core/statement.ts'

/** What happens to one write, if anything. */
export type Strike = 'crash-before' | 'crash-within' | 'crash-after' | 'full'

/** The process ended in the middle of what it did; nothing that it still does has any effect. */
export class KilledError extends Error {
  override readonly name = 'KilledError'
}

export class DiskFullError extends Error {
  override readonly name = 'DiskFullError'
}

export interface DiskOptions {
  /** Asked before every write. */
  readonly strike: () => Strike | undefined
  /** Whether a write that was torn is there in the end: it is there as a whole or not at all. */
  readonly survives: () => boolean
  /** Ends the process that writes. */
  readonly kill: () => void
  /** Whether a write waits until it is durable, as it must. */
  readonly isSynced: boolean
}

interface Image {
  readonly signed: Map<string, Attestation>
  readonly lowWater: Map<string, Round>
  readonly outbox: Map<StatementId, PriceRow>
  readonly parked: Map<StatementId, string>
}

type Change = (image: Image) => void

/**
 * The disk of one machine, as a database with a journal uses it: a write is all there or not at all, and lasts once it
 * is synced. What was not goes with the power.
 */
export class Disk {
  readonly #options: DiskOptions
  readonly #durable: Image = emptyImage()
  /** What processes see. */
  #cached: Image = emptyImage()
  #unsynced: Change[] = []
  #writes = 0

  constructor(options: DiskOptions) {
    this.#options = options
  }

  get writes(): number {
    return this.#writes
  }

  get image(): Readonly<Image> {
    return this.#cached
  }

  /** What would be there if the power went now. */
  get durable(): Readonly<Image> {
    return this.#durable
  }

  /** @throws {DiskFullError | KilledError} */
  write(change: Change): void {
    const strike = this.#options.strike()
    if (strike === 'full') throw new DiskFullError('the disk is full')
    this.#writes += 1
    if (strike === 'crash-before' || (strike === 'crash-within' && !this.#options.survives())) this.#die()
    change(this.#cached)
    this.#unsynced.push(change)
    if (this.#options.isSynced) this.sync()
    if (strike !== undefined) this.#die()
  }

  sync(): void {
    for (const change of this.#unsynced) change(this.#durable)
    this.#unsynced = []
  }

  /** The machine loses its power: what was not synced is gone. */
  losePower(): void {
    this.#unsynced = []
    this.#cached = copyOf(this.#durable)
  }

  forgetSigned(): void {
    for (const { signed, lowWater } of [this.#cached, this.#durable]) {
      signed.clear()
      lowWater.clear()
    }
  }

  #die(): never {
    this.#options.kill()
    throw new KilledError('the process was killed while it wrote')
  }
}

/** What a process sees of the disk while it lives. */
export interface DiskHandle {
  readonly disk: Disk
  readonly isAlive: () => boolean
}

export function signOnceOn({ disk, isAlive }: DiskHandle): SignOnceMemory {
  const write = (change: Change): void => {
    if (!isAlive()) throw new KilledError('the process is gone')
    disk.write(change)
  }
  return {
    completeFromMs: 0,
    signedIn: (slot) => disk.image.signed.get(keyOf(slot))?.id,
    lowWaterMark: (slot) => disk.image.lowWater.get(lineOf(slot)) ?? (-1 as Round),
    remember(attestations) {
      for (const { id, statement } of attestations) {
        const before = disk.image.signed.get(slotOf(statement))
        if (before !== undefined && before.id !== id)
          throw new Error(`another statement of the slot of ${id} is signed already`)
      }
      const kept = attestations.map((attestation) => ({ ...attestation, signatures: new Map(attestation.signatures) }))
      write(({ signed }) => {
        for (const attestation of kept) signed.set(slotOf(attestation.statement), attestation)
      })
    },
    since: (network, round) =>
      [...disk.image.signed.values()].filter(
        ({ statement }) => statement.network === network && statement.round >= round,
      ),
    forgetBefore(network, round) {
      write(({ signed, lowWater }) => {
        for (const [key, { statement }] of signed) {
          if (statement.network !== network || statement.round >= round) continue
          signed.delete(key)
          const line = lineOf(statement)
          lowWater.set(line, Math.max(statement.round, lowWater.get(line) ?? -1) as Round)
        }
      })
    },
  }
}

export function outboxOn({ disk, isAlive }: DiskHandle, onKept: (row: PriceRow) => void): Outbox {
  return {
    waiting: () =>
      [...disk.image.outbox.values()]
        .filter(({ attestation: { id } }) => !disk.image.parked.has(id))
        .toSorted((a, b) => a.attestation.statement.observedAt - b.attestation.statement.observedAt),
    parked: () => disk.image.parked.size,
    write({ keep, release, park }) {
      if (!isAlive()) throw new KilledError('the process is gone')
      const kept = [...keep]
      const released = [...release]
      const aside = new Map(park)
      disk.write(({ outbox, parked }) => {
        for (const row of kept) outbox.set(row.attestation.id, row)
        for (const id of released) {
          outbox.delete(id)
          parked.delete(id)
        }
        for (const [id, reason] of aside) if (outbox.has(id)) parked.set(id, reason)
      })
      for (const row of kept) onKept(row)
    },
  }
}

/** As `slotOf` a statement. */
function keyOf({ network, pair, round, proposer }: Slot): string {
  return `${network}/${pair}/${round}/${proposer}`
}

function lineOf({ network, pair, proposer }: Omit<Slot, 'round'>): string {
  return `${network}/${pair}/${proposer}`
}

function emptyImage(): Image {
  return { signed: new Map(), lowWater: new Map(), outbox: new Map(), parked: new Map() }
}

function copyOf({ signed, lowWater, outbox, parked }: Image): Image {
  return { signed: new Map(signed), lowWater: new Map(lowWater), outbox: new Map(outbox), parked: new Map(parked) }
}
