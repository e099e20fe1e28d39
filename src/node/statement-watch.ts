import type { EngineEffect, EngineEvent } from '../consensus/effects.ts'
import type { PoolView } from '../consensus/holdings.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { SignedRefusal } from '../core/refusal.ts'
import type { Round, SignatureSet, StatementId } from '../core/statement.ts'

/** What becomes of a statement. */
export type StatementNews =
  | { readonly kind: 'new'; readonly id: StatementId; readonly round: Round }
  /** Its set has grown. */
  | { readonly kind: 'signature'; readonly id: StatementId; readonly signer: Address; readonly atMs: number }
  /** Somebody signed after the set had closed. */
  | { readonly kind: 'late'; readonly id: StatementId; readonly signer: Address; readonly atMs: number }
  | { readonly kind: 'refusal'; readonly id: StatementId; readonly signed: SignedRefusal }
  | (Extract<EngineEffect, { kind: 'moved' }> & {
      /** Since this node first held it, milliseconds; undefined when that was before a restart. */
      readonly heldForMs: number | undefined
    })

/** Late signers of one statement; where anybody may sign there is no end of them. */
const LATE_LIMIT = 256

interface Watched {
  readonly firstHeldAtMs: number | undefined
  readonly signedAtMs: Map<Address, number | undefined>
  readonly lateAtMs: Map<Address, number>
}

/** Sees when signatures come, which the engine has no use for, and tells what becomes of statements. */
export class StatementWatch {
  readonly #pool: Pick<PoolView, 'signaturesOf' | 'setAsideOf' | 'phaseOf'>
  readonly #clock: Clock
  readonly #tell: (news: StatementNews) => void
  readonly #watched = new Map<StatementId, Watched>()
  #newestRound = 0 as Round

  constructor(
    {
      pool,
      clock,
    }: { readonly pool: Pick<PoolView, 'signaturesOf' | 'setAsideOf' | 'phaseOf'>; readonly clock: Clock },
    tell: (news: StatementNews) => void,
  ) {
    this.#pool = pool
    this.#clock = clock
    this.#tell = tell
  }

  /** @param effects - what the engine answered to the event */
  handled(event: EngineEvent, effects: readonly EngineEffect[]): void {
    const subject = subjectOf(event)
    if (subject !== undefined) this.#compare(subject)
    for (const effect of effects) {
      if (effect.kind === 'refused') this.#tell({ kind: 'refusal', id: effect.id, signed: effect.refusal })
      if (effect.kind !== 'moved') continue
      const { id, to, attestation, refusals } = effect
      const since = this.#watched.get(id)?.firstHeldAtMs
      const heldForMs = since === undefined ? undefined : this.#clock.now().monoMs - since
      this.#tell({ kind: 'moved', id, to, attestation, refusals, heldForMs })
    }
  }

  /** When a signature was first held, on the wall clock; undefined when that was before a restart. */
  signedAtMs(id: StatementId, signer: Address): number | undefined {
    return this.#watched.get(id)?.signedAtMs.get(signer)
  }

  /** When signatures came that came after the set had closed, on the wall clock. */
  lateSigners(id: StatementId): ReadonlyMap<Address, number> {
    return this.#watched.get(id)?.lateAtMs ?? NOBODY
  }

  /** A signature has come that the set does not take any more; told once for each statement and signer. */
  signedLate(id: StatementId, signer: Address): void {
    const lateAtMs = this.#watched.get(id)?.lateAtMs
    if (lateAtMs === undefined || lateAtMs.has(signer) || lateAtMs.size >= LATE_LIMIT) return
    const { wallMs: atMs } = this.#clock.now()
    lateAtMs.set(signer, atMs)
    this.#tell({ kind: 'late', id, signer, atMs })
  }

  #compare({ id, round, isOld }: Subject): void {
    const signatures = this.#pool.signaturesOf(id)
    if (signatures === undefined) return
    const { wallMs, monoMs } = this.#clock.now()
    let watched = this.#watched.get(id)
    if (watched === undefined) {
      this.#forgetBefore(round)
      watched = { firstHeldAtMs: isOld ? undefined : monoMs, signedAtMs: new Map(), lateAtMs: new Map() }
      this.#watched.set(id, watched)
      this.#tell({ kind: 'new', id, round })
    }
    const { signedAtMs, lateAtMs } = watched
    if (signedAtMs.size < signatures.size) {
      for (const signer of newIn(signatures, signedAtMs)) {
        signedAtMs.set(signer, isOld ? undefined : wallMs)
        if (!isOld) this.#tell({ kind: 'signature', id, signer, atMs: wallMs })
      }
    }
    const setAside = this.#pool.setAsideOf(id)
    if (setAside !== undefined) for (const signer of newIn(setAside, lateAtMs)) this.signedLate(id, signer)
  }

  /** With each new round, what the engine has forgotten is forgotten here. */
  #forgetBefore(round: Round): void {
    if (round <= this.#newestRound) return
    this.#newestRound = round
    for (const id of this.#watched.keys()) if (this.#pool.phaseOf(id) === undefined) this.#watched.delete(id)
  }
}

const NOBODY: ReadonlyMap<Address, number> = new Map()

interface Subject {
  readonly id: StatementId
  readonly round: Round
  /** From before a restart. */
  readonly isOld: boolean
}

function subjectOf(event: EngineEvent): Subject | undefined {
  switch (event.kind) {
    case 'received':
      return { id: event.attestation.id, round: event.attestation.statement.round, isOld: false }
    case 'signed':
      return { id: event.id, round: event.statement.round, isOld: false }
    case 'restored':
      return { id: event.attestation.id, round: event.attestation.statement.round, isOld: true }
    case 'owed':
      return { id: event.row.attestation.id, round: event.row.attestation.statement.round, isOld: true }
    case 'refused':
    case 'outcome':
    case 'tick':
      return undefined
  }
}

function newIn(set: SignatureSet, known: { has(signer: Address): boolean }): readonly Address[] {
  return [...set.keys()].filter((signer) => !known.has(signer))
}
