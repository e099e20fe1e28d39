import type { Address } from '../core/address.ts'
import type { Clock, Instant } from '../core/clock.ts'
import { fromHex } from '../core/hex.ts'
import type { Logger } from '../core/logger.ts'
import type { SecretValue } from '../core/secret-value.ts'
import type { SignOnceMemory } from '../core/sign-once.ts'
import type { Secp256k1 } from '../core/signature.ts'
import { type PriceStatement, type Signature, type SignatureSet, type StatementId, slotOf } from '../core/statement.ts'
import type { Objection } from './co-sign-policy.ts'

export interface SignerComponents {
  readonly curve: Secp256k1
  readonly memory: SignOnceMemory
  readonly clock: Clock
  readonly logger: Logger
}

export interface SigningKey {
  readonly address: Address
  /** 32 bytes. */
  readonly privateKey: SecretValue<Uint8Array>
}

interface Request {
  readonly id: StatementId
  readonly statement: PriceStatement
  readonly held: SignatureSet
  readonly signature: Signature
  readonly resolve: (answer: SignerAnswer) => void
}

export type SignerAnswer = { readonly signature: Signature } | { readonly objection: Objection }

/**
 * Signs one statement a slot, ever. A signature is given out when the statement and it are on the disk; requests that
 * come together share one write.
 */
export class Signer {
  readonly address: Address
  readonly #components: SignerComponents
  readonly #key: SigningKey
  readonly #intervalMs: number
  /** When a memory was begun that is not complete yet. */
  readonly #begunAt: Instant | undefined
  readonly #waiting: Request[] = []
  readonly #waitingSlots = new Map<string, StatementId>()

  constructor(components: SignerComponents, options: { readonly key: SigningKey; readonly intervalMs: number }) {
    this.#components = components
    this.#key = options.key
    this.address = options.key.address
    this.#intervalMs = options.intervalMs
    const { memory, clock } = components
    const now = clock.now()
    this.#begunAt = memory.completeFromMs > now.wallMs ? now : undefined
  }

  /**
   * From when on the memory is complete, milliseconds since the Unix epoch. A clock that was far behind when the memory
   * was begun, as after a start without time synchronisation, must not make it complete by being set.
   */
  get completeFromMs(): number {
    const { memory, clock } = this.#components
    if (this.#begunAt === undefined) return memory.completeFromMs
    const { wallMs, monoMs } = clock.now()
    const setForwardMs = wallMs - monoMs - (this.#begunAt.wallMs - this.#begunAt.monoMs)
    return memory.completeFromMs + Math.max(0, setForwardMs)
  }

  /** Why a statement cannot be signed here whatever its price; undefined when it can. */
  refuse(id: StatementId, statement: PriceStatement): Objection | undefined {
    const { memory } = this.#components
    if (statement.round * this.#intervalMs < this.completeFromMs) {
      return {
        code: 'no-memory',
        message: 'this disk does not know what the key signed before; it signs from the next full round on',
      }
    }
    const signed = memory.signedIn(statement) ?? this.#waitingSlots.get(slotOf(statement))
    if (signed !== undefined && signed !== id) {
      const message = `another statement of this slot is signed already: ${signed}`
      return { code: 'slot-signed', message, signedInstead: signed }
    }
    if (signed === undefined && statement.round <= memory.lowWaterMark(statement)) {
      return { code: 'old-round', message: 'a round this old is not signed any more' }
    }
    return undefined
  }

  /** @param held - the signatures held over the statement, kept with it on the disk */
  async sign(candidate: {
    readonly id: StatementId
    readonly statement: PriceStatement
    readonly held: SignatureSet
  }): Promise<SignerAnswer> {
    const objection = this.refuse(candidate.id, candidate.statement)
    if (objection !== undefined) return { objection }
    const { curve, clock } = this.#components
    const signature = curve.sign(fromHex(candidate.id), this.#key.privateKey.reveal())
    this.#waitingSlots.set(slotOf(candidate.statement), candidate.id)
    return new Promise((resolve) => {
      this.#waiting.push({ ...candidate, signature, resolve })
      if (this.#waiting.length === 1) clock.after(0, () => this.#flush())
    })
  }

  #flush(): void {
    const { memory, logger } = this.#components
    const requests = this.#waiting.splice(0)
    try {
      memory.remember(
        requests.map(({ id, statement, held, signature }) => {
          return { id, statement, signatures: new Map(held).set(this.address, signature) }
        }),
      )
      for (const { resolve, signature } of requests) resolve({ signature })
    } catch (error) {
      logger.error('nothing is signed: the disk did not take it; free some space or mend GP_DATADIR', { error })
      const objection = { code: 'disk', message: 'the disk did not take it' } as const
      for (const request of requests) request.resolve({ objection })
    } finally {
      for (const { statement } of requests) this.#waitingSlots.delete(slotOf(statement))
    }
  }
}
