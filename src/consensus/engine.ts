import type { Address } from '../core/address.ts'
import type { Instant } from '../core/clock.ts'
import type { PriceRow, WriteOutcome } from '../core/price-table.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import { type Attestation, type Signature, type SignatureSet, type StatementId, isQuorum } from '../core/statement.ts'
import { DeadlineQueue } from './deadline-queue.ts'
import type { EngineEffect, EngineEvent, Phase } from './effects.ts'
import type { PoolView } from './holdings.ts'
import { Pool } from './pool.ts'
import type { LifeRules, StatementEntry } from './statement-entry.ts'

/**
 * The consensus engine: the life of every statement from its first signature until it is forgotten.
 *
 * Pure: events and the time go in, effects come out as data. It trusts that signatures in events were checked.
 */
export class Engine {
  readonly #rules: LifeRules
  readonly #pool: Pool
  readonly #deadlines = new DeadlineQueue<StatementEntry>()

  constructor(rules: LifeRules) {
    this.#rules = rules
    this.#pool = new Pool(rules)
  }

  /** What is held; it changes with every event. */
  get pool(): PoolView {
    return this.#pool
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
    const delayMs = Math.min(dueMs, this.#pool.rounds.nextEndMs() - now.wallMs)
    return delayMs === Number.POSITIVE_INFINITY ? undefined : Math.max(0, delayMs)
  }

  #receive(attestation: Attestation, reemit: boolean, at: Step): void {
    const known = this.#pool.get(attestation.id)
    const entry = known ?? this.#pool.admit(attestation, at.now)
    if (entry === undefined) return
    const added = this.#add(entry, attestation.signatures, at)
    if (known === undefined && entry.isOpen) {
      at.effects.push({ kind: 'consider', id: entry.id, statement: entry.statement })
    }
    if (added && reemit) this.#publish(entry, at)
    this.#schedule(entry)
  }

  #sign(event: Extract<EngineEvent, { kind: 'signed' }>, at: Step): void {
    if (this.#pool.rounds.hasEnded(event.statement.round, at.now.wallMs)) return
    // Strangers must not keep this node from its own work: its signature is taken in a full round, too.
    this.#pool.rounds.addSigner(event.statement.round, event.signer)
    const signatures = new Map([[event.signer, event.signature]])
    const entry = this.#pool.get(event.id) ?? this.#pool.admit({ ...event, signatures }, at.now)
    if (entry === undefined) return
    if (this.#add(entry, signatures, at)) this.#publish(entry, at)
    this.#schedule(entry)
  }

  #restore(attestation: Attestation, at: Step): void {
    const entry = this.#pool.get(attestation.id) ?? this.#pool.admit(attestation, at.now)
    if (entry === undefined) return
    this.#add(entry, attestation.signatures, at)
    this.#publish(entry, at)
    this.#schedule(entry)
  }

  /** What is on the disk is not kept again, unless others have signed beside it meanwhile. */
  #recall({ attestation, lastSignedAtMs }: PriceRow, { now, effects }: Step): void {
    const { id, statement, signatures } = attestation
    if (!isQuorum(signatures, statement, this.#rules.minimumSigners)) return
    const known = this.#pool.get(id)
    const entry = known ?? this.#pool.hold(attestation, now)
    if (this.#pool.rounds.has(entry))
      for (const signer of signatures.keys()) this.#pool.rounds.addSigner(statement.round, signer)
    const wallMs = known === undefined ? lastSignedAtMs : now.wallMs
    this.#merge(entry, signatures, { now: { monoMs: now.monoMs, wallMs }, effects })
    if (known !== undefined && entry.hasQuorum) this.#keep(entry, effects)
    this.#schedule(entry)
  }

  #refuse(refusal: SignedRefusal, at: Step): void {
    const id = refusal.refusal.statement
    const entry = this.#pool.get(id)
    if (entry === undefined || this.#pool.rounds.hasEnded(entry.statement.round, at.now.wallMs)) return
    if (!this.#pool.takesSigner(entry.statement.round, refusal.signer) || !entry.refuse(refusal)) return
    this.#pool.rounds.addSigner(entry.statement.round, refusal.signer)
    at.effects.push({ kind: 'refused', id, refusal })
  }

  #settle(id: StatementId, outcome: WriteOutcome, at: Step): void {
    const entry = this.#pool.get(id)
    if (entry === undefined || entry.isSettled) return
    entry.settle(phaseAfter(outcome))
    this.#moved(entry, at)
    // Not asked of the wall clock, which may have been set back since the collect window ended.
    if (!this.#pool.rounds.has(entry)) this.#forget(entry)
  }

  #add(entry: StatementEntry, signatures: SignatureSet, at: Step): boolean {
    const { round } = entry.statement
    if (this.#pool.rounds.hasEnded(round, at.now.wallMs)) return false
    const taken = new Map<Address, Signature>()
    for (const [signer, signature] of signatures) {
      if (!this.#pool.takesSigner(round, signer)) continue
      this.#pool.rounds.addSigner(round, signer)
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
    for (const equivocation of this.#pool.slots.compare(entry, signatures.keys())) {
      at.effects.push({ kind: 'equivocation', equivocation })
    }
    return added
  }

  #keep(entry: StatementEntry, effects: EngineEffect[]): void {
    effects.push({ kind: 'keep', row: entry.row() })
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
      attestation: entry.attestation(),
      refusals: new Map(entry.refusals),
    })
  }

  #advance(now: Instant, effects: EngineEffect[]): void {
    for (;;) {
      const entry = this.#deadlines.takeDue(now.monoMs)
      if (entry === undefined) break
      this.#fire(entry, { now, effects })
    }
    for (const entry of this.#pool.rounds.takeEnded(now.wallMs)) this.#endCollecting(entry, { now, effects })
  }

  #fire(entry: StatementEntry, at: Step): void {
    const attempt = entry.repeatWhenDue(at.now)
    if (attempt !== undefined) at.effects.push({ kind: 'publish', id: entry.id, attempt })
    if (entry.closeWhenDue(at.now)) this.#moved(entry, at)
    if (entry.handOutWhenDue(at.now)) {
      at.effects.push({ kind: 'commit', row: entry.row() })
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
    this.#pool.forget(entry)
    this.#deadlines.cancel(entry)
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
