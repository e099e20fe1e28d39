import type { Address } from '../core/address.ts'
import type { Instant } from '../core/clock.ts'
import type { NetworkConstants } from '../core/network.ts'
import type { PriceRow } from '../core/price-table.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import {
  type Attestation,
  type PriceStatement,
  type Signature,
  type SignatureSet,
  type StatementId,
  isQuorum,
} from '../core/statement.ts'
import type { Phase } from './effects.ts'

/** The constants of a network that decide how statements live. */
export interface LifeRules {
  readonly intervalMs: number
  readonly quietPeriodMs: number
  readonly minimumSigners: number
  readonly maximumSigners: number
  /** Distinct signers of whom anything is kept in one round, over all its statements; Infinity for as many as are allowed. */
  readonly signersPerRound: number
}

/** Where anybody may sign, keys cost nothing: this many signers are kept in a round, whoever comes first. */
export const OPEN_SIGNERS_LIMIT = 64

/** How statements live in a network of these constants. */
export function lifeRules(constants: NetworkConstants): LifeRules {
  const { intervalMs, quietPeriodMs, minimumSigners, maximumSigners, signers } = constants
  const signersPerRound = signers.open ? OPEN_SIGNERS_LIMIT : Number.POSITIVE_INFINITY
  return { intervalMs, quietPeriodMs, minimumSigners, maximumSigners, signersPerRound }
}

/** Below quorum, what this node published goes out again this long after the first time, milliseconds. */
export const REPEAT_AFTER_MS: readonly number[] = [5_000, 15_000, 45_000]

/** Milliseconds from now. */
export interface SetEnds {
  readonly quietEndsInMs: number | undefined
  readonly closesInMs: number | undefined
}

/** One statement on its way, and the only place where its signatures and its phase change. */
export class StatementEntry {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly #rules: LifeRules
  readonly #signatures = new Map<Address, Signature>()
  readonly #setAside = new Map<Address, Signature>()
  readonly #refusals = new Map<Address, SignedRefusal>()
  #phase: Phase = 'collecting'
  #lastAdded: Instant
  #quorumAtMs = Number.POSITIVE_INFINITY
  #handedOut = false
  #published: { readonly firstAtMs: number; repeats: number } | undefined

  constructor(
    rules: LifeRules,
    init: { readonly id: StatementId; readonly statement: PriceStatement; readonly now: Instant },
  ) {
    this.#rules = rules
    this.id = init.id
    this.statement = init.statement
    this.#lastAdded = init.now
  }

  get phase(): Phase {
    return this.#phase
  }

  get signatures(): SignatureSet {
    return this.#signatures
  }

  /** Signatures that came too late for the set; they can still show that their signer signed another statement too. */
  get setAside(): SignatureSet {
    return this.#setAside
  }

  get refusals(): ReadonlyMap<Address, SignedRefusal> {
    return this.#refusals
  }

  /** Wall clock when the last signature was added, milliseconds since the Unix epoch. */
  get lastSignedAtMs(): number {
    return this.#lastAdded.wallMs
  }

  get isOpen(): boolean {
    return this.#phase === 'collecting' || this.#phase === 'quorum'
  }

  /** At quorum, and the table has not answered yet. */
  get hasQuorum(): boolean {
    return this.#phase === 'quorum' || this.#phase === 'closed'
  }

  get isFull(): boolean {
    return this.#signatures.size >= this.#rules.maximumSigners
  }

  get isSettled(): boolean {
    return !this.isOpen && this.#phase !== 'closed'
  }

