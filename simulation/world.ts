import type { CoSignLots } from '../src/consensus/co-sign-turn.ts'
import { loadSecp256k1 } from '../src/core/load-secp256k1.ts'
import type { Refusal } from '../src/core/refusal.ts'
import type { Secp256k1 } from '../src/core/signature.ts'
import type { NodeStatus } from '../src/core/status.ts'
import type { Hex } from '../src/core/hex.ts'
import type { PriceStatement, StatementId } from '../src/core/statement.ts'
import { readAttestations } from '../src/gossip/attestation-shape.ts'
import { readStatus } from '../src/gossip/status-shape.ts'
import { createKeyedHashCurve } from '../test/helpers/keyed-hash-curve.ts'
import { GossipNetwork } from './gossip-network.ts'
import { PriceWorld } from './price-world.ts'
import { type RandomStreams, randomStreams } from './random-streams.ts'
import type { Scenario } from './scenario.ts'
import { Scheduler } from './scheduler.ts'
import {
  rememberingCurve,
  rememberingDigest,
  rememberingLots,
  rememberingObjects,
  rememberingRefusalDigest,
  rememberingStatusDigest,
} from './shared-work.ts'
import { ExchangeDesk } from './simulated-exchange.ts'
import { type Trace, createTrace } from './trace.ts'

/** What all nodes of one run have in common. */
export interface World {
  readonly scenario: Scenario
  readonly scheduler: Scheduler
  readonly streams: RandomStreams
  readonly network: GossipNetwork
  readonly desk: ExchangeDesk
  readonly prices: PriceWorld
  readonly curve: Secp256k1
  readonly digest: (statement: PriceStatement) => StatementId
  readonly readAttestations: typeof readAttestations
  readonly readStatus: typeof readStatus
  readonly statusDigest: (status: NodeStatus) => Hex
  readonly refusalDigest: (refusal: Refusal) => Hex
  readonly lots: CoSignLots
  readonly trace: Trace
}

export function createWorld(
  scenario: Scenario,
  { write }: { readonly write?: ((line: string) => void) | undefined } = {},
): World {
  const scheduler = new Scheduler()
  const streams = randomStreams(scenario.seed)
  return {
    scenario,
    scheduler,
    streams,
    network: new GossipNetwork(scheduler, streams),
    desk: new ExchangeDesk(),
    prices: new PriceWorld(scheduler, scenario.seed),
    curve: rememberingCurve(scenario.realKeys ? loadSecp256k1().curve : createKeyedHashCurve()),
    digest: rememberingDigest(),
    readAttestations: rememberingObjects(readAttestations),
    readStatus: rememberingObjects(readStatus),
    statusDigest: rememberingStatusDigest(),
    refusalDigest: rememberingRefusalDigest(),
    lots: rememberingLots(),
    trace: createTrace({ nowUs: () => scheduler.nowUs, write }),
  }
}
