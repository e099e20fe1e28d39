import type { EngineEvent } from '../src/consensus/effects.ts'
import type { Address } from '../src/core/address.ts'
import type { NetworkConstants } from '../src/core/network.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import type { Instant } from '../src/core/clock.ts'
import { collectWindowEnd } from '../src/consensus/windows.ts'
import type { Attestation, SignatureSet, StatementId } from '../src/core/statement.ts'
import type { Invariant } from './violation.ts'

/** Clocks are read in fractions, and timers run at whole microseconds. */
const EARLY_SLACK_MS = 0.01
/** Everything happens at its own time: nothing computes for long here. */
const LATE_SLACK_MS = 5

interface Sighting {
  /** When each signature was first in the set, on the process's monotonic clock. */
  readonly seen: Map<Address, number>
  quorumAtMs: number | undefined
  atMs: number
}

/** What one process has seen of each statement, noted without the engine: what it does is measured by this. */
export class LifeRecord {
  readonly #constants: NetworkConstants
  readonly #sightings = new Map<StatementId, Sighting>()
  /** What the table has answered for, and when its collect window ends. */
  readonly #settled = new Map<StatementId, number>()
  #latestWallMs = Number.NEGATIVE_INFINITY

  constructor(constants: NetworkConstants) {
    this.#constants = constants
  }

  /**
   * Notes what an event has added.
   *
   * @param after - `setOf`: the signatures in a statement's set, now that the engine has handled the event
   * @returns the statement, when it was not known
   */
  take(
    event: EngineEvent,
    after: { readonly now: Instant; readonly setOf: (id: StatementId) => SignatureSet | undefined },
  ): StatementId | undefined {
    this.#latestWallMs = Math.max(this.#latestWallMs, after.now.wallMs)
    const id = idIn(event)
    const signatures = id === undefined ? undefined : after.setOf(id)
    if (id === undefined || signatures === undefined) return undefined
    return this.#see({ id, signatures }, after.now.monoMs) ? id : undefined
  }

  noteQuorum(id: StatementId, nowMs: number): void {
    const sighting = this.#sightings.get(id)
    if (sighting !== undefined) sighting.quorumAtMs ??= nowMs
  }

  forget(id: StatementId): void {
    this.#sightings.delete(id)
  }

  noteSettled({ id, statement }: Pick<Attestation, 'id' | 'statement'>): void {
    for (const [old, endsAtMs] of this.#settled) if (endsAtMs <= this.#latestWallMs) this.#settled.delete(old)
    this.#settled.set(id, collectWindowEnd(statement.round, this.#constants.intervalMs))
  }

  /** Whether the table has answered for a statement whose collect window has been open ever since. */
  isSettled(id: StatementId): boolean {
    return (this.#settled.get(id) ?? Number.NEGATIVE_INFINITY) > this.#latestWallMs
  }

  /** What is wrong with handing out a row now. */
  whenHandedOut(row: PriceRow, nowMs: number): { readonly invariant: Invariant; readonly message: string } | undefined {
    const sighting = this.#sightings.get(row.attestation.id)
    const lastMs = this.#lastSeenMs(row)
    if (sighting === undefined || lastMs === undefined)
      return { invariant: 'not-before-quiet', message: 'nothing was seen of it' }
    const { quietPeriodMs } = this.#constants
    const waitedMs = nowMs - lastMs
    if (waitedMs < quietPeriodMs - EARLY_SLACK_MS) {
      return {
        invariant: 'not-before-quiet',
        message: `its last signature came ${waitedMs} ms before, the quiet period is ${quietPeriodMs} ms`,
      }
    }
    if (waitedMs > quietPeriodMs + LATE_SLACK_MS) {
      return {
        invariant: 'not-too-late',
        message: `its last signature came ${waitedMs} ms before, the quiet period is ${quietPeriodMs} ms`,
      }
    }
    const sinceQuorumMs = nowMs - (sighting.quorumAtMs ?? nowMs)
    if (sinceQuorumMs > 3 * quietPeriodMs + LATE_SLACK_MS) {
      return {
        invariant: 'not-too-late',
        message: `quorum was ${sinceQuorumMs} ms before, three quiet periods are ${3 * quietPeriodMs} ms`,
      }
    }
    return undefined
  }

  /** What is wrong with sending a row to the table now; `unknown` when this process never collected it. */
  tooEarly(row: PriceRow, nowMs: number): string | undefined {
    const lastMs = this.#lastSeenMs(row)
    if (lastMs === undefined) return 'unknown'
    const waitedMs = nowMs - lastMs
    if (waitedMs >= this.#constants.quietPeriodMs - EARLY_SLACK_MS) return undefined
    return `it is sent ${waitedMs} ms after its last signature, the quiet period is ${this.#constants.quietPeriodMs} ms`
  }

  #lastSeenMs({ attestation: { id, signatures } }: PriceRow): number | undefined {
    const seen = this.#sightings.get(id)?.seen
    if (seen === undefined) return undefined
    let lastMs = Number.NEGATIVE_INFINITY
    for (const signer of signatures.keys()) {
      const atMs = seen.get(signer)
      if (atMs === undefined) return undefined
      lastMs = Math.max(lastMs, atMs)
    }
    return lastMs
  }

  #see({ id, signatures }: { readonly id: StatementId; readonly signatures: SignatureSet }, nowMs: number): boolean {
    const known = this.#sightings.get(id)
    const sighting = known ?? { seen: new Map<Address, number>(), quorumAtMs: undefined, atMs: nowMs }
    for (const signer of signatures.keys()) if (!sighting.seen.has(signer)) sighting.seen.set(signer, nowMs)
    if (known !== undefined) return false
    this.#sightings.set(id, sighting)
    if (this.#sightings.size % SWEEP_EVERY === 0) this.#sweep(nowMs)
    return true
  }

  /** Late signatures over what is in the table would be remembered for ever. */
  #sweep(nowMs: number): void {
    const { intervalMs, quietPeriodMs } = this.#constants
    const oldestMs = nowMs - 3 * intervalMs - 4 * quietPeriodMs
    for (const [id, { atMs, quorumAtMs }] of this.#sightings) {
      if (atMs < oldestMs && quorumAtMs === undefined) this.#sightings.delete(id)
    }
  }
}

const SWEEP_EVERY = 256

/** The statement that an event brings, or brings signatures over. */
function idIn(event: EngineEvent): StatementId | undefined {
  switch (event.kind) {
    case 'received':
    case 'restored':
      return event.attestation.id
    case 'owed':
      return event.row.attestation.id
    case 'signed':
      return event.id
    case 'refused':
    case 'outcome':
    case 'tick':
      return undefined
  }
}
