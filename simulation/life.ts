import type { EngineEffect, EngineEvent } from '../src/consensus/effects.ts'
import type { Engine } from '../src/consensus/engine.ts'
import type { Instant } from '../src/core/clock.ts'
import type { PriceRow } from '../src/core/price-table.ts'
import type { SignedStatus } from '../src/core/status.ts'
import type { Releases } from '../src/node/releases.ts'
import type { NodeComponents } from '../src/node/running-node.ts'
import type { SimulatedListener } from './database-connection.ts'
import type { GossipMember } from './gossip-member.ts'
import type { Machine } from './machine.ts'
import type { ProcessClock } from './process-clock.ts'

/** One process of a machine, from its start to its end. */
export interface Life {
  readonly machine: Machine
  readonly number: number
  readonly clock: ProcessClock
  readonly releases: Releases
  readonly components: NodeComponents
  isAlive: boolean
  isStopping: boolean
  engine?: Engine
  member?: GossipMember
  listener?: SimulatedListener
}

/** Is told what the nodes do. */
export interface Watcher {
  onEvent(
    life: Life,
    event: EngineEvent,
    at: { readonly now: Instant; readonly effects: readonly EngineEffect[] },
  ): void
  onPublish(life: Life, topic: string, data: Uint8Array): void
  onKept(life: Life, row: PriceRow): void
  onSent(life: Life, rows: readonly PriceRow[]): void
  /** A status was taken. */
  onHeard(life: Life, signed: SignedStatus): void
  onHangUp(life: Life, peerId: string): void
  onEnd(life: Life): void
  onMistake(life: Life, what: string, error?: unknown): void
}
