import type { Holdings } from '../consensus/engine.ts'
import type { Address } from '../core/address.ts'
import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import { equalBytes } from '../core/hex.ts'
import type { Logger } from '../core/logger.ts'
import { type Secp256k1, recoverSigner } from '../core/signature.ts'
import type { Attestation, PriceStatement, Round, Signature, SignatureSet, StatementId } from '../core/statement.ts'
import { type IgnoreCode, type RejectCode, type Verdict, accept, ignore, reject } from '../core/verdict.ts'
import { type ShapeRules, type ShapedAttestation, shapeAttestation } from './attestation-shape.ts'
import {
  MESSAGE_BYTES_LIMIT,
  MalformedMessageError,
  WIRE_VERSION,
  type WireMessage,
  decodePriceMessage,
  versionOfMessage,
} from './wire.ts'

/** Messages that wait for their turn; one more is dropped. A full queue holds 16 MiB. */
export const QUEUE_LIMIT = 256

export interface InboxRules extends ShapeRules {
  readonly pairs: readonly string[]
  readonly source: string
  readonly signers: { allows(signer: Address, round: Round): boolean }
}

export interface InboxComponents {
  readonly holdings: Holdings
  readonly curve: Secp256k1
  readonly digest: (statement: PriceStatement) => StatementId
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
  /**
   * Takes what was found valid and new, before the next message is looked at. `reemit`: the message could not be
   * forwarded as it was.
   */
  readonly deliver: (attestations: readonly Attestation[], options: { readonly reemit: boolean }) => void
  /** Lets others have a turn: verifying one message takes milliseconds. */
  readonly breathe: () => Promise<void>
}

/** What was found in one attestation of a message. */
type Finding =
  | { readonly kind: 'new'; readonly attestation: Attestation; readonly dropped: IgnoreCode | undefined }
  | { readonly kind: 'nothing'; readonly code: IgnoreCode }
  | { readonly kind: 'false'; readonly code: RejectCode }

/**
 * Judges what arrives from peers, cheap checks before expensive ones, one message at a time. It never throws and never
 * waits for a price.
 */
export class Inbox {
  readonly #components: InboxComponents
  readonly #rules: InboxRules
  #waiting = 0
  #last: Promise<unknown> = Promise.resolve()

  constructor(components: InboxComponents, rules: InboxRules) {
    this.#components = components
    this.#rules = rules
  }

  /** The verdict over one message; what counts in it has been delivered by then. */
  async receive(data: Uint8Array): Promise<Verdict> {
    const verdict = await this.#queued(data)
    const code = verdict.kind === 'accept' ? 'new' : verdict.code
    this.#components.counters.add('gp_messages_received_total', { verdict: verdict.kind, code })
    return verdict
  }

  async #queued(data: Uint8Array): Promise<Verdict> {
    if (data.length > MESSAGE_BYTES_LIMIT) return reject('oversize')
    if (this.#waiting >= QUEUE_LIMIT) return ignore('overload')
    this.#waiting += 1
    const turn = this.#last.then(() => this.#judgeSafely(data))
    this.#last = turn
    try {
      return await turn
    } finally {
      this.#waiting -= 1
    }
  }

