import type { Address } from '../core/address.ts'
import type { Round } from '../core/statement.ts'
import type { LifeRules, StatementEntry } from './statement-entry.ts'
import { collectWindowEnd } from './windows.ts'

const NOBODY: ReadonlySet<Address> = new Set()

interface HeldInRound {
  readonly entries: Set<StatementEntry>
  /** Who signed or refused any of the statements. */
  readonly signers: Set<Address>
}

/** The statements and the signers of each round, until its collect window ends. Times are of the wall clock, milliseconds. */
export class Rounds {
  readonly #rules: Pick<LifeRules, 'intervalMs' | 'signersPerRound'>
  readonly #rounds = new Map<Round, HeldInRound>()

  constructor(rules: Pick<LifeRules, 'intervalMs' | 'signersPerRound'>) {
    this.#rules = rules
  }

  add(entry: StatementEntry): void {
    this.#of(entry.statement.round).entries.add(entry)
  }

  remove(entry: StatementEntry): void {
    this.#rounds.get(entry.statement.round)?.entries.delete(entry)
  }

  has(entry: StatementEntry): boolean {
    return this.#rounds.get(entry.statement.round)?.entries.has(entry) ?? false
  }

  /** Whether there is a place for a signer, be it that it has one already. */
  takesSigner(round: Round, signer: Address): boolean {
    const signers = this.#rounds.get(round)?.signers
    if (signers === undefined || signers.has(signer)) return true
    const isFull = signers.size >= this.#rules.signersPerRound
    return !isFull
  }

  /** Gives a signer its place, in a full round too: who asks {@link Rounds.takesSigner} first keeps to the limit. */
  addSigner(round: Round, signer: Address): void {
    this.#of(round).signers.add(signer)
  }

  /** Of whom anything is kept in a round. */
  signersOf(round: Round): ReadonlySet<Address> {
    return this.#rounds.get(round)?.signers ?? NOBODY
  }

  hasEnded(round: Round, wallMs: number): boolean {
    return collectWindowEnd(round, this.#rules.intervalMs) <= wallMs
  }

  /** When the next collect window ends; infinity when nothing is held. */
  nextEndMs(): number {
    let endMs = Number.POSITIVE_INFINITY
    for (const round of this.#rounds.keys()) endMs = Math.min(endMs, collectWindowEnd(round, this.#rules.intervalMs))
    return endMs
  }

  /** Forgets the rounds whose collect window has ended by now; the statements that were held of them. */
  takeEnded(wallMs: number): StatementEntry[] {
    const ended: StatementEntry[] = []
    for (const [round, { entries }] of this.#rounds) {
      if (!this.hasEnded(round, wallMs)) continue
      this.#rounds.delete(round)
      ended.push(...entries)
    }
    return ended
  }

  #of(round: Round): HeldInRound {
    let held = this.#rounds.get(round)
    if (held === undefined) {
      held = { entries: new Set(), signers: new Set() }
      this.#rounds.set(round, held)
    }
    return held
  }
}
