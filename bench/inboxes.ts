import { Engine } from '../src/consensus/engine.ts'
import { lifeRules } from '../src/consensus/statement-entry.ts'
import type { Clock } from '../src/core/clock.ts'
import type { Logger } from '../src/core/logger.ts'
import type { NetworkConstants } from '../src/core/network.ts'
import type { Secp256k1 } from '../src/core/signature.ts'
import type { Attestation } from '../src/core/statement.ts'
import { createDigest } from '../src/core/typed-data.ts'
import { Breather } from '../src/gossip/breather.ts'
import { Inbox, type Judge } from '../src/gossip/inbox.ts'
import { NodeDirectory } from '../src/gossip/node-directory.ts'
import { PeerStanding, type TrafficLimits } from '../src/gossip/peer-standing.ts'
import { PriceJudge } from '../src/gossip/price-judge.ts'
import { Recoverer } from '../src/gossip/recoverer.ts'
import { RefusalJudge } from '../src/gossip/refusal-judge.ts'
import { StatusJudge } from '../src/gossip/status-judge.ts'
import { type MemoryCounters, createCounters } from '../src/telemetry/counters.ts'

export type TopicLabel = 'prices' | 'status' | 'refusals'

/** All that judges messages in a node, without libp2p before it. */
export interface Inboxes {
  readonly inboxes: Readonly<Record<TopicLabel, Inbox>>
  readonly engine: Engine
  readonly directory: NodeDirectory
  readonly counters: MemoryCounters
  /** Hands the time to the engine. */
  tick(): void
}

export interface InboxesComponents {
  readonly curve: Secp256k1
  readonly clock: Clock
  readonly logger: Logger
  /** Resolves when others have had their turn. */
  readonly nextTurn: () => Promise<void>
}

/** The inboxes of the three topics as a node wires them, before an engine whose rows are written at once. */
export function openInboxes(
  components: InboxesComponents,
  { constants, limits }: { readonly constants: NetworkConstants; readonly limits: TrafficLimits },
): Inboxes {
  const { clock, logger } = components
  const counters = createCounters()
  const engine = new Engine(lifeRules(constants))
  const directory = new NodeDirectory({ clock }, { open: constants.signers.open })
  const standing = new PeerStanding(
    {
      clock,
      counters,
      logger,
      vouchersOf: (peerId) => directory.vouchersOf(peerId),
      wasVouched: (peerId) => directory.wasVouched(peerId),
      connectedPeers: () => [],
      hangUp: () => undefined,
    },
    limits,
  )
  const recoverer = new Recoverer({ ...components, breather: new Breather(components) })

  const handle = (event: Parameters<Engine['handle']>[0]): void => {
    for (const effect of engine.handle(event, clock.now())) {
      if (effect.kind !== 'commit') continue
      handle({ kind: 'outcome', id: effect.row.attestation.id, outcome: { kind: 'written' } })
    }
  }
  const deliver = (attestations: readonly Attestation[], { reemit }: { readonly reemit: boolean }): void => {
    for (const attestation of attestations) handle({ kind: 'received', attestation, reemit })
  }
  const open = (topic: TopicLabel, judge: Judge): Inbox =>
    new Inbox({ judge, standing, counters, logger }, { topic, together: topic !== 'status' })

  const prices = new PriceJudge(
    {
      holdings: engine.pool,
      recoverer,
      digest: createDigest(),
      clock,
      signatures: standing,
      deliver,
    },
    constants,
  )
  const status = new StatusJudge(
    {
      directory,
      recoverer,
      clock,
      standing,
      onStatus: () => undefined,
      onTaken: () => undefined,
      onClock: () => undefined,
      self: { instance: `0x${'5e'.repeat(16)}` },
    },
    constants,
  )
  const refusals = new RefusalJudge(
    {
      holdings: engine.pool,
      recoverer,
      roundOf: (id) => engine.pool.attestationOf(id)?.statement.round,
      clock,
      deliver: (signed) => {
        for (const refusal of signed) handle({ kind: 'refused', refusal })
      },
    },
    constants,
  )
  return {
    inboxes: { prices: open('prices', prices), status: open('status', status), refusals: open('refusals', refusals) },
    engine,
    directory,
    counters,
    tick: () => handle({ kind: 'tick' }),
  }
}
