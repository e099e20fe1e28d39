import type { Holdings } from '../consensus/holdings.ts'
import { STATEMENTS_PER_SLOT } from '../consensus/pool.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import { equalBytes } from '../core/hex.ts'
import {
  type Attestation,
  type PriceStatement,
  type Round,
  type Signature,
  type SignatureSet,
  type StatementId,
  slotOf,
} from '../core/statement.ts'
import { type IgnoreCode, type RejectCode, type Verdict, accept, ignore, reject } from '../core/verdict.ts'
import { type ShapeRules, type ShapedAttestation, readAttestations } from './attestation-shape.ts'
import type { Judge } from './inbox.ts'
import type { Sender } from './peer-standing.ts'
import type { Recoverer } from './recoverer.ts'
import { MESSAGE_BYTES_LIMIT, WIRE_VERSION, versionOfMessage } from './wire.ts'

export interface PriceRules extends ShapeRules {
  readonly pairs: readonly string[]
  readonly source: string
  readonly signers: { allows(signer: Address, round: Round): boolean }
}

export interface PriceJudgeComponents {
  readonly holdings: Holdings
  readonly recoverer: Recoverer
  readonly digest: (statement: PriceStatement) => StatementId
  readonly clock: Clock
  readonly signatures: {
    /** Whether so many more signatures of a signer may count. */
    admitsSignatures(signer: Address, count: number): boolean
    /** Is told of every one that does. */
    chargeSignature(signer: Address): void
  }
  /**
   * Takes what was found valid and new, before the next message is looked at. `reemit`: the message could not be
   * forwarded as it was.
   */
  readonly deliver: (attestations: readonly Attestation[], options: { readonly reemit: boolean }) => void
  /** Told which peer sent a signature over a statement whose set takes none any more; it was not verified. */
  readonly onLate?: ((id: StatementId, peerId: string) => void) | undefined
  /** @default `readAttestations` */
  readonly readAttestations?: typeof readAttestations | undefined
}

/** What was found in one attestation of a message. */
type Finding =
  | { readonly kind: 'new'; readonly attestation: Attestation; readonly dropped: IgnoreCode | undefined }
  | { readonly kind: 'nothing'; readonly code: IgnoreCode }
  | { readonly kind: 'false'; readonly code: RejectCode }

/** One message on the bench. */
interface Case {
  readonly sender: Sender
  readonly ids: Set<StatementId>
  /** Statements that the message brings, by slot. */
  readonly newInSlot: Map<string, number>
  /** Signatures in the message that would count, by signer: charged when it is known that nothing in it is false. */
  readonly counted: Map<Address, number>
}

/** An attestation with signatures that are worth their arithmetic. */
interface Candidate {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly held: SignatureSet | undefined
  readonly setAside: SignatureSet | undefined
  /** Who made those of the signatures that are held. */
  readonly known: ReadonlySet<Address>
  readonly unknown: readonly Signature[]
  readonly first: Signature | undefined
}

/** Judges messages of prices, cheap checks before expensive ones. It never waits for a price. */
export class PriceJudge implements Judge {
  readonly bytesLimit = MESSAGE_BYTES_LIMIT
  readonly #components: PriceJudgeComponents
  readonly #rules: PriceRules

  constructor(components: PriceJudgeComponents, rules: PriceRules) {
    this.#components = components
    this.#rules = rules
  }

  async judge(data: Uint8Array, sender: Sender): Promise<Verdict> {
    if (versionOfMessage(data) !== WIRE_VERSION) return ignore('version')
    const inShape = (this.#components.readAttestations ?? readAttestations)(data, this.#rules)
    if ('fault' in inShape) return reject(inShape.fault)

    const valid: Attestation[] = []
    const about: Case = { sender, ids: new Set(), newInSlot: new Map(), counted: new Map() }
    let dropped: IgnoreCode | undefined
    for (const shaped of inShape) {
      const finding = await this.#examine(shaped, about)
      if (finding.kind === 'false') return reject(finding.code)
      if (finding.kind === 'new') valid.push(finding.attestation)
      const code = finding.kind === 'new' ? finding.dropped : finding.code
      // What was not looked at for want of time deserves a look when it comes from somebody else.
      if (code === 'budget') dropped = code
      else if (code !== undefined && code !== 'known') dropped ??= code
    }
    const verdict = dropped !== undefined ? ignore(dropped) : valid.length > 0 ? accept : ignore('known')
    if (valid.length > 0) this.#deliver(valid, { reemit: verdict.kind !== 'accept' })
    return verdict
  }

  #deliver(valid: readonly Attestation[], options: { readonly reemit: boolean }): void {
    const { signatures, deliver } = this.#components
    for (const attestation of valid)
      for (const signer of attestation.signatures.keys()) signatures.chargeSignature(signer)
    deliver(valid, options)
  }