  /** A mistake of ours is no reason to think less of a peer. */
  async #judgeSafely(data: Uint8Array): Promise<Verdict> {
    try {
      return await this.#judge(data)
    } catch (error) {
      if (error instanceof MalformedMessageError) return reject('malformed')
      this.#components.logger.error('a message could not be judged; please report this', { error })
      return ignore('internal-error')
    }
  }

  async #judge(data: Uint8Array): Promise<Verdict> {
    if (versionOfMessage(data) !== WIRE_VERSION) return ignore('version')
    const message: WireMessage = decodePriceMessage(data)
    if (message.network !== this.#rules.network) return reject('wrong-network')
    if (message.attestations.length === 0) return reject('empty')

    const inShape: ShapedAttestation[] = []
    for (const wire of message.attestations) {
      const shaped = shapeAttestation(wire, this.#rules)
      if ('fault' in shaped) return reject(shaped.fault)
      inShape.push(shaped)
    }

    const valid: Attestation[] = []
    let dropped: IgnoreCode | undefined
    for (const shaped of inShape) {
      const finding = await this.#examine(shaped)
      if (finding.kind === 'false') return reject(finding.code)
      if (finding.kind === 'new') valid.push(finding.attestation)
      const code = finding.kind === 'new' ? finding.dropped : finding.code
      if (code !== undefined && code !== 'known') dropped ??= code
    }
    const verdict = dropped !== undefined ? ignore(dropped) : valid.length > 0 ? accept : ignore('known')
    if (valid.length > 0) this.#components.deliver(valid, { reemit: verdict.kind !== 'accept' })
    return verdict
  }

  async #examine({ statement, signatures }: ShapedAttestation): Promise<Finding> {
    const { holdings, digest, clock, breathe } = this.#components
    if (!this.#rules.pairs.includes(statement.pair)) return { kind: 'nothing', code: 'unknown-pair' }
    if (statement.source !== this.#rules.source) return { kind: 'nothing', code: 'unknown-source' }
    if (!this.#allows(statement.proposer, statement)) return { kind: 'nothing', code: 'signer-not-allowed' }

    const id = digest(statement)
    const held = holdings.signaturesOf(id)
    const known = new Set<Address>()
    const unknown = signatures.filter((signature) => {
      const holder = holderOf(signature, held)
      if (holder !== undefined) known.add(holder)
      return holder === undefined
    })
    if (unknown.length === 0) return { kind: 'nothing', code: 'known' }
    const notAdded = holdings.notAdded(id, statement, clock.now())
    if (notAdded !== undefined) return { kind: 'nothing', code: notAdded }

    await breathe()
    return this.#recover({ id, statement, held, known, unknown, first: signatures[0] })
  }

  #recover(candidate: {
    readonly id: StatementId
    readonly statement: PriceStatement
    readonly held: SignatureSet | undefined
    /** Who made those of the signatures that are held. */
    readonly known: ReadonlySet<Address>
    readonly unknown: readonly Signature[]
    readonly first: Signature | undefined
  }): Finding {
    const { id, statement, held, known, unknown, first } = candidate
    const proposers = held?.get(statement.proposer)
    if (first === undefined || (!unknown.includes(first) && !(proposers && equalBytes(first, proposers)))) {
      return { kind: 'false', code: 'proposer-signature' }
    }
    const found = new Map<Address, Signature>()
    const seen = new Set(known)
    let dropped: IgnoreCode | undefined
    for (const signature of unknown) {
      const recovered = recoverSigner(this.#components.curve, { id, signature })
      if ('fault' in recovered) return { kind: 'false', code: recovered.fault }
      const { signer } = recovered
      if (signature === first && signer !== statement.proposer) {
        return { kind: 'false', code: 'proposer-signature' }
      }
      if (seen.has(signer)) return { kind: 'false', code: 'duplicate-signer' }
      seen.add(signer)
      if (!this.#allows(signer, statement)) dropped ??= 'signer-not-allowed'
      else if (held?.has(signer) === true) dropped ??= 'second-signature'
      else found.set(signer, signature)
    }
    if (found.size > 0) return { kind: 'new', attestation: { id, statement, signatures: found }, dropped }
    return { kind: 'nothing', code: dropped ?? 'known' }
  }

  #allows(signer: Address, { round }: PriceStatement): boolean {
    return this.#rules.signers.allows(signer, round)
  }
}

/** Whose signature this is, if the same bytes are held already. */
function holderOf(signature: Signature, held: SignatureSet | undefined): Address | undefined {
  for (const [signer, known] of held ?? []) if (equalBytes(known, signature)) return signer
  return undefined
}
