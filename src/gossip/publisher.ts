import type { Clock } from '../core/clock.ts'
import type { Counters } from '../core/counters.ts'
import type { Logger } from '../core/logger.ts'
import type { Attestation, StatementId } from '../core/statement.ts'
import { wireAttestation } from './attestation-shape.ts'
import {
  ATTESTATIONS_LIMIT,
  MESSAGE_BYTES_LIMIT,
  WIRE_VERSION,
  type WireAttestation,
  encodePriceMessage,
} from './wire.ts'

/**
 * How long statements gather before they share a message, milliseconds. Carrying a message costs more than carrying a
 * statement in it; a quarter of a blink more is nothing beside a quiet period.
 */
export const GATHER_MS = 25

/** An attestation with all of 64 signatures takes less than this, bytes; how full a message gets leaves room for one. */
export const ATTESTATION_BYTES = 4_608

export interface PublisherComponents {
  readonly topic: { publish(data: Uint8Array): Promise<number> }
  /** What is held of a statement at the moment of sending; undefined when it is gone. */
  readonly attestationOf: (id: StatementId) => Attestation | undefined
  readonly clock: Clock
  readonly counters: Counters
  readonly logger: Logger
}

/** Gathers what is to be published for a moment and sends it in as few messages as the limits allow. */
export class Publisher {
  readonly #components: PublisherComponents
  readonly #network: string
  readonly #due = new Map<StatementId, number>()
  readonly #sending = new Set<Promise<void>>()
  #cancel: (() => void) | undefined
  #lastFlushMs = Number.NEGATIVE_INFINITY

  constructor(components: PublisherComponents, options: { readonly network: string }) {
    this.#components = components
    this.#network = options.network
  }

  /** Sends what is held of a statement, soon: at once when nothing was sent just now. */
  publish(id: StatementId, attempt: number): void {
    this.#due.set(id, Math.max(attempt, this.#due.get(id) ?? 0))
    if (this.#cancel !== undefined) return
    const { clock } = this.#components
    const waitMs = Math.max(0, this.#lastFlushMs + GATHER_MS - clock.now().monoMs)
    this.#cancel = clock.after(waitMs, () => this.#flush())
  }

  /** Sends what is gathered without waiting longer; resolves when all of it is handed to the network. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#flush()
    await Promise.all(this.#sending)
  }

  #flush(): void {
    this.#cancel = undefined
    this.#lastFlushMs = this.#components.clock.now().monoMs
    let batch: WireAttestation[] = []
    let batchBytes = 0
    let batchAttempt = 0
    const sendBatch = (): void => {
      if (batch.length > 0) this.#send(batch, batchAttempt)
      batch = []
      batchBytes = 0
      batchAttempt = 0
    }
    for (const [id, attempt] of this.#due) {
      const attestation = this.#components.attestationOf(id)
      if (attestation === undefined) continue
      const wire = wireAttestation(attestation)
      batch.push(wire)
      batchBytes += boundOf(wire)
      batchAttempt = Math.max(batchAttempt, attempt)
      if (batch.length >= ATTESTATIONS_LIMIT || batchBytes + ATTESTATION_BYTES > MESSAGE_BYTES_LIMIT) sendBatch()
    }
    this.#due.clear()
    sendBatch()
  }

  #send(attestations: readonly WireAttestation[], attempt: number): void {
    const { topic, counters, logger } = this.#components
    const data = encodePriceMessage({ version: WIRE_VERSION, network: this.#network, attempt, attestations })
    counters.add('gp_messages_published_total')
    counters.add('gp_attestations_published_total', {}, attestations.length)
    counters.add('gp_published_bytes_total', {}, data.length)
    const sending = topic.publish(data).then(
      () => undefined,
      (error: unknown) => logger.warn('a message could not be published; what it held is repeated', { error }),
    )
    this.#sending.add(sending)
    void sending.finally(() => this.#sending.delete(sending))
  }
}

/** No fewer bytes than an attestation takes on the wire. */
export function boundOf({ pair, source, signatures }: WireAttestation): number {
  return 128 + pair.length + source.length + signatures.length * 68
}
