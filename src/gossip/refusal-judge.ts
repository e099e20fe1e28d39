import type { Holdings } from '../consensus/holdings.ts'
import { collectWindowEnd } from '../consensus/windows.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { type Hex, equalBytes } from '../core/hex.ts'
import type { Refusal, SignedRefusal } from '../core/refusal.ts'
import type { Round, Signature, StatementId } from '../core/statement.ts'
import { createRefusalDigest } from '../core/typed-data.ts'
import { type IgnoreCode, type RejectCode, type Verdict, accept, ignore, reject } from '../core/verdict.ts'
import type { Judge } from './inbox.ts'
import type { Sender } from './peer-standing.ts'
import type { Recoverer } from './recoverer.ts'
import { type ShapedRefusal, shapeRefusal } from './refusal-shape.ts'
import { REFUSAL_BYTES_LIMIT, decodeRefusalMessage } from './refusal-wire.ts'
import { WIRE_VERSION, versionOfMessage } from './wire.ts'

export interface RefusalRules {
  readonly network: string
  readonly intervalMs: number
  readonly signers: { allows(signer: Address, round: Round): boolean }
}

export interface RefusalJudgeComponents {
  readonly holdings: Pick<Holdings, 'refusalsOf' | 'roomForRefusals' | 'signaturesOf' | 'setAsideOf' | 'takesSigner'>
  readonly recoverer: Recoverer
  readonly clock: Clock
  /** The round of a statement that is held. */
  readonly roundOf: (id: StatementId) => Round | undefined
  readonly deliver: (refusals: readonly SignedRefusal[]) => void
  /** What a refusal is signed over. @default what `createRefusalDigest` gives */
  readonly refusalDigest?: ((refusal: Refusal) => Hex) | undefined
}

/** Judges refusals: they are taken of allowed signers, one each, and for statements that are held, so many of each. */
export class RefusalJudge implements Judge {
  readonly bytesLimit = REFUSAL_BYTES_LIMIT
  readonly #components: RefusalJudgeComponents
  readonly #rules: RefusalRules
  readonly #digestOf: (refusal: Refusal) => Hex

  constructor(components: RefusalJudgeComponents, rules: RefusalRules) {
    this.#components = components
    this.#rules = rules
    this.#digestOf = components.refusalDigest ?? createRefusalDigest()
  }

  async judge(data: Uint8Array, sender: Sender): Promise<Verdict> {
    if (versionOfMessage(data) !== WIRE_VERSION) return ignore('version')
    const message = decodeRefusalMessage(data)
    if (message.network !== this.#rules.network) return reject('wrong-network')
    if (message.refusals.length === 0) return reject('empty')
    const inShape: (ShapedRefusal | 'unknown-reason')[] = []
    for (const wire of message.refusals) {
      const shaped = shapeRefusal(wire, this.#rules)
      if ('fault' in shaped) return reject(shaped.fault)
      inShape.push('unknown' in shaped ? 'unknown-reason' : shaped)
    }

    const valid: SignedRefusal[] = []
    let dropped: IgnoreCode | undefined
    for (const shaped of inShape) {
      const found = shaped === 'unknown-reason' ? shaped : await this.#examine(shaped, { sender, before: valid })
      if (typeof found === 'object' && 'reject' in found) return reject(found.reject)
      if (typeof found === 'object') valid.push(found)
      else if (found === 'budget') dropped = found
      else if (found !== 'known') dropped ??= found
    }
    if (valid.length > 0) this.#components.deliver(valid)
    return dropped !== undefined ? ignore(dropped) : valid.length > 0 ? accept : ignore('known')
  }

  async #examine(
    { refusal, signature }: { readonly refusal: Refusal; readonly signature: Signature },
    { sender, before }: { readonly sender: Sender; readonly before: readonly SignedRefusal[] },
  ): Promise<SignedRefusal | IgnoreCode | { readonly reject: RejectCode }> {
    const { holdings, recoverer, clock, roundOf } = this.#components
    const held = holdings.refusalsOf(refusal.statement)
    const round = roundOf(refusal.statement)
    if (held === undefined || round === undefined) return 'unknown-statement'
    if (collectWindowEnd(round, this.#rules.intervalMs) <= clock.now().wallMs) return 'stale'
    if ([...held.values()].some((other) => equalBytes(other.signature, signature))) return 'known'
    const sameStatement = before.filter((other) => other.refusal.statement === refusal.statement)
    if (sameStatement.length >= holdings.roomForRefusals(refusal.statement)) return 'refusals-full'

    const signed = { id: this.#digestOf(refusal), signature }
    const recovered = await recoverer.recover(signed, sender.budget)
    if ('fault' in recovered) return recovered.fault === 'budget' ? 'budget' : { reject: recovered.fault }
    const { signer, isRemembered } = recovered
    const isRepeated = sameStatement.some((other) => other.signer === signer)
    const leftOut = isRepeated ? 'second-refusal' : this.#leaveOut(signer, { id: refusal.statement, round })
    if (leftOut === undefined) return { refusal, signer, signature }
    recoverer.remember(signed, signer)
    if (!isRemembered) sender.wasted()
    return leftOut
  }

  /** Why a valid refusal is not kept; undefined when it is. */
  #leaveOut(
    signer: Address,
    { id, round }: { readonly id: StatementId; readonly round: Round },
  ): IgnoreCode | undefined {
    const { holdings } = this.#components
    if (!this.#rules.signers.allows(signer, round)) return 'signer-not-allowed'
    const said = [holdings.refusalsOf(id), holdings.signaturesOf(id), holdings.setAsideOf(id)]
    if (said.some((bySigner) => bySigner?.has(signer) === true)) return 'second-refusal'
    return holdings.takesSigner(round, signer) ? undefined : 'round-full'
  }
}
