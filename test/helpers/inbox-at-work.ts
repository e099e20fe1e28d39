import { Engine } from '../../src/consensus/engine.ts'
import type { LifeRules } from '../../src/consensus/statement-entry.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Attestation } from '../../src/core/statement.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import { Inbox, type InboxComponents } from '../../src/gossip/inbox.ts'
import { WIRE_VERSION, type WireAttestation, type WireMessage, encodePriceMessage } from '../../src/gossip/wire.ts'
import { RULES } from './engine-at-work.ts'
import { type KeyedHashCurve, createKeyedHashCurve } from './keyed-hash-curve.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'
import { digest, statement, testSigners } from './statements.ts'

export interface Delivery {
  readonly attestations: readonly Attestation[]
  readonly reemit: boolean
}

export interface InboxAtWork {
  readonly inbox: Inbox
  readonly engine: Engine
  readonly clock: ManualClock
  readonly curve: KeyedHashCurve
  readonly counters: RecordingCounters
  readonly logger: RecordingLogger
  readonly deliveries: Delivery[]
  /** Sends a message of these attestations through the inbox. */
  receive(...attestations: readonly (Attestation | WireAttestation)[]): Promise<Verdict>
}

/** The first eight test signers are allowed. */
export const ALLOWED = testSigners(8)
/** Signs, and is not allowed to. */
export const [STRANGER] = testSigners(9).slice(8) as [(typeof ALLOWED)[number]]

/** An inbox before an engine that takes what is delivered, with signatures that cost nothing. */
export function createInboxAtWork(
  components: Partial<InboxComponents> = {},
  rules: Partial<LifeRules> = {},
): InboxAtWork {
  const clock = new ManualClock()
  const curve = createKeyedHashCurve()
  const counters = new RecordingCounters()
  const logger = new RecordingLogger()
  const engine = new Engine({ ...RULES, ...rules })
  const deliveries: Delivery[] = []
  const inbox = new Inbox(
    {
      holdings: engine,
      curve,
      digest,
      clock,
      counters,
      logger,
      breathe: () => Promise.resolve(),
      deliver(attestations, { reemit }) {
        deliveries.push({ attestations, reemit })
        for (const attestation of attestations) engine.handle({ kind: 'received', attestation, reemit }, clock.now())
      },
      ...components,
    },
    {
      network: statement().network,
      intervalMs: RULES.intervalMs,
      maximumSigners: rules.maximumSigners ?? RULES.maximumSigners,
      pairs: ['ETH-USD', 'BTC-USD'],
      source: statement().source,
      signers: createSignerSet(ALLOWED.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))),
    },
  )
  const receive: InboxAtWork['receive'] = (...attestations) => inbox.receive(message(attestations))
  return { inbox, engine, clock, curve, counters, logger, deliveries, receive }
}

/** The bytes of a message. */
export function message(
  attestations: readonly (Attestation | WireAttestation)[],
  overrides: Partial<WireMessage> = {},
): Uint8Array {
  return encodePriceMessage({
    version: WIRE_VERSION,
    network: statement().network,
    attempt: 0,
    attestations: attestations.map((one) => ('id' in one ? wireAttestation(one) : one)),
    ...overrides,
  })
}
