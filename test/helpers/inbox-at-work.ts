import { Engine } from '../../src/consensus/engine.ts'
import type { LifeRules } from '../../src/consensus/statement-entry.ts'
import { createSignerSet } from '../../src/core/signer-set.ts'
import type { Attestation } from '../../src/core/statement.ts'
import type { Verdict } from '../../src/core/verdict.ts'
import { wireAttestation } from '../../src/gossip/attestation-shape.ts'
import type { Breather } from '../../src/gossip/breather.ts'
import { Inbox } from '../../src/gossip/inbox.ts'
import type { TrafficLimits } from '../../src/gossip/peer-standing.ts'
import { PriceJudge, type PriceJudgeComponents } from '../../src/gossip/price-judge.ts'
import { Recoverer } from '../../src/gossip/recoverer.ts'
import { WIRE_VERSION, type WireAttestation, type WireMessage, encodePriceMessage } from '../../src/gossip/wire.ts'
import { RULES } from './engine-at-work.ts'
import { type KeyedHashCurve, createKeyedHashCurve } from './keyed-hash-curve.ts'
import type { ManualClock } from './manual-clock.ts'
import type { RecordingCounters, RecordingLogger } from './recorders.ts'
import { type StandingAtWork, createStandingAtWork } from './standing-at-work.ts'
import { digest, statement, testSigners } from './statements.ts'

export interface Delivery {
  readonly attestations: readonly Attestation[]
  readonly reemit: boolean
}

export interface InboxAtWork extends StandingAtWork {
  readonly inbox: {
    /** @param from - a peer of a signer, unless another is given */
    receive(data: Uint8Array, from?: string): Promise<Verdict>
  }
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
/** A peer for which a signer vouches. */
export const NEIGHBOUR = 'neighbour'

export interface InboxOptions {
  readonly rules?: Partial<LifeRules>
  readonly limits?: Partial<TrafficLimits>
  /** Whether anybody may sign. */
  readonly open?: boolean
}

/** An inbox of prices before an engine that takes what is delivered, with signatures that cost nothing. */
export function createInboxAtWork(
  components: Partial<PriceJudgeComponents> & { readonly breathe?: Breather['breathe'] } = {},
  { rules = {}, limits = {}, open = false }: InboxOptions = {},
): InboxAtWork {
  const { breathe = () => Promise.resolve(), ...overrides } = components
  const work = createStandingAtWork({}, limits)
  const { standing, clock, counters, logger } = work
  work.vouched.add(NEIGHBOUR)
  const curve = createKeyedHashCurve()
  const engine = new Engine({ ...RULES, ...rules })
  const deliveries: Delivery[] = []
  const allowed = ALLOWED.map(({ address }) => ({ address, fromRound: undefined, toRound: undefined }))
  const judge = new PriceJudge(
    {
      holdings: engine.pool,
      recoverer: new Recoverer({ curve, breather: { breathe } }),
      digest,
      clock,
      signatures: standing,
      deliver(attestations, { reemit }) {
        deliveries.push({ attestations, reemit })
        for (const attestation of attestations) engine.handle({ kind: 'received', attestation, reemit }, clock.now())
      },
      ...overrides,
    },
    {
      network: statement().network,
      intervalMs: RULES.intervalMs,
      maximumSigners: rules.maximumSigners ?? RULES.maximumSigners,
      pairs: ['ETH-USD', 'BTC-USD'],
      source: statement().source,
      signers: createSignerSet(open ? [] : allowed),
    },
  )
  const behind = new Inbox({ judge, standing, counters, logger }, { topic: 'prices' })
  const inbox: InboxAtWork['inbox'] = { receive: (data, from = NEIGHBOUR) => behind.receive(data, from) }
  const receive: InboxAtWork['receive'] = (...attestations) => inbox.receive(message(attestations))
  return { ...work, inbox, engine, curve, deliveries, receive }
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
