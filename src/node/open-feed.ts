import type { NetworkConstants } from '../core/network.ts'
import type { Observation, PriceFeed } from '../core/price-feed.ts'
import { type ObservationLog, createObservationLog } from '../price/observation-log.ts'
import { type RoundObserver, createRoundObserver } from '../price/round-observer.ts'
import type { ProposalFault } from './node-listener.ts'
import type { NodeComponents } from './running-node.ts'

/** What a node sees of prices: once a round for itself, and when it is to vouch for what others saw. */
export function openFeed(
  { clock, random, counters, gauges, ...components }: NodeComponents,
  parts: {
    readonly feed: PriceFeed
    readonly constants: NetworkConstants
    readonly onObservation: (observation: Observation) => void
    readonly onFailure: (fault: ProposalFault) => void
  },
): { readonly observations: ObservationLog; readonly observer: RoundObserver } {
  const { feed, constants, onObservation, onFailure } = parts
  const logger = components.logger.child('feed')
  const observations = createObservationLog({ feed, clock, random, logger }, { pairs: constants.pairs })
  const seen = (pair: string): void =>
    gauges.set('gp_last_price_timestamp_seconds', clock.now().wallMs / 1_000, { pair })
  constants.pairs.forEach(seen)
  const observer = createRoundObserver(
    {
      feed,
      clock,
      random,
      counters,
      logger,
      onFailure,
      onObservation: (observation) => {
        observations.add(observation)
        seen(observation.pair)
        onObservation(observation)
      },
    },
    constants,
  )
  return { observations, observer }
}
