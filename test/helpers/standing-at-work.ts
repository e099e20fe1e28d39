import { type PeerStandingComponents, PeerStanding, type TrafficLimits } from '../../src/gossip/peer-standing.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordingCounters, RecordingLogger } from './recorders.ts'

/** More than any test sends. */
const PLENTY = { capacity: 1_000_000_000, refillPerSecond: 1 }

export const GENEROUS: TrafficLimits = {
  messageBucket: PLENTY,
  byteBucket: PLENTY,
  signatureBucket: PLENTY,
  wasteBucket: PLENTY,
}

export interface StandingAtWork {
  readonly standing: PeerStanding
  readonly clock: ManualClock
  readonly counters: RecordingCounters
  readonly logger: RecordingLogger
  /** Peers of signers. */
  readonly vouched: Set<string>
  /** Peers that were of signers, once. */
  readonly remembered: Set<string>
  readonly connected: string[]
  readonly hungUp: string[]
}

/** What is thought of peers, with whatever traffic a test allows; peers of signers are those in `vouched`. */
export function createStandingAtWork(
  components: Partial<PeerStandingComponents> & { readonly clock?: ManualClock } = {},
  limits: Partial<TrafficLimits> = {},
): StandingAtWork {
  const clock = components.clock ?? new ManualClock()
  const counters = new RecordingCounters()
  const logger = new RecordingLogger()
  const vouched = new Set<string>()
  const remembered = new Set<string>()
  const connected: string[] = []
  const hungUp: string[] = []
  const standing = new PeerStanding(
    {
      counters,
      logger,
      vouchersOf: (peerId) => (vouched.has(peerId) ? [`signer of ${peerId}`] : []),
      wasVouched: (peerId) => remembered.has(peerId),
      connectedPeers: () => connected,
      hangUp: (peerId) => void hungUp.push(peerId),
      ...components,
      clock,
    },
    { ...GENEROUS, ...limits },
  )
  return { standing, clock, counters, logger, vouched, remembered, connected, hungUp }
}
