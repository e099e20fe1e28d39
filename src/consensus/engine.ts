import type { Instant } from '../core/clock.ts'
import type { WriteOutcome } from '../core/price-table.ts'
import {
  type Attestation,
  type PriceStatement,
  type Round,
  type SignatureSet,
  type StatementId,
  slotOf,
} from '../core/statement.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import type { EngineEffect, EngineEvent, NotAdded, Phase } from './effects.ts'
import { type LifeRules, StatementEntry } from './statement-entry.ts'
import { collectWindow, collectWindowEnd } from './windows.ts'

/** An honest proposer makes one statement a slot; the second proves that it is not, and a third proves nothing more. */
export const STATEMENTS_PER_SLOT = 2

/** The engine as the inbox asks it: what is known already, and what would still be taken. */
export interface Holdings {
  /** Signatures held over a statement; undefined when the statement is not held. */
  signaturesOf(id: StatementId): SignatureSet | undefined
  /** Why a signature over this statement would not be added now; undefined when it would. */
  notAdded(id: StatementId, statement: PriceStatement, now: Instant): NotAdded | undefined
}

/** How many statements are held, by phase. */
export type Census = Readonly<Record<Phase, number>>

/**
 * The consensus engine: the life of every statement from its first signature until it is forgotten.
 *
 * Pure: events and the time go in, effects come out as data. It trusts that signatures in events were checked.
 */
export class Engine implements Holdings {
  readonly #rules: LifeRules
  readonly #entries = new Map<StatementId, StatementEntry>()
  readonly #byRound = new Map<Round, Set<StatementEntry>>()
  readonly #statementsOfSlot = new Map<string, number>()
  readonly #deadlines = new DeadlineQueue<StatementEntry>()

  constructor(rules: LifeRules) {
    this.#rules = rules
  }

  /** Takes one event at one moment. Moments must not go back on the monotonic clock. */
  handle(event: EngineEvent, now: Instant): EngineEffect[] {
    const effects: EngineEffect[] = []
    this.#advance(now, effects)
    switch (event.kind) {
      case 'received':
        this.#receive(event.attestation, event.reemit, { now, effects })
        break
      case 'signed':
        this.#sign(event, { now, effects })
        break
      case 'restored':
        this.#restore(event.attestation, { now, effects })
        break
      case 'outcome':
        this.#settle(event.id, event.outcome, { now, effects })
        break
      case 'tick':
        break
    }
    return effects
  }