  async #examine({ statement, signatures }: ShapedAttestation, about: Case): Promise<Finding> {
    const { holdings, digest, clock } = this.#components
    if (!this.#rules.pairs.includes(statement.pair)) return { kind: 'nothing', code: 'unknown-pair' }
    if (statement.source !== this.#rules.source) return { kind: 'nothing', code: 'unknown-source' }
    if (!this.#allows(statement.proposer, statement)) return { kind: 'nothing', code: 'signer-not-allowed' }

    const id = digest(statement)
    if (about.ids.has(id)) return { kind: 'false', code: 'duplicate-statement' }
    about.ids.add(id)
    const held = holdings.signaturesOf(id)
    const setAside = holdings.setAsideOf(id)
    const known = new Set<Address>()
    const unknown = signatures.filter((signature) => {
      const holder = holderOf(signature, held) ?? holderOf(signature, setAside)
      if (holder !== undefined) known.add(holder)
      return holder === undefined
    })
    if (unknown.length === 0) return { kind: 'nothing', code: 'known' }
    const notAdded = holdings.notAdded(id, statement, clock.now())
    // Who signed both statements of a slot is to be shown up wherever one of them is still open, so this is passed on.
    const isLate = notAdded === 'late' || notAdded === 'settled'
    const isEvidence = isLate && holdings.isContested(statement)
    if (notAdded !== undefined && !isEvidence) {
      if (isLate) this.#components.onLate?.(id, about.sender.peerId)
      return { kind: 'nothing', code: notAdded }
    }
    if (held === undefined && !takesPlace(about, statement, holdings)) return { kind: 'nothing', code: 'slot-full' }

    return this.#recover({ id, statement, held, setAside, known, unknown, first: signatures[0] }, about)
  }

  async #recover(candidate: Candidate, { sender, counted }: Case): Promise<Finding> {
    const { id, statement, held, known, unknown, first } = candidate
    const { recoverer } = this.#components
    const proposers = held?.get(statement.proposer)
    if (first === undefined || (!unknown.includes(first) && !(proposers && equalBytes(first, proposers)))) {
      return { kind: 'false', code: 'proposer-signature' }
    }
    const found = new Map<Address, Signature>()
    const seen = new Set(known)
    let dropped: IgnoreCode | undefined
    for (const signature of unknown) {
      const recovered = await recoverer.recover({ id, signature }, sender.budget)
      if ('fault' in recovered) {
        if (recovered.fault !== 'budget') return { kind: 'false', code: recovered.fault }
        dropped = 'budget'
        break
      }
      const { signer, isRemembered } = recovered
      if (signature === first && signer !== statement.proposer) {
        return { kind: 'false', code: 'proposer-signature' }
      }
      if (seen.has(signer)) return { kind: 'false', code: 'duplicate-signer' }
      seen.add(signer)
      const count = (counted.get(signer) ?? 0) + 1
      const code = this.#leaveOut(signer, candidate) ?? this.#tooMany(signer, count)
      if (code === undefined) {
        found.set(signer, signature)
        counted.set(signer, count)
        continue
      }
      dropped ??= code
      recoverer.remember({ id, signature }, signer)
      if (!isRemembered) sender.wasted()
      // Without its proposer a statement is not taken, so nothing else over it need be verified.
      if (signature === first && held === undefined) return { kind: 'nothing', code }
    }
    if (found.size > 0) return { kind: 'new', attestation: { id, statement, signatures: found }, dropped }
    return { kind: 'nothing', code: dropped ?? 'known' }
  }

  /** Why a valid signature is left out; undefined when it counts. */
  #leaveOut(
    signer: Address,
    { statement, held, setAside }: Pick<Candidate, 'statement' | 'held' | 'setAside'>,
  ): IgnoreCode | undefined {
    const { holdings } = this.#components
    if (!this.#allows(signer, statement)) return 'signer-not-allowed'
    if (held?.has(signer) === true || setAside?.has(signer) === true) return 'second-signature'
    return holdings.takesSigner(statement.round, signer) ? undefined : 'round-full'
  }

  #tooMany(signer: Address, count: number): IgnoreCode | undefined {
    return this.#components.signatures.admitsSignatures(signer, count) ? undefined : 'signer-rate'
  }

  #allows(signer: Address, { round }: PriceStatement): boolean {
    return this.#rules.signers.allows(signer, round)
  }
}

/** Whether there is a place left in the slot, what came before in the same message included. */
function takesPlace(about: Case, statement: PriceStatement, holdings: Holdings): boolean {
  const slot = slotOf(statement)
  const before = about.newInSlot.get(slot) ?? 0
  if (holdings.heldInSlot(statement) + before >= STATEMENTS_PER_SLOT) return false
  about.newInSlot.set(slot, before + 1)
  return true
}

/** Whose signature this is, if the same bytes are held already. */
function holderOf(signature: Signature, held: SignatureSet | undefined): Address | undefined {
  for (const [signer, known] of held ?? []) if (equalBytes(known, signature)) return signer
  return undefined
}
