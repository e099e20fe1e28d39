import type { Address } from '../core/address.ts'
import type { Instant } from '../core/clock.ts'
import type { PriceRow, WriteOutcome } from '../core/price-table.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import {
  type Attestation,
  type PriceStatement,
  type Round,
  type Signature,
  type SignatureSet,
  type StatementId,
  isQuorum,
} from '../core/statement.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import type { EngineEffect, EngineEvent, NotAdded, Phase } from './effects.ts'
import type { Census, HeldStatement, Holdings, PendingStatement } from './holdings.ts'
import { Rounds } from './rounds.ts'
import { Slots } from './slots.ts'
import { type LifeRules, StatementEntry } from './statement-entry.ts'
import { collectWindow } from './windows.ts'

/** An honest proposer makes one statement a slot; the second proves that it is not, and a third proves nothing more. */
export const STATEMENTS_PER_SLOT = 2

/**
 * The consensus engine: the life of every statement from its first signature until it is forgotten.
 *
 * Pure: events and the time go in, effects come out as data. It trusts that signatures in events were checked.
 */
export class Engine implements Holdings {
  readonly #rules: LifeRules
  readonly #entries = new Map<StatementId, StatementEntry>()
  readonly #rounds: Rounds
  readonly #slots = new Slots()
  readonly #deadlines = new DeadlineQueue<StatementEntry>()