  /** How long until something is due of itself, milliseconds, not below 0; undefined when nothing is. */
  nextDelayMs(now: Instant): number | undefined {
    const dueMs = (this.#deadlines.nextAtMs() ?? Number.POSITIVE_INFINITY) - now.monoMs
    let endsMs = Number.POSITIVE_INFINITY
    for (const round of this.#byRound.keys()) endsMs = Math.min(endsMs, this.#endOf(round) - now.wallMs)
    const delayMs = Math.min(dueMs, endsMs)
    return delayMs === Number.POSITIVE_INFINITY ? undefined : Math.max(0, delayMs)
  }

  signaturesOf(id: StatementId): SignatureSet | undefined {
    return this.#entries.get(id)?.signatures
  }

  notAdded(id: StatementId, statement: PriceStatement, now: Instant): NotAdded | undefined {
    const window = collectWindow(statement, { wallMs: now.wallMs, intervalMs: this.#rules.intervalMs })
    if (window !== 'open') return window
    const entry = this.#entries.get(id)
    if (entry === undefined) return this.#slotIsFull(statement) ? 'slot-full' : undefined
    if (entry.isOpen) return undefined
    return entry.isSettled ? 'settled' : 'late'
  }

  phaseOf(id: StatementId): Phase | undefined {
    return this.#entries.get(id)?.phase
  }

  /** What is held of a statement, to be published; undefined when it is not held. */
  attestationOf(id: StatementId): Attestation | undefined {
    const entry = this.#entries.get(id)
    return entry === undefined ? undefined : attest(entry)
  }

  census(): Census {
    const census = { collecting: 0, quorum: 0, closed: 0, committed: 0, disputed: 0, parked: 0, expired: 0 }
    for (const entry of this.#entries.values()) census[entry.phase] += 1
    return census
  }

  #receive(attestation: Attestation, reemit: boolean, at: Step): void {
    const known = this.#entries.get(attestation.id)
    const entry = known ?? this.#admit(attestation, at)
    if (entry === undefined) return
    const added = this.#add(entry, attestation.signatures, at)
    if (known === undefined && entry.isOpen) {
      at.effects.push({ kind: 'consider', id: entry.id, statement: entry.statement })
    }
    if (added && reemit) this.#publish(entry, at)
    this.#schedule(entry)
  }

  #sign(event: Extract<EngineEvent, { kind: 'signed' }>, at: Step): void {
    const signatures = new Map([[event.signer, event.signature]])
    const entry = this.#entries.get(event.id) ?? this.#admit({ ...event, signatures }, at)
    if (entry === undefined) return
    if (this.#add(entry, signatures, at)) this.#publish(entry, at)
    this.#schedule(entry)
  }

  #restore(attestation: Attestation, at: Step): void {
    const entry = this.#entries.get(attestation.id) ?? this.#admit(attestation, at)
    if (entry === undefined) return
    this.#add(entry, attestation.signatures, at)
    this.#publish(entry, at)
    this.#schedule(entry)
  }

  #settle(id: StatementId, outcome: WriteOutcome, at: Step): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.isSettled) return
    entry.settle(phaseAfter(outcome))
    this.#moved(entry, at)
    // Not asked of the wall clock, which may have been set back since the collect window ended.
    if (!this.#isCollected(entry)) this.#forget(entry)
  }

  #admit({ id, statement, signatures }: Attestation, { now }: Step): StatementEntry | undefined {
    if (!signatures.has(statement.proposer) || this.notAdded(id, statement, now) !== undefined) return undefined
    const entry = new StatementEntry(this.#rules, { id, statement, now })
    this.#entries.set(id, entry)
    const slot = slotOf(statement)
    this.#statementsOfSlot.set(slot, (this.#statementsOfSlot.get(slot) ?? 0) + 1)
    const sameRound = this.#byRound.get(statement.round)
    if (sameRound === undefined) this.#byRound.set(statement.round, new Set([entry]))
    else sameRound.add(entry)
    return entry
  }

  #add(entry: StatementEntry, signatures: SignatureSet, at: Step): boolean {
    if (this.#endOf(entry.statement.round) <= at.now.wallMs) return false
    let added = false
    for (const [signer, signature] of signatures) {
      if (entry.add(signer, signature, at.now)) added = true
    }
    for (const phase of entry.afterAdding(at.now)) this.#moved(entry, at, phase)
    return added
  }

  #publish(entry: StatementEntry, { now, effects }: Step): void {
    entry.notePublished(now)
    effects.push({ kind: 'publish', id: entry.id, attempt: 0 })
  }

  #moved(entry: StatementEntry, { effects }: Pick<Step, 'effects'>, to: Phase = entry.phase): void {
    effects.push({ kind: 'moved', id: entry.id, to, attestation: attest(entry) })
  }

  #advance(now: Instant, effects: EngineEffect[]): void {
    for (;;) {
      const entry = this.#deadlines.takeDue(now.monoMs)
      if (entry === undefined) break
      this.#fire(entry, { now, effects })
    }
    for (const [round, entries] of this.#byRound) {
      if (this.#endOf(round) > now.wallMs) continue
      this.#byRound.delete(round)
      for (const entry of entries) this.#endCollecting(entry, { now, effects })
    }
  }

  #fire(entry: StatementEntry, at: Step): void {
    const attempt = entry.repeatWhenDue(at.now)
    if (attempt !== undefined) at.effects.push({ kind: 'publish', id: entry.id, attempt })
    if (entry.closeWhenDue(at.now)) this.#moved(entry, at)
    if (entry.handOutWhenDue(at.now)) {
      at.effects.push({ kind: 'commit', row: { attestation: attest(entry), lastSignedAtMs: entry.lastSignedAtMs } })
    }
    this.#schedule(entry)
  }

  /** What has no quorum by now expires; what is in the table needs no tombstone any more; quorum never expires. */
  #endCollecting(entry: StatementEntry, at: Step): void {
    if (entry.phase === 'collecting') {
      this.#moved(entry, at, 'expired')
      this.#forget(entry)
    } else if (entry.isSettled) {
      this.#forget(entry)
    }
  }

  #forget(entry: StatementEntry): void {
    this.#entries.delete(entry.id)
    this.#deadlines.cancel(entry)
    this.#byRound.get(entry.statement.round)?.delete(entry)
    const slot = slotOf(entry.statement)
    const left = (this.#statementsOfSlot.get(slot) ?? 1) - 1
    if (left === 0) this.#statementsOfSlot.delete(slot)
    else this.#statementsOfSlot.set(slot, left)
  }

  #schedule(entry: StatementEntry): void {
    const dueAtMs = entry.nextDueAtMs()
    if (dueAtMs !== Number.POSITIVE_INFINITY) this.#deadlines.schedule(entry, dueAtMs)
  }

  #slotIsFull(statement: PriceStatement): boolean {
    return (this.#statementsOfSlot.get(slotOf(statement)) ?? 0) >= STATEMENTS_PER_SLOT
  }

  #isCollected(entry: StatementEntry): boolean {
    return this.#byRound.get(entry.statement.round)?.has(entry) ?? false
  }

  #endOf(round: Round): number {
    return collectWindowEnd(round, this.#rules.intervalMs)
  }
}

/** One moment of handling: the time, and where effects go. */
interface Step {
  readonly now: Instant
  readonly effects: EngineEffect[]
}

function attest(entry: StatementEntry): Attestation {
  return { id: entry.id, statement: entry.statement, signatures: new Map(entry.signatures) }
}

function phaseAfter(outcome: WriteOutcome): 'committed' | 'disputed' | 'parked' {
  switch (outcome.kind) {
    case 'written':
    case 'present':
      return 'committed'
    case 'slot-taken':
      return 'disputed'
    case 'refused':
      return 'parked'
  }
}
