import type { Random } from '../src/core/clock.ts'
import type { GossipMember } from './gossip-member.ts'
import { type Weather, drawLatency } from './weather.ts'

/** How much later than others a message is that they overtake, microseconds at most. */
const REORDER_US = 2_000_000

/** One direction of a connection. */
export interface Link {
  readonly to: GossipMember
  readonly distanceUs: number
  /** When the last message arrives that was sent this way, virtual microseconds: none overtakes it. */
  freeAtUs: number
}

/** When something arrives that is sent now over a link; undefined when it never does. */
export function drawArrivalUs(
  link: Link,
  {
    from,
    nowUs,
    random,
    weather,
  }: { readonly from: number; readonly nowUs: number; readonly random: Random; readonly weather: Weather },
): number | undefined {
  if (weather.isCut(from, link.to.place) || (weather.loss > 0 && random() < weather.loss)) return undefined
  const atUs = nowUs + Math.ceil(drawLatency(random, { distanceUs: link.distanceUs, weather }))
  if (weather.reordering > 0 && random() < weather.reordering) return atUs + Math.ceil(random() * REORDER_US)
  link.freeAtUs = Math.max(link.freeAtUs, atUs)
  return link.freeAtUs
}
