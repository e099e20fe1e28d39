import type { EngineEffect, EngineEvent } from '../../src/consensus/effects.ts'
import { Engine } from '../../src/consensus/engine.ts'
import type { LifeRules } from '../../src/consensus/statement-entry.ts'
import type { Equivocation } from '../../src/core/equivocation.ts'
import type { PriceRow, WriteOutcome } from '../../src/core/price-table.ts'
import type { Price } from '../../src/core/price.ts'
import type { RefusalReason, SignedRefusal } from '../../src/core/refusal.ts'
import type { Attestation, StatementId } from '../../src/core/statement.ts'
import { createKeyedHashCurve } from './keyed-hash-curve.ts'
import { ManualClock } from './manual-clock.ts'
import { INTERVAL_MS, type TestSigner, attestBy } from './statements.ts'

/** The network of the defaults: 10 minutes, 30 seconds, 3 to 16 signers. */
export const RULES: LifeRules = {
  intervalMs: INTERVAL_MS,
  quietPeriodMs: 30_000,
  minimumSigners: 3,
  maximumSigners: 16,
  signersPerRound: Number.POSITIVE_INFINITY,
}

/** Signatures are not the engine's business, so they may be cheap. */
export const attestCheaply = attestBy(createKeyedHashCurve())

/** A refusal as a judge hands it over; its signature, which the engine does not look at, is none. */
export function refusalOf(
  id: StatementId,
  {
    signer,
    reason,
    ownPrice,
  }: { readonly signer: TestSigner; readonly reason: RefusalReason; readonly ownPrice?: Price },
): SignedRefusal {
  const refusal = { network: 'test-network', statement: id, reason, ownPrice, signedInstead: undefined, refusedAt: 0 }
  return { refusal, signer: signer.address, signature: new Uint8Array(65) }
}

/** An engine that is woken when it asks to be; every effect is kept with the time at which it came. */
export class EngineAtWork {
  readonly clock = new ManualClock()
  readonly engine: Engine
  readonly effects: { readonly atMs: number; readonly effect: EngineEffect }[] = []
  /** How often the engine was woken although nobody had anything to say. */
  wakes = 0
  readonly #startMs: number
  #cancelWake: (() => void) | undefined

  constructor(rules: Partial<LifeRules> = {}) {
    this.engine = new Engine({ ...RULES, ...rules })
    this.#startMs = this.clock.now().monoMs
  }

  handle(event: EngineEvent): EngineEffect[] {
    const effects = this.engine.handle(event, this.clock.now())
    const atMs = this.clock.now().monoMs - this.#startMs
    for (const effect of effects) this.effects.push({ atMs, effect })
    this.#cancelWake?.()
    const delayMs = this.engine.nextDelayMs(this.clock.now())
    this.#cancelWake = delayMs === undefined ? undefined : this.clock.after(delayMs, () => this.#wake())
    return effects
  }

  receive(attestation: Attestation, { reemit = false } = {}): EngineEffect[] {
    return this.handle({ kind: 'received', attestation, reemit })
  }

  /** This node's own key signed. */
  sign({ id, statement }: Attestation, signer: TestSigner): EngineEffect[] {
    const signature = attestCheaply(statement, signer).signatures.get(signer.address)
    if (signature === undefined) throw new RangeError('nothing was signed')
    return this.handle({ kind: 'signed', id, statement, signer: signer.address, signature })
  }

  settle(id: StatementId, outcome: WriteOutcome = { kind: 'written' }): EngineEffect[] {
    return this.handle({ kind: 'outcome', id, outcome })
  }

  /** Lets time pass until `atMs` milliseconds after the start. */
  async until(atMs: number): Promise<void> {
    await this.clock.advance(this.#startMs + atMs - this.clock.now().monoMs)
  }

  /** Where a statement went and when, as `quorum@0`. */
  moves(id: StatementId): string[] {
    return this.effects.flatMap(({ atMs, effect }) =>
      effect.kind === 'moved' && effect.id === id ? [`${effect.to}@${atMs}`] : [],
    )
  }

  /** When a statement was published and as which attempt, as `0@5000`. */
  published(id: StatementId): string[] {
    return this.effects.flatMap(({ atMs, effect }) =>
      effect.kind === 'publish' && effect.id === id ? [`${effect.attempt}@${atMs}`] : [],
    )
  }

  commits(): { readonly atMs: number; readonly row: PriceRow }[] {
    return this.effects.flatMap(({ atMs, effect }) => (effect.kind === 'commit' ? [{ atMs, row: effect.row }] : []))
  }

  /** What had to be on the disk, and when. */
  kept(): { readonly atMs: number; readonly row: PriceRow }[] {
    return this.effects.flatMap(({ atMs, effect }) => (effect.kind === 'keep' ? [{ atMs, row: effect.row }] : []))
  }

  /** A row that was owed when the node ended. */
  owe(attestation: Attestation, lastSignedAtMs = this.clock.now().wallMs): EngineEffect[] {
    return this.handle({ kind: 'owed', row: { attestation, lastSignedAtMs } })
  }

  /** Who was found to have signed which two statements. */
  equivocations(): Equivocation[] {
    return this.effects.flatMap(({ effect }) => (effect.kind === 'equivocation' ? [effect.equivocation] : []))
  }

  /** A signer's notice that it does not sign a statement. */
  refuse(id: StatementId, signer: TestSigner, reason: RefusalReason = 'feed-down'): EngineEffect[] {
    return this.handle({ kind: 'refused', refusal: refusalOf(id, { signer, reason }) })
  }

  /** The statements that the co-sign policy was asked about. */
  considered(): StatementId[] {
    return this.effects.flatMap(({ effect }) => (effect.kind === 'consider' ? [effect.id] : []))
  }

  #wake(): void {
    this.wakes += 1
    this.handle({ kind: 'tick' })
  }
}