  /** How many refusals more are kept. As many as there may be signatures say why there are none. */
  get roomForRefusals(): number {
    return Math.max(0, this.#rules.maximumSigners - this.#refusals.size)
  }

  /** Adds a checked signature; false when its signer is in the set already or the set takes no more. */
  add(signer: Address, signature: Signature, now: Instant): boolean {
    if (this.signatureBy(signer) !== undefined) return false
    this.#refusals.delete(signer)
    if (!this.isOpen || this.isFull) {
      this.#setAside.set(signer, signature)
      return false
    }
    this.#signatures.set(signer, signature)
    this.#lastAdded = now
    return true
  }

  /** What `signer` signed this statement with, in the set or set aside. */
  signatureBy(signer: Address): Signature | undefined {
    return this.#signatures.get(signer) ?? this.#setAside.get(signer)
  }

  /** Keeps the first refusal of a signer that did not sign, while there is room; false when there is nothing to keep. */
  refuse(refusal: SignedRefusal): boolean {
    const { signer } = refusal
    if (this.roomForRefusals === 0 || this.#refusals.has(signer) || this.signatureBy(signer) !== undefined) return false
    this.#refusals.set(signer, refusal)
    return true
  }

  /** Moves on after signatures were added; the phases entered, in order. */
  afterAdding(now: Instant): Phase[] {
    const entered: Phase[] = []
    if (this.#phase === 'collecting' && isQuorum(this.#signatures, this.statement, this.#rules.minimumSigners)) {
      this.#phase = 'quorum'
      this.#quorumAtMs = now.monoMs
      entered.push('quorum')
    }
    if (this.#phase === 'quorum' && this.isFull) {
      this.#phase = 'closed'
      entered.push('closed')
    }
    return entered
  }

  /** Whether the set has just closed because time has: two quiet periods after quorum, or one without a signature. */
  closeWhenDue(now: Instant): boolean {
    if (this.#phase !== 'quorum' || now.monoMs < Math.min(this.#closesAtMs(), this.#commitAtMs())) return false
    this.#phase = 'closed'
    return true
  }

  /** Whether the row is to be written now: once, one quiet period after the last signature. */
  handOutWhenDue(now: Instant): boolean {
    if (this.#phase !== 'closed' || this.#handedOut || now.monoMs < this.#commitAtMs()) return false
    this.#handedOut = true
    return true
  }

  /** Notes that this node publishes the entry: repeats are counted from the first time. */
  notePublished(now: Instant): void {
    this.#published ??= { firstAtMs: now.monoMs, repeats: 0 }
  }

  /** The number of the repeat that is due now, from 1; undefined when none is. */
  repeatWhenDue(now: Instant): number | undefined {
    if (now.monoMs < this.#repeatAtMs()) return undefined
    const published = this.#published
    if (published === undefined) return undefined
    published.repeats += 1
    return published.repeats
  }

  /** What is held now; it stays as it is when the entry changes. */
  attestation(): Attestation {
    return { id: this.id, statement: this.statement, signatures: new Map(this.#signatures) }
  }

  /** The row that the table would be given now. */
  row(): PriceRow {
    return { attestation: this.attestation(), lastSignedAtMs: this.lastSignedAtMs }
  }

  settle(phase: 'committed' | 'disputed' | 'parked'): void {
    this.#phase = phase
  }

  /** The next monotonic time at which something is due of itself, milliseconds; infinity when nothing is. */
  nextDueAtMs(): number {
    switch (this.#phase) {
      case 'collecting':
        return this.#repeatAtMs()
      case 'quorum':
        return Math.min(this.#closesAtMs(), this.#commitAtMs())
      case 'closed':
        return this.#handedOut ? Number.POSITIVE_INFINITY : this.#commitAtMs()
      case 'committed':
      case 'disputed':
      case 'parked':
      case 'expired':
        return Number.POSITIVE_INFINITY
    }
  }

  /** Until the row is due if nobody signs meanwhile, and until the set takes no more; undefined without an open quorum. */
  endsIn(now: Instant): SetEnds {
    if (!this.hasQuorum) return { quietEndsInMs: undefined, closesInMs: undefined }
    return {
      quietEndsInMs: Math.max(0, this.#commitAtMs() - now.monoMs),
      closesInMs: this.#phase === 'closed' ? 0 : Math.max(0, this.#closesAtMs() - now.monoMs),
    }
  }

  #commitAtMs(): number {
    return this.#lastAdded.monoMs + this.#rules.quietPeriodMs
  }

  #closesAtMs(): number {
    return this.#quorumAtMs + 2 * this.#rules.quietPeriodMs
  }

  #repeatAtMs(): number {
    if (this.#phase !== 'collecting' || this.#published === undefined) return Number.POSITIVE_INFINITY
    const afterMs = REPEAT_AFTER_MS[this.#published.repeats]
    return afterMs === undefined ? Number.POSITIVE_INFINITY : this.#published.firstAtMs + afterMs
  }
}
