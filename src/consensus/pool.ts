import type { Address } from '../core/address.ts'
import type { Instant } from '../core/clock.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import type { Attestation, PriceStatement, Round, SignatureSet, StatementId } from '../core/statement.ts'
import type { NotAdded, Phase } from './effects.ts'
import type { Census, HeldStatement, PendingStatement, PoolView } from './holdings.ts'
import { Rounds } from './rounds.ts'
import { Slots } from './slots.ts'
import { type LifeRules, StatementEntry } from './statement-entry.ts'
import { collectWindow } from './windows.ts'

/** An honest proposer makes one statement a slot; the second proves that it is not, and a third proves nothing more. */
export const STATEMENTS_PER_SLOT = 2

/** All statements that are held, by id, by round and by slot, and what is taken beside them. */
export class Pool implements PoolView {
  readonly rounds: Rounds
  readonly slots = new Slots()
  readonly #rules: LifeRules
  readonly #entries = new Map<StatementId, StatementEntry>()

  constructor(rules: LifeRules) {
    this.#rules = rules
    this.rounds = new Rounds(rules)
  }

  get(id: StatementId): StatementEntry | undefined {
    return this.#entries.get(id)
  }

  /** Holds a statement that is not held yet, if its proposer signed it and it would be taken now. */
  admit(attestation: Attestation, now: Instant): StatementEntry | undefined {
    const { id, statement, signatures } = attestation
    if (!signatures.has(statement.proposer) || this.notAdded(id, statement, now) !== undefined) return undefined
    return this.hold(attestation, now)
  }

  /** Holds a statement that is not held yet, whatever its age and however full its slot and its round. */
  hold({ id, statement }: Pick<Attestation, 'id' | 'statement'>, now: Instant): StatementEntry {
    const entry = new StatementEntry(this.#rules, { id, statement, now })
    this.#entries.set(id, entry)
    this.slots.add(entry)
    if (!this.rounds.hasEnded(statement.round, now.wallMs)) {
      this.rounds.add(entry)
      // Before those who sign beside it: a statement without its proposer could never reach quorum.
      this.rounds.addSigner(statement.round, statement.proposer)
    }
    return entry
  }

  forget(entry: StatementEntry): void {
    this.#entries.delete(entry.id)
    this.rounds.remove(entry)
    this.slots.remove(entry)
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
    return this.slots.heldIn(statement)
  }

  isContested(statement: PriceStatement): boolean {
    return this.slots.isContested(statement)
  }

  takesSigner(round: Round, signer: Address): boolean {
    return this.rounds.takesSigner(round, signer)
  }

  signersAround(round: Round): readonly Address[] {
    const before = (round - 1) as Round
    return [...new Set([...this.rounds.signersOf(before), ...this.rounds.signersOf(round)])]
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

  attestationOf(id: StatementId): Attestation | undefined {
    return this.#entries.get(id)?.attestation()
  }

  *pending(now: Instant): Iterable<PendingStatement> {
    for (const entry of this.#entries.values()) {
      if (entry.phase === 'parked' || this.rounds.hasEnded(entry.statement.round, now.wallMs)) continue
      yield { id: entry.id, phase: entry.phase, signatures: entry.signatures }
    }
  }

  heldOf(id: StatementId, now: Instant): HeldStatement | undefined {
    const entry = this.#entries.get(id)
    if (entry === undefined) return undefined
    const { statement, phase, signatures, setAside, refusals } = entry
    return { id, statement, phase, signatures, setAside, refusals, ...entry.endsIn(now) }
  }

  heldIds(): Iterable<StatementId> {
    return this.#entries.keys()
  }

  census(): Census {
    const census = { collecting: 0, quorum: 0, closed: 0, committed: 0, disputed: 0, parked: 0, expired: 0 }
    for (const entry of this.#entries.values()) census[entry.phase] += 1
    return census
  }
}