  constructor(rules: LifeRules) {
    this.#rules = rules
    this.#rounds = new Rounds(rules)
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
      case 'owed':
        this.#recall(event.row, { now, effects })
        break
      case 'refused':
        this.#refuse(event.refusal, { now, effects })
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
    const delayMs = Math.min(dueMs, this.#rounds.nextEndMs() - now.wallMs)
    return delayMs === Number.POSITIVE_INFINITY ? undefined : Math.max(0, delayMs)
  }

  signaturesOf(id: StatementId): SignatureSet | undefined {
    return this.#entries.get(id)?.signatures
  }

  setAsideOf(id: StatementId): SignatureSet | undefined {
    return this.#entries.get(id)?.setAside
  }

  refusalsOf(id: StatementId): ReadonlyMap<Address, SignedRefusal> | undefined {
    return this.#entries.get(id)?.refusals
  }

  roomForRefusals(id: StatementId): number {
    return this.#entries.get(id)?.roomForRefusals ?? 0
  }

  isOpen(id: StatementId): boolean {
    return this.#entries.get(id)?.isOpen ?? false
  }

  heldInSlot(statement: PriceStatement): number {
    return this.#slots.heldIn(statement)
  }

  isContested(statement: PriceStatement): boolean {
    return this.#slots.isContested(statement)
  }

  takesSigner(round: Round, signer: Address): boolean {
    return this.#rounds.takesSigner(round, signer)
  }

  signersAround(round: Round): readonly Address[] {
    const before = (round - 1) as Round
    return [...new Set([...this.#rounds.signersOf(before), ...this.#rounds.signersOf(round)])]
  }

  notAdded(id: StatementId, statement: PriceStatement, now: Instant): NotAdded | undefined {
    const window = collectWindow(statement, { wallMs: now.wallMs, intervalMs: this.#rules.intervalMs })
    if (window !== 'open') return window
    const entry = this.#entries.get(id)
    if (entry === undefined) {
      if (this.heldInSlot(statement) >= STATEMENTS_PER_SLOT) return 'slot-full'
      return this.takesSigner(statement.round, statement.proposer) ? undefined : 'round-full'
    }
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

  /** What is held of rounds that are still being collected, but for what the table refused; in no order. */
  *pending(now: Instant): Iterable<PendingStatement> {
    for (const entry of this.#entries.values()) {
      if (entry.phase === 'parked' || this.#rounds.hasEnded(entry.statement.round, now.wallMs)) continue
      yield { id: entry.id, phase: entry.phase, signatures: entry.signatures }
    }
  }

  /** All that is held of one statement; undefined when it is not held. What it shows changes with the engine. */
  heldOf(id: StatementId, now: Instant): HeldStatement | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const { statement, phase, signatures, setAside, refusals } = entry
    return { id, statement, phase, signatures, setAside, refusals, ...entry.endsIn(now) }
  }

  /** Every statement that is held, in no order. */
  heldIds(): Iterable<StatementId> {
    return this.#entries.keys()
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
    if (this.#rounds.hasEnded(event.statement.round, at.now.wallMs)) return
    // Strangers must not keep this node from its own work: its signature is taken in a full round, too.
    this.#rounds.addSigner(event.statement.round, event.signer)
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

  /** What is on the disk is not kept again, unless others have signed beside it meanwhile. */
  #recall({ attestation, lastSignedAtMs }: PriceRow, { now, effects }: Step): void {
    const { id, statement, signatures } = attestation
    if (!isQuorum(signatures, statement, this.#rules.minimumSigners)) return
    const known = this.#entries.get(id)
    const entry = known ?? this.#hold(attestation, now)
    if (this.#rounds.has(entry)) for (const signer of signatures.keys()) this.#rounds.addSigner(statement.round, signer)
    const wallMs = known === undefined ? lastSignedAtMs : now.wallMs
    this.#merge(entry, signatures, { now: { monoMs: now.monoMs, wallMs }, effects })
    if (known !== undefined && entry.hasQuorum) this.#keep(entry, effects)
    this.#schedule(entry)
  }

  #refuse(refusal: SignedRefusal, at: Step): void {
    const id = refusal.refusal.statement
    const entry = this.#entries.get(id)
    if (entry === undefined || this.#rounds.hasEnded(entry.statement.round, at.now.wallMs)) return
    if (!this.takesSigner(entry.statement.round, refusal.signer) || !entry.refuse(refusal)) return
    this.#rounds.addSigner(entry.statement.round, refusal.signer)
    at.effects.push({ kind: 'refused', id, refusal })
  }

  #settle(id: StatementId, outcome: WriteOutcome, at: Step): void {
    const entry = this.#entries.get(id)
    if (entry === undefined || entry.isSettled) return
    entry.settle(phaseAfter(outcome))
    this.#moved(entry, at)
    // Not asked of the wall clock, which may have been set back since the collect window ended.
    if (!this.#rounds.has(entry)) this.#forget(entry)
  }

  #admit(attestation: Attestation, { now }: Step): StatementEntry | undefined {
    const { id, statement, signatures } = attestation
    if (!signatures.has(statement.proposer) || this.notAdded(id, statement, now) !== undefined) return undefined
    return this.#hold(attestation, now)
  }

  #hold({ id, statement }: Attestation, now: Instant): StatementEntry {
    const entry = new StatementEntry(this.#rules, { id, statement, now })
    this.#entries.set(id, entry)
    this.#slots.add(entry)
    if (!this.#rounds.hasEnded(statement.round, now.wallMs)) {
      this.#rounds.add(entry)
      // Before those who sign beside it: a statement without its proposer could never reach quorum.
      this.#rounds.addSigner(statement.round, statement.proposer)
    }
    return entry
  }

  #add(entry: StatementEntry, signatures: SignatureSet, at: Step): boolean {
    const { round } = entry.statement
    if (this.#rounds.hasEnded(round, at.now.wallMs)) return false
    const taken = new Map<Address, Signature>()
    for (const [signer, signature] of signatures) {
      if (!this.takesSigner(round, signer)) continue
      this.#rounds.addSigner(round, signer)
      taken.set(signer, signature)
    }
    const added = this.#merge(entry, taken, at)
    if (added && entry.hasQuorum) this.#keep(entry, at.effects)
    return added
  }

  #merge(entry: StatementEntry, signatures: SignatureSet, at: Step): boolean {
    let added = false
    for (const [signer, signature] of signatures) if (entry.add(signer, signature, at.now)) added = true
    for (const phase of entry.afterAdding(at.now)) this.#moved(entry, at, phase)
    for (const equivocation of this.#slots.compare(entry, signatures.keys())) {
      at.effects.push({ kind: 'equivocation', equivocation })
    }
    return added
  }

  #keep(entry: StatementEntry, effects: EngineEffect[]): void {
    effects.push({ kind: 'keep', row: rowOf(entry) })
  }

  #publish(entry: StatementEntry, { now, effects }: Step): void {
    entry.notePublished(now)
    effects.push({ kind: 'publish', id: entry.id, attempt: 0 })
  }

  #moved(entry: StatementEntry, { effects }: Pick<Step, 'effects'>, to: Phase = entry.phase): void {
    effects.push({
      kind: 'moved',
      id: entry.id,
      to,
      attestation: attest(entry),
      refusals: new Map(entry.refusals),
    })
  }

  #advance(now: Instant, effects: EngineEffect[]): void {
    for (;;) {
      const entry = this.#deadlines.takeDue(now.monoMs)
      if (entry === undefined) break
      this.#fire(entry, { now, effects })
    }
    for (const entry of this.#rounds.takeEnded(now.wallMs)) this.#endCollecting(entry, { now, effects })
  }

  #fire(entry: StatementEntry, at: Step): void {
    const attempt = entry.repeatWhenDue(at.now)
    if (attempt !== undefined) at.effects.push({ kind: 'publish', id: entry.id, attempt })
    if (entry.closeWhenDue(at.now)) this.#moved(entry, at)
    if (entry.handOutWhenDue(at.now)) {
      at.effects.push({ kind: 'commit', row: rowOf(entry) })
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
    this.#rounds.remove(entry)
    this.#slots.remove(entry)
  }

  #schedule(entry: StatementEntry): void {
    const dueAtMs = entry.nextDueAtMs()
    if (dueAtMs !== Number.POSITIVE_INFINITY) this.#deadlines.schedule(entry, dueAtMs)
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

function rowOf(entry: StatementEntry): PriceRow {
  return { attestation: attest(entry), lastSignedAtMs: entry.lastSignedAtMs }
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
